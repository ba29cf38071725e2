//! What an exception is told as, whatever the other side: a line, and facts.

use crate::{
    exceptions::{row::ExceptionRow, words},
    kernel::{clock::Ts, money::Money},
};

use super::model::DispatchRow;

/// An exception that is handed over.
pub struct Content<'a> {
    /// The exception.
    pub exception: &'a ExceptionRow,
    /// The hand-over.
    pub dispatch: &'a DispatchRow,
    /// Its page here.
    pub url: String,
}

impl<'a> Content<'a> {
    /// Of a hand-over, from the Docket at `site`.
    pub fn of(exception: &'a ExceptionRow, dispatch: &'a DispatchRow, site: &str) -> Self {
        Self {
            exception,
            dispatch,
            url: format!("{}/exceptions/{}", site.trim_end_matches('/'), exception.id),
        }
    }

    /// One line of at most `most` characters.
    pub fn line(&self, most: usize) -> String {
        let row = self.exception;
        let meaning = words::meaning(row.kind, row.code.as_deref(), row.reason.as_deref());
        let mut parts = vec![format!("[{}]", row.severity.as_str())];
        parts.extend(row.code.clone());
        parts.push(meaning.into_owned());
        if let Some(money) = row.money() {
            parts.push(format!("{} {}", money.plain(), money.currency().code()));
        }
        if !row.party.is_empty() {
            parts.push(row.party.clone());
        }
        let line = parts.join(" ");
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = words.join(" ");
        if line.chars().count() <= most {
            return line;
        }
        let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
        cut.push('…');
        cut
    }

    /// Names and values, without what is empty.
    pub fn facts(&self, now: Ts) -> Vec<(&'static str, String)> {
        let row = self.exception;
        let days = now.since(row.created_at).as_secs() / 86_400;
        [
            ("Type", row.kind.label().to_owned()),
            ("Severity", row.severity.word().to_owned()),
            ("Amount", row.money().map(amount).unwrap_or_default()),
            ("Party", row.party.clone()),
            ("Account", row.masked_account()),
            ("Due", row.due().map(Ts::rfc3339).unwrap_or_default()),
            ("Age in days", days.to_string()),
            ("Queue", self.dispatch.queue.clone()),
            ("Exception", row.id.to_string()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }
}

fn amount(money: Money) -> String {
    format!("{} {}", money.plain(), money.currency().code())
}
