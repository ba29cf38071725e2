//! Any system that takes a signed message: Standard Webhooks, as for subscriptions.

use serde_json::{Value, json};
use url::Url;

use super::content::Content;
use crate::{
    kernel::{error::AppResult, money::Money},
    outbound::Question,
    webhooks::signature,
};

/// A message with its signature. `id` is the same at each attempt.
pub fn message(url: &str, secrets: &[String], id: &str, seconds: i64, body: String) -> AppResult<Question> {
    let signature = signature::of(secrets, id, seconds, &body)?;
    Ok(Question {
        url: url.to_owned(),
        headers: vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ],
        body: Some(body),
    })
}

/// The message that an exception is handed over with.
pub fn envelope(content: &Content<'_>) -> String {
    let (row, dispatch) = (content.exception, content.dispatch);
    let mut data = json!({
        "dispatchId": dispatch.id,
        "exceptionId": row.id,
        "businessAccountId": row.business_account_id,
        "exceptionCategory": row.category,
        "exceptionType": row.kind,
        "severity": row.severity.as_str(),
        "status": row.status,
        "summary": content.line(255),
        "description": row.description,
        "url": content.url,
    });
    let money = row.money();
    let more = [
        ("dueAt", row.due().map(crate::kernel::clock::Ts::rfc3339)),
        ("returnCode", row.code.clone()),
        ("reason", row.reason.clone()),
        ("party", Some(row.party.clone())),
        ("queue", Some(dispatch.queue.clone())),
        ("transactionId", row.transaction_id.map(|id| id.to_string())),
        ("amount", money.map(Money::plain)),
        ("currency", money.map(|m| m.currency().code().to_owned())),
    ];
    for (name, value) in more {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            data[name] = json!(value);
        }
    }
    json!({
        "id": dispatch.id, "type": "exception.dispatched", "createdAt": dispatch.created_at.rfc3339(), "data": data
    })
    .to_string()
}

/// What the other side calls it, and its page there, where its answer says so: `externalIssueId`, `externalUrl`.
pub fn made(text: &str) -> (String, String) {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let word = |name: &str, most: usize| {
        let text = body[name].as_str().unwrap_or_default().trim();
        let fits = text.chars().count() <= most && !text.chars().any(char::is_control);
        if fits { text.to_owned() } else { String::new() }
    };
    let page = word("externalUrl", 2_000);
    let is_page = Url::parse(&page).is_ok_and(|url| url.scheme() == "https");
    (
        word("externalIssueId", 255),
        if is_page { page } else { String::new() },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_over_https_becomes_a_link() {
        let told = |url: &str| made(&json!({"externalIssueId": "T-1", "externalUrl": url}).to_string());
        let page = "https://tracker.example.com/T-1";
        assert_eq!(told(page), ("T-1".into(), page.into()));
        for bad in [
            "javascript:alert(1)",
            "http://tracker.example.com/",
            "T-1",
            "data:text/html,x",
        ] {
            assert_eq!(told(bad), ("T-1".into(), String::new()), "{bad}");
        }
        assert_eq!(made("thank you"), (String::new(), String::new()));
        assert_eq!(
            made(&json!({"externalIssueId": "x".repeat(256)}).to_string()).0,
            ""
        );
    }
}
