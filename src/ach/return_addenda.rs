//! Addenda 99: a return, a dishonored return (R61-R70) or a contested one (R71-R77).
//!
//! ach-codes.md section 8, "Return addenda record". The two later kinds keep their own fields where
//! a plain return has its free text.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::dates::{day_of_year, yymmdd};
use super::record::Record;

/// Which of the layouts an addenda 99 has; follows from its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnStage {
    /// The receiving bank returns the entry.
    Return,
    /// Our bank rejects the return (R61-R70).
    Dishonored,
    /// The receiving bank contests that (R71-R77).
    Contested,
}

/// Fields that only a dishonored return has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dishonored<'a> {
    /// Trace number of the return that is dishonored (39-53).
    pub return_trace: Cow<'a, str>,
    /// Day of the year on which that return settled (54-56).
    pub return_settlement_day: Option<u16>,
    /// Reason of that return without its R, as written (57-58).
    pub return_reason: Cow<'a, str>,
}

/// Fields that only a contested dishonored return has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contested<'a> {
    /// Day on which the original entry was returned (22-27).
    pub returned_on: Option<NaiveDate>,
    /// Day of the year on which the original entry settled (36-38).
    pub original_settlement_day: Option<u16>,
    /// Trace number of the return (39-53).
    pub return_trace: Cow<'a, str>,
    /// Day of the year on which the return settled (54-56).
    pub return_settlement_day: Option<u16>,
    /// Reason of the return without its R, as written (57-58).
    pub return_reason: Cow<'a, str>,
    /// Trace number of the dishonored return (59-73).
    pub dishonored_trace: Cow<'a, str>,
    /// Day of the year on which the dishonored return settled (74-76).
    pub dishonored_settlement_day: Option<u16>,
    /// Reason of the dishonored return without its R, as written (77-78).
    pub dishonored_reason: Cow<'a, str>,
}

/// An addenda 99.
#[derive(Clone, Copy, Debug)]
pub struct ReturnAddenda<'a> {
    record: Record<'a>,
    iat: bool,
}

impl<'a> ReturnAddenda<'a> {
    pub(crate) fn new(record: Record<'a>, iat: bool) -> Self {
        Self { record, iat }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// The reason code as written, such as R01; any code is accepted, known or not (4-6).
    pub fn code(&self) -> Cow<'a, str> {
        self.record.trimmed(4, 6)
    }

    /// Which layout the rest of the record has.
    pub fn stage(&self) -> ReturnStage {
        match self.record.raw(4, 6) {
            [b'R', b'6', b'1'..=b'9'] | b"R70" => ReturnStage::Dishonored,
            [b'R', b'7', b'1'..=b'7'] => ReturnStage::Contested,
            _ => ReturnStage::Return,
        }
    }

