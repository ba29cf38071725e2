//! Matches and adjustments in words, for the pages of transactions and of exceptions.

use chrono_tz::Tz;

use super::{
    model::ResolutionKind,
    resolution::posted::{Deed, Posted, Side},
    words::sentence_case,
};
use crate::{
    kernel::{clock::written_day, id::TransactionId},
    web::ui::{Fact, Tag, Tone},
};

/// One match or adjustment, ready to print.
pub struct PostedView {
    pub title: String,
    pub state: Tag,
    pub facts: Vec<Fact>,
}

impl Posted {
    /// `Match by hand`, `Adjustment`, `Write-off`.
    fn title(&self) -> String {
        match (&self.deed, self.resolution.kind) {
            (Deed::Match { .. }, _) => "Match by hand".into(),
            (_, ResolutionKind::WriteOff) => "Write-off".into(),
            _ => "Adjustment".into(),
        }
    }

    fn state(&self, zone: Tz) -> Tag {
        match &self.undone {
            None => Tag {
                tone: Tone::Green,
                icon: "circle-check",
                text: "Stands".into(),
            },
            Some((at, who)) if who.is_empty() => Tag {
                tone: Tone::Grey,
                icon: "undo-2",
                text: format!("Undone {}", at.written_in(zone)),
            },
            Some((at, who)) => Tag {
                tone: Tone::Grey,
                icon: "undo-2",
                text: format!("Undone by {who}, {}", at.written_in(zone)),
            },
        }
    }

    /// As the transaction `seen_from` tells it: its counterpart, the exception, why, how much, by whom.
    pub fn on(&self, seen_from: TransactionId, zone: Tz) -> PostedView {
        let mut facts = match &self.deed {
            Deed::Match { counterpart, .. } => {
                let other = if self.transaction.id == seen_from {
                    counterpart.as_ref()
                } else {
                    Some(&self.transaction)
                };
                vec![match other {
                    Some(side) => linked("Matched with", side),
                    None => Fact::new("Matched with", "Nothing: marked as matched without a counterpart"),
                }]
            }
            Deed::Adjustment { .. } => Vec::new(),
        };
        facts.extend(self.details());
        let line = self.exception.line(zone);
        facts.push(Fact {
            href: Some(format!("/exceptions/{}", line.id)),
            ..Fact::new(
                "For the exception",
                format!("{} {}", line.code, line.title).trim(),
            )
        });
        facts.push(Fact::new(
            "Made by",
            format!(
                "{}, {}",
                self.resolution.resolved_by_name,
                self.resolution.resolved_at.written_in(zone)
            ),
        ));
        PostedView {
            title: self.title(),
            state: self.state(zone),
            facts,
        }
    }

    /// As the exception tells it, whose resolution says by whom and when.
    pub fn told(&self) -> Vec<Fact> {
        let mut facts = vec![linked("Transaction", &self.transaction)];
        if let Deed::Match { counterpart, .. } = &self.deed {
            facts.push(match counterpart {
                Some(side) => linked("Matched with", side),
                None => Fact::new("Matched with", "Nothing: marked as matched without a counterpart"),
            });
        }
        facts.extend(self.details());
        facts
    }

    fn details(&self) -> Vec<Fact> {
        match &self.deed {
            Deed::Match {
                counterpart,
                why,
                difference,
            } => {
                let mut facts = vec![Fact::new("Why it is right", sentence_case(why.as_str()))];
                if counterpart.is_some() {
                    facts.push(Fact::new("Apart", difference.to_string()));
                }
                facts
            }
            Deed::Adjustment {
                reason,
                money,
                direction,
                effective,
            } => {
                let reason = match self.resolution.kind {
                    ResolutionKind::WriteOff => self.resolution.reason.clone(),
                    _ => sentence_case(reason.as_str()),
                };
                vec![
                    Fact::new(
                        "Amount",
                        format!("{} of {money}", sentence_case(direction.as_str())),
                    ),
                    Fact::new("Reason", reason),
                    Fact::new("Effective", written_day(effective.0)),
                ]
            }
        }
    }
}

fn linked(label: &str, side: &Side) -> Fact {
    Fact {
        href: Some(format!("/transactions/{}", side.id)),
        ..Fact::new(label, side.label.clone())
    }
}
