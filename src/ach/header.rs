//! File header (record type 1) and batch header (record type 5).

use std::borrow::Cow;

use chrono::NaiveDate;

use super::dates::{day_of_year, yymmdd};
use super::entry::Layout;
use super::record::Record;

/// The file header: who sent the file to whom, and when.
#[derive(Clone, Copy, Debug)]
pub struct FileHeader<'a> {
    record: Record<'a>,
}

impl<'a> FileHeader<'a> {
    pub(crate) fn new(record: Record<'a>) -> Self {
        Self { record }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// Routing number the file is sent to (positions 4-13).
    pub fn immediate_destination(&self) -> Cow<'a, str> {
        self.record.trimmed(4, 13)
    }

    /// Routing number or company number of the sender (14-23).
    pub fn immediate_origin(&self) -> Cow<'a, str> {
        self.record.trimmed(14, 23)
    }

    /// File creation date (24-29).
    pub fn created_on(&self) -> Option<NaiveDate> {
        yymmdd(self.record.raw(24, 29))
    }

    /// File creation time (30-33) as hour and minute.
    pub fn created_at(&self) -> Option<(u32, u32)> {
        let hour = self.record.number(30, 31).ok()?;
        let minute = self.record.number(32, 33).ok()?;
        (hour < 24 && minute < 60).then_some(())?;
        Some((u32::try_from(hour).ok()?, u32::try_from(minute).ok()?))
    }

    /// Letter or digit that tells files of one day apart (34).
    pub fn id_modifier(&self) -> Cow<'a, str> {
        self.record.text(34, 34)
    }

    /// Name of the destination (41-63).
    pub fn destination_name(&self) -> Cow<'a, str> {
        self.record.trimmed(41, 63)
    }

    /// Name of the sender (64-86).
    pub fn origin_name(&self) -> Cow<'a, str> {
        self.record.trimmed(64, 86)
    }

    /// Reference code (87-94).
    pub fn reference(&self) -> Cow<'a, str> {
        self.record.trimmed(87, 94)
    }
}

/// The batch header: company, kind of entries and dates.
#[derive(Clone, Copy, Debug)]
pub struct BatchHeader<'a> {
    record: Record<'a>,
}

impl<'a> BatchHeader<'a> {
    pub(crate) fn new(record: Record<'a>) -> Self {
        Self { record }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// Service class (2-4): 200 mixed, 220 credits, 225 debits, 280 ADV.
    pub fn service_class(&self) -> Option<u16> {
        self.record
            .number(2, 4)
            .ok()
            .and_then(|code| u16::try_from(code).ok())
    }

    /// Company name (5-20); empty in an IAT batch, which has none.
    pub fn company_name(&self) -> Cow<'a, str> {
        if self.is_iat() {
            Cow::Borrowed("")
        } else {
            self.record.trimmed(5, 20)
        }
    }

    /// Company discretionary data (21-40); empty in an IAT batch.
    pub fn discretionary_data(&self) -> Cow<'a, str> {
        if self.is_iat() {
            Cow::Borrowed("")
        } else {
            self.record.trimmed(21, 40)
        }
    }

    /// Company identification (41-50), for IAT the originator identification.
    pub fn company_id(&self) -> Cow<'a, str> {
        self.record.trimmed(41, 50)
    }

    /// Standard entry class (51-53), such as PPD, WEB, COR, IAT.
    pub fn sec(&self) -> Cow<'a, str> {
        self.record.trimmed(51, 53)
    }

    /// Company entry description (54-63).
    pub fn entry_description(&self) -> Cow<'a, str> {
        self.record.trimmed(54, 63)
    }

    /// Company descriptive date (64-69) as written, any six characters; for IAT the two currency
    /// codes, originating and destination.
    pub fn descriptive_date(&self) -> Cow<'a, str> {
        self.record.trimmed(64, 69)
    }

    /// ISO code of the destination country (39-40) of an IAT batch.
    pub fn destination_country(&self) -> Option<Cow<'a, str>> {
        self.is_iat().then(|| self.record.trimmed(39, 40))
    }

    /// Effective entry date (70-75); in a batch of returns that of the *original* entries.
    pub fn effective_date(&self) -> Option<NaiveDate> {
        yymmdd(self.record.raw(70, 75))
    }

    /// Settlement date as day of the year, 1-366 (76-78), put in by the ACH operator.
    pub fn settlement_day(&self) -> Option<u16> {
        day_of_year(self.record.raw(76, 78))
    }

    /// First eight digits of the routing number of the ODFI (80-87); in a batch of returns the
    /// bank that returns.
    pub fn odfi(&self) -> Cow<'a, str> {
        self.record.trimmed(80, 87)
    }

    /// Batch number (88-94).
    pub fn number(&self) -> Option<u64> {
        self.record.number(88, 94).ok()
    }

    /// Where the entries of this batch keep their fields.
    pub fn layout(&self) -> Layout {
        if self.is_iat() {
            return Layout::Iat;
        }
        Layout::of_sec(self.record.raw(51, 53))
    }

    /// An IAT batch, or a notification of change about one (COR with IATCOR in positions 5-10).
    pub fn is_iat(&self) -> bool {
        match self.record.raw(51, 53) {
            b"IAT" => true,
            b"COR" => self.record.raw(5, 10) == b"IATCOR",
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::problem::Place;

    fn record(text: &str) -> Record<'_> {
        Record::new(text.as_bytes(), Place::default())
    }

    #[test]
    fn a_file_header_says_who_sent_the_file_and_when() {
        let header = FileHeader::new(record(
            "101 091400606 6910001341810170306A094101FIRST BANK & TRUST     ASF APPLICATION SUPERVI        ",
        ));
        assert_eq!(header.immediate_destination(), "091400606");
        assert_eq!(header.immediate_origin(), "691000134");
        assert_eq!(header.created_on(), NaiveDate::from_ymd_opt(2018, 10, 17));
        assert_eq!(header.created_at(), Some((3, 6)));
        assert_eq!(header.id_modifier(), "A");
        assert_eq!(header.destination_name(), "FIRST BANK & TRUST");
        assert_eq!(header.origin_name(), "ASF APPLICATION SUPERVI");
    }

    #[test]
    fn a_batch_header_gives_company_class_and_dates() {
        let header = BatchHeader::new(record(
            "5225Adam Shannon                        MOOVYYYYYYPPDtest trans2005262005271491273976360000188",
        ));
        assert_eq!(header.service_class(), Some(225));
        assert_eq!(header.company_name(), "Adam Shannon");
        assert_eq!(header.company_id(), "MOOVYYYYYY");
        assert_eq!(header.sec(), "PPD");
        assert_eq!(header.entry_description(), "test trans");
        assert_eq!(header.effective_date(), NaiveDate::from_ymd_opt(2020, 5, 27));
        assert_eq!(header.settlement_day(), Some(149));
        assert_eq!(header.odfi(), "27397636");
        assert_eq!(header.number(), Some(188));
    }

    #[test]
    fn an_iat_header_has_countries_and_currencies_and_no_company_name() {
        let header = BatchHeader::new(record(
            "5220                FF3               US123456789 IATTRADEPAYMTCADUSD000000   1231380100000001",
        ));
        assert_eq!(header.layout(), Layout::Iat);
        assert_eq!(header.company_name(), "");
        assert_eq!(header.company_id(), "123456789");
        assert_eq!(header.descriptive_date(), "CADUSD");
        assert_eq!(header.destination_country().as_deref(), Some("US"));
        assert_eq!(header.effective_date(), None);
    }
}