    /// Trace number of the original entry (7-21). Trace numbers repeat over time: match by amount,
    /// receiving bank and date as well.
    pub fn original_trace(&self) -> Cow<'a, str> {
        self.record.trimmed(7, 21)
    }

    /// Date of death (22-27), given with R14 and R15 only.
    pub fn date_of_death(&self) -> Option<NaiveDate> {
        (self.stage() == ReturnStage::Return)
            .then(|| yymmdd(self.record.raw(22, 27)))
            .flatten()
    }

    /// First eight digits of the routing number the original entry was sent to (28-35).
    pub fn original_rdfi(&self) -> Cow<'a, str> {
        self.record.trimmed(28, 35)
    }

    /// Amount of the original entry in cents; IAT only (36-45).
    pub fn original_amount(&self) -> Option<i64> {
        (self.iat && self.stage() == ReturnStage::Return)
            .then(|| self.record.number(36, 45).ok())
            .flatten()
            .and_then(|amount| i64::try_from(amount).ok())
    }

    /// What the bank adds in words: R17 field names, QUESTIONABLE, the R11 reason, R69 field
    /// numbers. Positions 36-79, IAT 46-79, dishonored 59-79; a contested return has none.
    pub fn information(&self) -> Cow<'a, str> {
        match (self.stage(), self.iat) {
            (ReturnStage::Return, false) => self.record.trimmed(36, 79),
            (ReturnStage::Return, true) => self.record.trimmed(46, 79),
            (ReturnStage::Dishonored, _) => self.record.trimmed(59, 79),
            (ReturnStage::Contested, _) => Cow::Borrowed(""),
        }
    }

    /// The fields of a dishonored return, if it is one.
    pub fn dishonored(&self) -> Option<Dishonored<'a>> {
        (self.stage() == ReturnStage::Dishonored).then(|| Dishonored {
            return_trace: self.record.trimmed(39, 53),
            return_settlement_day: day_of_year(self.record.raw(54, 56)),
            return_reason: self.record.trimmed(57, 58),
        })
    }

    /// The fields of a contested dishonored return, if it is one.
    pub fn contested(&self) -> Option<Contested<'a>> {
        (self.stage() == ReturnStage::Contested).then(|| Contested {
            returned_on: yymmdd(self.record.raw(22, 27)),
            original_settlement_day: day_of_year(self.record.raw(36, 38)),
            return_trace: self.record.trimmed(39, 53),
            return_settlement_day: day_of_year(self.record.raw(54, 56)),
            return_reason: self.record.trimmed(57, 58),
            dishonored_trace: self.record.trimmed(59, 73),
            dishonored_settlement_day: day_of_year(self.record.raw(74, 76)),
            dishonored_reason: self.record.trimmed(77, 78),
        })
    }

    /// Trace number of this return (80-94).
    pub fn trace(&self) -> Cow<'a, str> {
        self.record.trimmed(80, 94)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::problem::Place;

    fn addenda(text: &str, iat: bool) -> ReturnAddenda<'_> {
        ReturnAddenda::new(Record::new(text.as_bytes(), Place::default()), iat)
    }

    #[test]
    fn a_return_names_code_original_entry_and_reason() {
        let text = format!(
            "799R15{:15}{:6}{:8}{:44}{:15}",
            "091400600000001", "250102", "09100001", "INFO HERE", "091000017611242"
        );
        let found = addenda(&text, false);
        assert_eq!(found.code(), "R15");
        assert_eq!(found.original_trace(), "091400600000001");
        assert_eq!(found.date_of_death(), NaiveDate::from_ymd_opt(2025, 1, 2));
        assert_eq!(found.original_rdfi(), "09100001");
        assert_eq!(found.information(), "INFO HERE");
        assert_eq!(found.trace(), "091000017611242");
        assert!(found.dishonored().is_none() && found.contested().is_none());
    }

    #[test]
    fn an_iat_return_has_the_original_amount_before_its_words() {
        let found = addenda(
            "799R01231380100000001      121042880000100000Authorization Revoked             000000000000000",
            true,
        );
        assert_eq!(found.original_amount(), Some(100_000));
        assert_eq!(found.information(), "Authorization Revoked");
    }

    #[test]
    fn a_dishonored_return_points_at_the_return() {
        let text = format!(
            "799R68{:15}{:6}{:8}{:3}{:15}{:3}{:2}{:21}{:15}",
            "091400600000001", "", "09100001", "", "091000017611242", "149", "01", "LATE", "091400600000009"
        );
        let found = addenda(&text, false);
        assert_eq!(found.stage(), ReturnStage::Dishonored);
        let fields = found.dishonored().unwrap();
        assert_eq!(fields.return_trace, "091000017611242");
        assert_eq!(fields.return_settlement_day, Some(149));
        assert_eq!(fields.return_reason, "01");
        assert_eq!(found.information(), "LATE");
        assert_eq!(found.trace(), "091400600000009");
    }

    #[test]
    fn a_contested_return_points_at_return_and_dishonor() {
        let text = format!(
            "799R73{:15}{:6}{:8}{:3}{:15}{:3}{:2}{:15}{:3}{:2}{:1}{:15}",
            "091400600000001",
            "250604",
            "09100001",
            "153",
            "091000017611242",
            "155",
            "01",
            "091400600000009",
            "160",
            "68",
            "",
            "091000017611300"
        );
        let fields = addenda(&text, false).contested().unwrap();
        assert_eq!(fields.returned_on, NaiveDate::from_ymd_opt(2025, 6, 4));
        assert_eq!(fields.original_settlement_day, Some(153));
        assert_eq!(fields.return_settlement_day, Some(155));
        assert_eq!(fields.return_reason, "01");
        assert_eq!(fields.dishonored_trace, "091400600000009");
        assert_eq!(fields.dishonored_settlement_day, Some(160));
        assert_eq!(fields.dishonored_reason, "68");
    }

    #[test]
    fn every_code_has_its_layout_and_unknown_ones_are_plain_returns() {
        for (code, stage) in [
            ("R01", ReturnStage::Return),
            ("R60", ReturnStage::Return),
            ("R61", ReturnStage::Dishonored),
            ("R66", ReturnStage::Dishonored),
            ("R70", ReturnStage::Dishonored),
            ("R71", ReturnStage::Contested),
            ("R77", ReturnStage::Contested),
            ("R78", ReturnStage::Return),
            ("R97", ReturnStage::Return),
            ("   ", ReturnStage::Return),
        ] {
            assert_eq!(addenda(&format!("799{code}"), false).stage(), stage, "{code}");
        }
    }
}
