//! ServiceNow: where its pages and its calls are (its Table API), and an exception as an incident.

use serde_json::{Value, json};

use super::content::Content;
use crate::{exceptions::model::Severity, kernel::clock::Ts};

/// The longest short description that ServiceNow keeps.
const SHORT: usize = 160;

/// The incidents; to be asked for one, and to be given one.
pub fn incidents(base: &str) -> String {
    format!("{base}/api/now/table/incident")
}

/// ServiceNow makes the priority of impact and urgency: 1 is the highest, 3 the lowest.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1",
        Severity::High | Severity::Medium => "2",
        Severity::Low => "3",
    }
}

/// The incident to be made. Its correlation is the hand-over: by it a repeat is found.
pub fn incident(content: &Content<'_>, now: Ts) -> String {
    let facts = content.facts(now);
    let lines: Vec<String> = facts
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let severity = content.exception.severity;
    let mut body = json!({
        "short_description": content.line(SHORT),
        "description": format!("{}\n\n{}\n\n{}", content.exception.description, lines.join("\n"), content.url),
        "impact": level(severity),
        "urgency": if severity == Severity::Medium { "3" } else { level(severity) },
        "correlation_id": content.dispatch.id,
        "correlation_display": "Docket",
    });
    if !content.dispatch.queue.is_empty() {
        body["assignment_group"] = json!(content.dispatch.queue);
    }
    body.to_string()
}

/// The incident's number and page, of an answer that is as it should be.
pub fn made(base: &str, text: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(text).ok()?;
    let word = |name: &str| {
        let text = body["result"][name].as_str()?;
        let is_word = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric());
        is_word.then(|| text.to_owned())
    };
    let (number, id) = (word("number")?, word("sys_id")?);
    let page = format!("{base}/nav_to.do?uri=incident.do%3Fsys_id%3D{id}");
    Some((number, page))
}
