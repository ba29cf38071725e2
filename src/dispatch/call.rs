//! How a connector is called, and what its answers say in words. What an answer says is the other side's: it is cut,
//! and whatever we showed it to say who we are is taken out of it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{connector::ConnectorRow, model::Target};
use crate::{
    kernel::{crypto::Vault, error::AppResult},
    outbound::{Failure, Question, Reply},
};

/// So much of an answer's text is told.
const TOLD: usize = 200;

/// The credential of a connector, opened for a call.
pub struct Pass {
    account: String,
    credential: Option<String>,
}

impl Pass {
    /// Of a connector.
    pub fn of(row: &ConnectorRow, vault: &Vault) -> AppResult<Self> {
        Ok(Self {
            account: row.account.clone(),
            credential: row.credential(vault)?,
        })
    }

    /// A call with it: a GET, or a POST of a body.
    pub fn question(&self, url: String, body: Option<String>, more: Vec<(&'static str, String)>) -> Question {
        let mut headers = vec![("accept", "application/json".to_owned())];
        headers.extend(self.header());
        headers.extend(more);
        Question { url, headers, body }
    }

    fn header(&self) -> Option<(&'static str, String)> {
        let credential = self.credential.as_ref()?;
        let value = if self.account.is_empty() {
            format!("Bearer {credential}")
        } else {
            format!("Basic {}", self.basic(credential))
        };
        Some(("authorization", value))
    }

    fn basic(&self, credential: &str) -> String {
        STANDARD.encode(format!("{}:{credential}", self.account))
    }

    /// What an answer says, in a sentence that may be shown and kept.
    pub fn said(&self, target: Target, reply: &Reply) -> String {
        let mut text = told(target, &reply.text);
        if let Some(credential) = &self.credential {
            for secret in [self.basic(credential), credential.clone()] {
                text = text.replace(&secret, "…");
            }
        }
        let text: String = text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .take(TOLD)
            .collect();
        let status = match reply.status {
            401 => "401: who we say we are was not accepted".to_owned(),
            403 => "403: what we show does not allow this".to_owned(),
            404 => "404: there is nothing at this address".to_owned(),
            status @ 300..=399 => format!("{status}: redirects are not followed"),
            status => status.to_string(),
        };
        if text.is_empty() {
            format!("{status}.")
        } else {
            format!("{status}. It says: {text}")
        }
    }
}

/// The words of an answer that reports what is wrong, by the documents of each system.
fn told(target: Target, text: &str) -> String {
    // A page for people is no answer for us.
    if text.trim_start().starts_with('<') {
        return String::new();
    }
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    let found = match target {
        Target::Jira => {
            let general = body["errorMessages"].as_array().into_iter().flatten();
            let general = general.filter_map(|v| v.as_str().map(str::to_owned));
            let fields = body["errors"].as_object().into_iter().flatten();
            let fields = fields.filter_map(|(name, v)| Some(format!("{name}: {}", v.as_str()?)));
            general.chain(fields).collect::<Vec<_>>().join("; ")
        }
        Target::ServiceNow => ["message", "detail"]
            .iter()
            .filter_map(|name| body["error"][*name].as_str())
            .collect::<Vec<_>>()
            .join(": "),
        Target::Webhook | Target::Manual => String::new(),
    };
    if found.is_empty() { text.to_owned() } else { found }
}

/// Why there was no answer, in a sentence.
pub fn unanswered(failure: Failure) -> String {
    failure.sentence().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(target: Target, status: u16, text: &str) -> String {
        let pass = Pass {
            account: "bot@example.com".into(),
            credential: Some("hush-hush".into()),
        };
        let reply = Reply {
            status,
            retry_after: None,
            text: text.into(),
        };
        pass.said(target, &reply)
    }

    #[test]
    fn what_the_other_side_says_is_told_without_our_secrets() {
        assert_eq!(
            said(
                Target::Jira,
                400,
                r#"{"errorMessages":["No."],"errors":{"project":"valid project is required"}}"#
            ),
            "400. It says: No.; project: valid project is required"
        );
        assert_eq!(
            said(
                Target::ServiceNow,
                401,
                r#"{"error":{"message":"User Not Authenticated","detail":"hush-hush"}}"#
            ),
            "401: who we say we are was not accepted. It says: User Not Authenticated: …"
        );
        let echo = format!("you sent Basic {}", STANDARD.encode("bot@example.com:hush-hush"));
        assert_eq!(
            said(Target::Webhook, 500, &echo),
            "500. It says: you sent Basic …"
        );
        assert_eq!(said(Target::Jira, 200, "<html>Log in</html>"), "200.");
        assert!(said(Target::Jira, 500, &"x".repeat(9_000)).len() < 230);
        assert_eq!(said(Target::Jira, 500, "a\u{0}\r\nb"), "500. It says: a b");
    }
}
