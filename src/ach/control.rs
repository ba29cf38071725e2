//! Batch control (record type 8) and file control (record type 9): the sums the sender promises.

use std::borrow::Cow;

use super::record::{NumberFault, Record};

/// Positions of a field, both ends included.
pub(crate) type Span = (usize, usize);

/// The batch control. Money in cents. A field is `Err` when it holds no number.
#[derive(Clone, Copy, Debug)]
pub struct BatchControl<'a> {
    record: Record<'a>,
    /// ADV batches (accounting advice) have totals of 20 digits.
    adv: bool,
}

impl<'a> BatchControl<'a> {
    pub(crate) fn new(record: Record<'a>, adv: bool) -> Self {
        Self { record, adv }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// Service class (2-4).
    pub fn service_class(&self) -> Result<u64, NumberFault> {
        self.record.number(2, 4)
    }

    /// Number of entries and addenda (5-10).
    pub fn entry_addenda_count(&self) -> Result<u64, NumberFault> {
        self.record.number(5, 10)
    }

    /// Sum of the first eight digits of the routing numbers, last ten digits of it (11-20).
    pub fn entry_hash(&self) -> Result<u64, NumberFault> {
        self.record.number(11, 20)
    }

    /// Sum of the debits in cents (21-32).
    pub fn total_debit(&self) -> Result<u64, NumberFault> {
        let (from, to) = self.debit_span();
        self.record.number(from, to)
    }

    /// Sum of the credits in cents (33-44).
    pub fn total_credit(&self) -> Result<u64, NumberFault> {
        let (from, to) = self.credit_span();
        self.record.number(from, to)
    }

    /// Company identification (45-54); empty in an ADV batch.
    pub fn company_id(&self) -> Cow<'a, str> {
        if self.adv {
            Cow::Borrowed("")
        } else {
            self.record.trimmed(45, 54)
        }
    }

    /// Routing number of the ODFI, eight digits (80-87).
    pub fn odfi(&self) -> Cow<'a, str> {
        self.record.trimmed(80, 87)
    }

    /// Batch number (88-94).
    pub fn number(&self) -> Result<u64, NumberFault> {
        self.record.number(88, 94)
    }

    pub(crate) fn debit_span(&self) -> Span {
        if self.adv { (21, 40) } else { (21, 32) }
    }

    pub(crate) fn credit_span(&self) -> Span {
        if self.adv { (41, 60) } else { (33, 44) }
    }
}

/// The file control. Money in cents. A field is `Err` when it holds no number.
#[derive(Clone, Copy, Debug)]
pub struct FileControl<'a> {
    record: Record<'a>,
    /// A file of ADV batches has totals of 20 digits.
    adv: bool,
}

impl<'a> FileControl<'a> {
    pub(crate) fn new(record: Record<'a>, adv: bool) -> Self {
        Self { record, adv }
    }

    /// The record itself.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// Number of batches (2-7).
    pub fn batch_count(&self) -> Result<u64, NumberFault> {
        self.record.number(2, 7)
    }

    /// Number of blocks of ten records, filler included (8-13).
    pub fn block_count(&self) -> Result<u64, NumberFault> {
        self.record.number(8, 13)
    }

    /// Number of entries and addenda (14-21).
    pub fn entry_addenda_count(&self) -> Result<u64, NumberFault> {
        self.record.number(14, 21)
    }

    /// Sum of the batches' hashes, last ten digits of it (22-31).
    pub fn entry_hash(&self) -> Result<u64, NumberFault> {
        self.record.number(22, 31)
    }

    /// Sum of the debits in cents (32-43).
    pub fn total_debit(&self) -> Result<u64, NumberFault> {
        let (from, to) = self.debit_span();
        self.record.number(from, to)
    }

    /// Sum of the credits in cents (44-55).
    pub fn total_credit(&self) -> Result<u64, NumberFault> {
        let (from, to) = self.credit_span();
        self.record.number(from, to)
    }

    pub(crate) fn debit_span(&self) -> Span {
        if self.adv { (32, 51) } else { (32, 43) }
    }

    pub(crate) fn credit_span(&self) -> Span {
        if self.adv { (52, 71) } else { (44, 55) }
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
    fn a_batch_control_promises_count_hash_and_totals() {
        let control = BatchControl::new(
            record(
                "82000000020009140060000000012354000000000000 123456789                         091000010000001",
            ),
            false,
        );
        assert_eq!(control.entry_addenda_count(), Ok(2));
        assert_eq!(control.entry_hash(), Ok(9_140_060));
        assert_eq!(control.total_debit(), Ok(12_354));
        assert_eq!(control.total_credit(), Ok(0));
        assert_eq!(control.number(), Ok(1));
    }

    #[test]
    fn a_file_control_cut_after_its_last_field_is_whole() {
        let control = FileControl::new(
            record("9000001000001000000010023138010000100000000000000000000"),
            false,
        );
        assert_eq!(control.batch_count(), Ok(1));
        assert_eq!(control.block_count(), Ok(1));
        assert_eq!(control.entry_addenda_count(), Ok(1));
        assert_eq!(control.entry_hash(), Ok(23_138_010));
        assert_eq!(control.total_debit(), Ok(100_000_000));
        assert_eq!(control.total_credit(), Ok(0));
    }

    #[test]
    fn adv_totals_have_twenty_digits() {
        let text = format!("9{}{:020}{:020}", "0".repeat(30), 7, 9);
        let control = FileControl::new(record(&text), true);
        assert_eq!((control.total_debit(), control.total_credit()), (Ok(7), Ok(9)));
    }
}
