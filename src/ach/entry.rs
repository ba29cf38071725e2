//! An entry (record type 6) with its addenda (record type 7).
//!
//! Trim rules: names, identifiers and codes lose blanks at both ends; an account number only those
//! at its end, since zeros and blanks within it can be meant; nothing else is changed.

use std::borrow::Cow;

pub use super::layout::Layout;
use super::noc_addenda::NocAddenda;
use super::problem::Place;
use super::record::Record;
use super::return_addenda::ReturnAddenda;
use super::routing::{CheckDigit, check_digit};
use super::transaction_code::{Direction, TransactionCode};

/// An entry that could be read: its transaction code and amount are numbers.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    record: Record<'a>,
    addenda: Vec<Record<'a>>,
    layout: Layout,
    transaction_code: TransactionCode,
    amount: i64,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(
        record: Record<'a>,
        addenda: Vec<Record<'a>>,
        layout: Layout,
        transaction_code: TransactionCode,
        amount: i64,
    ) -> Self {
        Self {
            record,
            addenda,
            layout,
            transaction_code,
            amount,
        }
    }

    /// The entry's own record.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// The addenda records behind it, in file order.
    pub fn addenda(&self) -> &[Record<'a>] {
        &self.addenda
    }

    /// Where the entry begins.
    pub fn place(&self) -> Place {
        self.record.place()
    }

    /// Where the entry keeps its fields.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The transaction code (2-3), that of the return or of the original entry.
    pub fn transaction_code(&self) -> TransactionCode {
        self.transaction_code
    }

    /// Credit or debit to the receiver.
    pub fn direction(&self) -> Direction {
        self.transaction_code.direction()
    }

    /// Routing number of the receiving bank with its check digit (4-12).
    pub fn routing(&self) -> Cow<'a, str> {
        self.record.trimmed(4, 12)
    }

    /// Verdict on the check digit of [`Self::routing`].
    pub fn routing_check(&self) -> CheckDigit {
        check_digit(&self.routing())
    }

    /// First eight digits of the routing number as a number: what the entry hash adds up.
    pub fn rdfi(&self) -> Option<u64> {
        self.record.number(4, 11).ok()
    }

    /// The receiver's account number as given, blanks at its end removed (13-29; IAT 40-74).
    pub fn account(&self) -> Cow<'a, str> {
        let (from, to) = self.layout.account();
        self.record.trimmed_end(from, to)
    }

    /// Amount in cents (30-39), never negative.
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// Identification of the receiver, or the check number; for IAT from addenda 15. Empty when
    /// the class has none.
    pub fn individual_id(&self) -> Cow<'a, str> {
        if self.layout == Layout::Iat {
            return self.addenda_text(b"15", 4, 18);
        }
        self.field(self.layout.individual_id())
    }

    /// Name of the receiver; for IAT from addenda 10. Empty when the class has none.
    pub fn individual_name(&self) -> Cow<'a, str> {
        if self.layout == Layout::Iat {
            return self.addenda_text(b"10", 47, 81);
        }
        self.field(self.layout.name())
    }

    /// Discretionary data (77-78), or the payment type code of WEB and TEL; empty for IAT.
    pub fn discretionary(&self) -> Cow<'a, str> {
        if self.layout == Layout::Iat {
            Cow::Borrowed("")
        } else {
            self.record.trimmed(77, 78)
        }
    }

    /// Trace number (80-94), fifteen digits; empty for ADV, which has none.
    pub fn trace(&self) -> Cow<'a, str> {
        if self.layout == Layout::Adv {
            Cow::Borrowed("")
        } else {
            self.record.trimmed(80, 94)
        }
    }

    /// The return in this entry (addenda 99), if it is one.
    pub fn return_addenda(&self) -> Option<ReturnAddenda<'a>> {
        self.of_type(b"99")
            .map(|record| ReturnAddenda::new(record, self.layout == Layout::Iat))
    }

    /// The notification of change in this entry (addenda 98), if it is one.
    pub fn noc_addenda(&self) -> Option<NocAddenda<'a>> {
        self.of_type(b"98")
            .map(|record| NocAddenda::new(record, self.layout == Layout::Iat))
    }

    /// Did the original entry only test the account? True for the prenote codes; for a return also
    /// when it is of no money (domain.md section 10). A notification of change never carries
    /// money, so for one only the code tells.
    pub fn is_prenote(&self) -> bool {
        self.transaction_code.is_prenote() || (self.amount == 0 && self.return_addenda().is_some())
    }

    /// Payment information of the addenda 05, in order.
    pub fn payment_information(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.addenda
            .iter()
            .filter(|record| record.raw(2, 3) == b"05")
            .map(|record| record.trimmed(4, 83))
    }

    /// City and state (or province) of an IAT receiver as written, parts joined by `*` (addenda 16).
    pub fn receiver_city(&self) -> Cow<'a, str> {
        self.addenda_text(b"16", 4, 38)
    }

    /// Country and postal code of an IAT receiver as written, parts joined by `*` (addenda 16).
    pub fn receiver_country(&self) -> Cow<'a, str> {
        self.addenda_text(b"16", 39, 73)
    }

    /// Name of the originator of an IAT entry (addenda 11).
    pub fn originator_name(&self) -> Cow<'a, str> {
        self.addenda_text(b"11", 4, 38)
    }

    /// Amount in the receiver's currency of an IAT entry, in its minor units (addenda 10, 7-24).
    pub fn foreign_amount(&self) -> Option<i64> {
        let amount = self.of_type(b"10")?.number(7, 24).ok()?;
        i64::try_from(amount).ok()
    }

    fn of_type(&self, kind: &[u8]) -> Option<Record<'a>> {
        self.addenda
            .iter()
            .find(|record| record.raw(2, 3) == kind)
            .copied()
    }

    fn addenda_text(&self, kind: &[u8], from: usize, to: usize) -> Cow<'a, str> {
        self.of_type(kind)
            .map_or(Cow::Borrowed(""), |record| record.trimmed(from, to))
    }

    fn field(&self, span: Option<(usize, usize)>) -> Cow<'a, str> {
        span.map_or(Cow::Borrowed(""), |(from, to)| self.record.trimmed(from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(lines: &[&'a str], layout: Layout) -> Entry<'a> {
        let mut records = lines
            .iter()
            .map(|line| Record::new(line.as_bytes(), Place::default()));
        let record = records.next().unwrap();
        let code = TransactionCode::parse(&record.text(2, 3)).unwrap();
        let (from, to) = layout.amount();
        let amount = i64::try_from(record.number(from, to).unwrap()).unwrap();
        Entry::new(record, records.collect(), layout, code, amount)
    }

    #[test]
    fn a_returned_web_debit_is_read_by_position() {
        let paul = entry(
            &[
                "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242",
                "799R01091400600000001      09100001                                            091000017611242",
            ],
            Layout::Standard,
        );
        assert_eq!(paul.transaction_code().number(), 26);
        assert_eq!(paul.direction(), Direction::Debit);
        assert_eq!(paul.routing(), "091400606");
        assert_eq!(paul.routing_check(), CheckDigit::Valid);
        assert_eq!(paul.rdfi(), Some(9_140_060));
        assert_eq!(paul.account(), "123456789");
        assert_eq!(paul.amount(), 12_354);
        assert_eq!(paul.individual_id(), "MjMxNDAwMjAtOGQ");
        assert_eq!(paul.individual_name(), "Paul Jones");
        assert_eq!(paul.discretionary(), "S");
        assert_eq!(paul.trace(), "091000017611242");
        assert_eq!(paul.return_addenda().unwrap().code(), "R01");
        assert!(!paul.is_prenote());
    }

    #[test]
    fn an_iat_entry_keeps_account_and_name_elsewhere() {
        let iat = entry(
            &[
                "6221210428820007             0000100000123456789                              1231380100000001",
                "710ANN000000000000100000928383-23938          BEK Enterprises                          0000001",
                "7159874654932139872121 Front Street                                                    0000001",
                "716LetterTown*AB\\                     CA*80014\\                                        0000001",
            ],
            Layout::Iat,
        );
        assert_eq!(iat.account(), "123456789");
        assert_eq!(iat.amount(), 100_000);
        assert_eq!(iat.individual_name(), "BEK Enterprises");
        assert_eq!(iat.individual_id(), "987465493213987");
        assert_eq!(iat.receiver_country(), "CA*80014\\");
        assert_eq!(iat.foreign_amount(), Some(100_000));
        assert_eq!(iat.discretionary(), "");
    }

    #[test]
    fn names_stand_where_their_class_puts_them() {
        let line =
            "627231380104123456789        0000010000AAAAAAAAAAAAAAABBBBBBBBBBBBBBBBBBBBBBCC0121042880000001";
        for (layout, id, name) in [
            (Layout::Standard, "AAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBB"),
            (Layout::NameFirst, "BBBBBBBBBBBBBBBBBBBBBB", "AAAAAAAAAAAAAAA"),
            (Layout::Company, "AAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"),
            (Layout::PointOfPurchase, "AAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBB"),
            (Layout::CheckTruncation, "AAAAAAAAAAAAAAA", ""),
        ] {
            let entry = entry(&[line], layout);
            assert_eq!(entry.individual_id(), id, "{layout:?}");
            assert_eq!(entry.individual_name(), name, "{layout:?}");
        }
    }
}
