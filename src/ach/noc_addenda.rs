//! Addenda 98: a notification of change (C01-C14) or the refusal of one (C61-C69).

use std::borrow::Cow;

use super::noc::{Corrected, DataLayout, corrected};
use super::record::Record;

/// Fields that only a refused notification of change has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// Code of the notification that is refused, such as C01 (65-67).
    pub change_code: Cow<'a, str>,
    /// Last seven digits of its trace number (68-74).
    pub trace_sequence: Cow<'a, str>,
}

/// An addenda 98.
#[derive(Clone, Copy, Debug)]
pub struct NocAddenda<'a> {
    record: Record<'a>,
    iat: bool,
}

impl<'a> NocAddenda<'a> {
    pub(crate) fn new(record: Record<'a>, iat: bool) -> Self {
        Self { record, iat }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// The change code as written, such as C01; any code is accepted, known or not (4-6).
    pub fn code(&self) -> Cow<'a, str> {
        self.record.trimmed(4, 6)
    }

    /// Trace number of the original entry (7-21).
    pub fn original_trace(&self) -> Cow<'a, str> {
        self.record.trimmed(7, 21)
    }

    /// First eight digits of the routing number the original entry was sent to (28-35).
    pub fn original_rdfi(&self) -> Cow<'a, str> {
        self.record.trimmed(28, 35)
    }

    /// The corrected data as written, with its blanks: 29 characters (36-64), IAT 35 (36-70).
    pub fn corrected_data(&self) -> Cow<'a, str> {
        self.record.text(36, if self.iat { 70 } else { 64 })
    }

    /// The corrected data cut by position into fields.
    pub fn corrected(&self) -> Corrected {
        let layout = if self.iat {
            DataLayout::Iat
        } else {
            DataLayout::Domestic
        };
        corrected(&self.code(), &self.corrected_data(), layout)
    }

    /// The fields of a refusal (C61-C69), if it is one.
    pub fn refused(&self) -> Option<Refused<'a>> {
        matches!(self.record.raw(4, 6), [b'C', b'6', b'1'..=b'9']).then(|| Refused {
            change_code: self.record.trimmed(65, 67),
            trace_sequence: self.record.trimmed(68, 74),
        })
    }

    /// Trace number of this notification (80-94).
    pub fn trace(&self) -> Cow<'a, str> {
        self.record.trimmed(80, 94)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::problem::Place;

    fn addenda(text: &str) -> NocAddenda<'_> {
        NocAddenda::new(Record::new(text.as_bytes(), Place::default()), false)
    }

    #[test]
    fn a_notification_of_change_carries_the_corrected_data() {
        let found = addenda(
            "798C01121042880000001      121042881918171614                                  091012980000088",
        );
        assert_eq!(found.code(), "C01");
        assert_eq!(found.original_trace(), "121042880000001");
        assert_eq!(found.original_rdfi(), "12104288");
        assert_eq!(found.corrected_data(), format!("{:29}", "1918171614"));
        assert_eq!(found.corrected().account.as_deref(), Some("1918171614"));
        assert_eq!(found.trace(), "091012980000088");
        assert!(found.refused().is_none());
    }

    #[test]
    fn a_refusal_names_the_notification_it_refuses() {
        let text = format!(
            "798C65{:15}{:6}{:8}{:29}{:3}{:7}{:5}{:15}",
            "121042880000001", "", "12104288", "1918171614", "C01", "0000088", "", "121042880000009"
        );
        let refused = addenda(&text).refused().unwrap();
        assert_eq!(refused.change_code, "C01");
        assert_eq!(refused.trace_sequence, "0000088");
    }
}
