//! Records of 94 characters, as a bank's file has them.

use chrono::{Datelike, NaiveDate};

/// What an entry and its addenda say.
pub(super) struct Line<'a> {
    /// Two digits.
    pub(super) transaction_code: u8,
    /// Nine digits.
    pub(super) routing: &'a str,
    /// The receiver's account number.
    pub(super) number: &'a str,
    /// Cents; 0 for a prenote and a notification of change.
    pub(super) cents: i64,
    /// What we call the receiver.
    pub(super) individual_id: &'a str,
    /// The receiver's name.
    pub(super) name: &'a str,
    /// Trace number of the original entry.
    pub(super) original_trace: &'a str,
    /// Trace number of this entry.
    pub(super) trace: &'a str,
}

impl Line<'_> {
    /// The entry's own record.
    fn entry(&self) -> String {
        format!(
            "6{:02}{:9.9}{:<17.17}{:010}{:<15.15}{:<22.22}  1{:15.15}",
            self.transaction_code,
            self.routing,
            self.number,
            self.cents,
            self.individual_id,
            self.name.to_uppercase(),
            self.trace,
        )
    }

    /// A return (R01 to R53 and the like), with the words that the bank adds.
    pub(super) fn returned(&self, code: &str, words: &str) -> Vec<u8> {
        let addenda = format!(
            "799{code:3.3}{:15.15}      {:8.8}{words:<44.44}{:15.15}",
            self.original_trace, self.routing, self.trace
        );
        self.with(&addenda)
    }

    /// A dishonored return (R61 to R70) of one that came back for `reason`.
    pub(super) fn dishonored(&self, code: &str, reason: &str, returned: NaiveDate) -> Vec<u8> {
        let addenda = format!(
            "799{code:3.3}{:15.15}      {:8.8}   {:15.15}{:03}{:2.2}{:21}{:15.15}",
            self.original_trace,
            self.routing,
            self.trace,
            returned.ordinal(),
            reason.trim_start_matches('R'),
            "",
            self.trace,
        );
        self.with(&addenda)
    }

    /// A notification of change with its 29 characters of corrected data.
    pub(super) fn changed(&self, code: &str, data: &str) -> Vec<u8> {
        let addenda = format!(
            "798{code:3.3}{:15.15}      {:8.8}{data:<29.29}{:15}{:15.15}",
            self.original_trace, self.routing, "", self.trace
        );
        self.with(&addenda)
    }

    fn with(&self, addenda: &str) -> Vec<u8> {
        format!("{}\n{addenda}\n", self.entry()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::reader::{Event, Reader};

    const BATCH: &str =
        "5200HARBOR LANE                         123456789 PPDPAYMENT         000101   1091000010000001";

    fn line() -> Line<'static> {
        Line {
            transaction_code: 26,
            routing: "123456780",
            number: "0012345678",
            cents: 12_354,
            individual_id: "C-1042",
            name: "Dana O'Connor of a very long name",
            original_trace: "091000017611242",
            trace: "123456780000001",
        }
    }

    fn read(records: &[u8], look: impl Fn(&crate::ach::entry::Entry<'_>)) {
        let text = String::from_utf8(records.to_vec()).unwrap();
        assert!(text.lines().all(|l| l.len() == 94), "{text}");
        let file = format!("{BATCH}\n{text}");
        let mut entries = Reader::new(file.as_bytes()).filter_map(|event| match event {
            Event::Entry(entry) => Some(entry),
            _ => None,
        });
        look(&entries.next().unwrap());
    }

    #[test]
    fn a_return_reads_back() {
        read(&line().returned("R17", "QUESTIONABLE"), |entry| {
            assert_eq!((entry.account(), entry.amount()), ("0012345678".into(), 12_354));
            assert_eq!(entry.individual_name(), "DANA O'CONNOR OF A VER");
            let addenda = entry.return_addenda().unwrap();
            assert_eq!(
                (addenda.code(), addenda.information()),
                ("R17".into(), "QUESTIONABLE".into())
            );
            assert_eq!(addenda.original_trace(), "091000017611242");
        });
    }

    #[test]
    fn a_dishonored_return_reads_back() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 1).unwrap();
        read(&line().dishonored("R68", "R01", day), |entry| {
            let dishonored = entry.return_addenda().unwrap().dishonored().unwrap();
            assert_eq!(
                (dishonored.return_settlement_day, dishonored.return_reason),
                (Some(32), "01".into())
            );
        });
    }

    #[test]
    fn a_notification_of_change_reads_back() {
        read(&line().changed("C03", "123456780   1918171614"), |entry| {
            let corrected = entry.noc_addenda().unwrap().corrected();
            assert_eq!(corrected.routing.as_deref(), Some("123456780"));
            assert_eq!(corrected.account.as_deref(), Some("1918171614"));
            assert!(corrected.applicable().is_ok());
        });
    }
}
