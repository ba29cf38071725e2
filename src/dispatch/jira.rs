//! Jira: where its pages and its calls are (its REST API, version 3), and an exception as an issue.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{connector::ConnectorRow, content::Content};
use crate::{exceptions::model::Severity, kernel::clock::Ts};

/// The longest summary that Jira takes.
const SUMMARY: usize = 255;

/// Who we are there.
pub fn myself(base: &str) -> String {
    format!("{base}/rest/api/3/myself")
}

/// A project with its issue types.
pub fn project(base: &str, key: &str) -> String {
    format!("{base}/rest/api/3/project/{key}")
}

/// Where issues are made.
pub fn issues(base: &str) -> String {
    format!("{base}/rest/api/3/issue")
}

/// Jira's usual priorities.
const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Highest",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// The issue to be made. A label names the hand-over: by it a repeat is found.
pub fn issue(to: &ConnectorRow, content: &Content<'_>, now: Ts) -> String {
    let mut labels = vec!["docket".to_owned(), format!("docket-{}", content.dispatch.id)];
    if !content.dispatch.queue.is_empty() {
        // Labels have no blanks.
        let words: Vec<&str> = content.dispatch.queue.split_whitespace().collect();
        labels.push(words.join("-"));
    }
    json!({"fields": {
        "project": {"key": to.project},
        "issuetype": {"name": to.issue_type},
        "summary": content.line(SUMMARY),
        "priority": {"name": priority(content.exception.severity)},
        "labels": labels,
        "description": description(content, now),
    }})
    .to_string()
}

/// In Atlassian's document format.
fn description(content: &Content<'_>, now: Ts) -> Value {
    let text = |text: &str| json!({"type": "text", "text": text});
    let item = |(name, value): (&'static str, String)| {
        let line = vec![
            json!({"type": "text", "text": format!("{name}: "), "marks": [{"type": "strong"}]}),
            text(&value),
        ];
        json!({"type": "listItem", "content": [{"type": "paragraph", "content": line}]})
    };
    let facts: Vec<Value> = content.facts(now).into_iter().map(item).collect();
    let link = json!({"type": "text", "text": "Open it in Docket",
        "marks": [{"type": "link", "attrs": {"href": content.url}}]});
    json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [text(&content.exception.description)]},
        {"type": "bulletList", "content": facts},
        {"type": "paragraph", "content": [link]},
    ]})
}

/// The issue's key and page, of an answer that is as it should be.
pub fn made(base: &str, text: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(text).ok()?;
    let key = body["key"].as_str()?;
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if key.is_empty() || key.len() > SUMMARY || !key.chars().all(is_key) {
        return None;
    }
    let written: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
    Some((key.to_owned(), format!("{base}/browse/{written}")))
}
