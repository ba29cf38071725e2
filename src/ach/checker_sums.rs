//! Sums over entries, and their comparison with a control record.

use super::entry::Entry;
use super::problem::Problem;
use super::record::{NumberFault, Record};
use super::transaction_code::Direction;

/// What the controls of a batch or file add up. Money in cents.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    /// Entries and addenda.
    pub(crate) records: u64,
    /// Sum of the first eight digits of the routing numbers, its last ten digits.
    pub(crate) hash: u64,
    pub(crate) debit: u64,
    pub(crate) credit: u64,
    /// Records that could not be read and are missing in the sums.
    pub(crate) lost: u64,
}

impl Sums {
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        let addenda = u64::try_from(entry.addenda().len()).unwrap_or(u64::MAX);
        self.records = self.records.saturating_add(1).saturating_add(addenda);
        self.hash = (self.hash + entry.rdfi().unwrap_or(0)) % 10_000_000_000;
        let sum = match entry.direction() {
            Direction::Debit => &mut self.debit,
            Direction::Credit => &mut self.credit,
        };
        *sum = sum.saturating_add(u64::try_from(entry.amount()).unwrap_or(0));
    }
}

/// Compares a number of a control with the sum of the entries.
pub(crate) fn compare(
    record: &Record<'_>,
    position: usize,
    field: &'static str,
    said: Result<u64, NumberFault>,
    sum: u64,
    money: bool,
    lost: u64,
) -> Option<Problem> {
    let show = |number: u64| {
        if money {
            format!("{}.{:02}", number / 100, number % 100)
        } else {
            number.to_string()
        }
    };
    let mut sentence = match said {
        Ok(said) if said == sum => return None,
        Ok(said) => format!("The control says {}, the entries make {}", show(said), show(sum)),
        Err(NumberFault::Blank) => {
            format!("The control is blank here; the entries make {}", show(sum))
        }
        Err(NumberFault::NotDigits) => {
            format!("The control holds no number here; the entries make {}", show(sum))
        }
    };
    if lost > 0 {
        let records = if lost == 1 { "record" } else { "records" };
        sentence = format!("{sentence} ({lost} {records} could not be read)");
    }
    Some(Problem::error(
        record.place_of(position),
        field,
        format!("{sentence}."),
    ))
}

/// Compares a plain number of a control with what was counted.
pub(crate) fn compare_number(
    record: &Record<'_>,
    position: usize,
    field: &'static str,
    said: Result<u64, NumberFault>,
    counted: u64,
) -> Option<Problem> {
    let sentence = match said {
        Ok(said) if said == counted => return None,
        Ok(said) => format!("The control says {said}, the file has {counted}."),
        Err(_) => "The control holds no number here.".to_owned(),
    };
    Some(Problem::error(record.place_of(position), field, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::entry::Layout;
    use crate::ach::problem::Place;
    use crate::ach::transaction_code::TransactionCode;

    #[test]
    fn the_hash_keeps_its_last_ten_digits() {
        let mut sums = Sums {
            hash: 9_999_999_999,
            ..Sums::default()
        };
        let record = Record::new(b"627231380104", Place::default());
        let code = TransactionCode::new(27).unwrap();
        sums.add(&Entry::new(record, Vec::new(), Layout::Standard, code, 5));
        assert_eq!(sums.hash, 23_138_009);
        assert_eq!((sums.records, sums.debit, sums.credit), (1, 5, 0));
        let mut sums = Sums {
            hash: 1_500_000_000,
            ..Sums::default()
        };
        sums.add(&Entry::new(record, Vec::new(), Layout::Standard, code, 5));
        assert_eq!(sums.hash, 1_523_138_010);
    }

    #[test]
    fn a_control_without_a_number_is_reported_with_the_sum() {
        let record = Record::new(b"8", Place::default());
        let blank = compare(&record, 21, "total debit", Err(NumberFault::Blank), 5, true, 0);
        assert_eq!(
            blank.unwrap().sentence,
            "The control is blank here; the entries make 0.05."
        );
        let letters = compare(&record, 5, "count", Err(NumberFault::NotDigits), 5, false, 1);
        assert_eq!(
            letters.unwrap().sentence,
            "The control holds no number here; the entries make 5 (1 record could not be read)."
        );
    }
}
