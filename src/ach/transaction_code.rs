//! The two-digit transaction code: which account, which direction, what kind of entry.
//!
//! ach-codes.md section 8, last paragraph. Entries in files of returns carry either the code for
//! returns (21, 26, 31, ...) or the code of the original entry (22, 27, ...); both occur.

use std::fmt;

/// Which way money moves on the receiver's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Money to the receiver.
    Credit,
    /// Money from the receiver.
    Debit,
}

/// Kind of account, from the first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// 2x
    Checking,
    /// 3x
    Savings,
    /// 4x
    GeneralLedger,
    /// 5x
    Loan,
    /// 8x, accounting entries of the ACH operator (ADV)
    Accounting,
}

impl AccountKind {
    /// The word shown to a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Savings => "savings",
            Self::GeneralLedger => "general ledger",
            Self::Loan => "loan",
            Self::Accounting => "operator accounting",
        }
    }
}

/// What the entry is for, from the second digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A payment (x2, x7, 55).
    Live,
    /// A return or a notification of change (x1, x6).
    ReturnOrNoc,
    /// A prenote: an entry without money that tests the account (x3, x8).
    Prenote,
    /// A zero-dollar entry that only carries remittance data (x4, x9).
    ZeroDollar,
}

/// A transaction code as it stands in the file: 0-99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionCode(u8);

impl TransactionCode {
    /// A code of two digits; `None` above 99.
    pub fn new(code: u8) -> Option<Self> {
        (code <= 99).then_some(Self(code))
    }

    /// Exactly two digits of text.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
            .map(Self)
    }

    /// The code of a payment to a checking or savings account: 22, 27, 32, 37.
    pub fn of_payment(account: AccountKind, direction: Direction) -> Option<Self> {
        match (account, direction) {
            (AccountKind::Checking, Direction::Credit) => Some(Self(22)),
            (AccountKind::Checking, Direction::Debit) => Some(Self(27)),
            (AccountKind::Savings, Direction::Credit) => Some(Self(32)),
            (AccountKind::Savings, Direction::Debit) => Some(Self(37)),
            _ => None,
        }
    }

    /// In words: `37, savings debit`.
    pub fn words(self) -> String {
        let direction = match self.direction() {
            Direction::Credit => "credit",
            Direction::Debit => "debit",
        };
        match self.account() {
            Some(account) => format!("{self}, {} {direction}", account.words()),
            None => format!("{self}, {direction}"),
        }
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Is it a code that the rules assign?
    pub fn is_known(self) -> bool {
        self.purpose().is_some()
    }

    /// Kind of account; `None` for a code that is not assigned.
    pub fn account(self) -> Option<AccountKind> {
        match self.0 / 10 {
            2 => Some(AccountKind::Checking),
            3 => Some(AccountKind::Savings),
            4 => Some(AccountKind::GeneralLedger),
            5 => Some(AccountKind::Loan),
            8 => Some(AccountKind::Accounting),
            _ => None,
        }
    }

    /// Direction of the money. An unassigned code is judged by its second digit as its neighbours
    /// are, so that totals can still be compared.
    pub fn direction(self) -> Direction {
        let credit = match (self.0 / 10, self.0 % 10) {
            (8, second) => second % 2 == 1,
            (_, second) => second < 5,
        };
        if credit {
            Direction::Credit
        } else {
            Direction::Debit
        }
    }

    /// What the entry is for; `None` for a code that is not assigned.
    pub fn purpose(self) -> Option<Purpose> {
        match (self.0 / 10, self.0 % 10) {
            (2..=4, 2 | 7) | (5, 2 | 5) | (8, 1..=8) => Some(Purpose::Live),
            (2..=5, 1 | 6) => Some(Purpose::ReturnOrNoc),
            (2..=4, 3 | 8) | (5, 3) => Some(Purpose::Prenote),
            (2..=4, 4 | 9) | (5, 4) => Some(Purpose::ZeroDollar),
            _ => None,
        }
    }

    /// A prenote: 23, 28, 33, 38, 43, 48, 53.
    pub fn is_prenote(self) -> bool {
        self.purpose() == Some(Purpose::Prenote)
    }
}

impl fmt::Display for TransactionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u8) -> TransactionCode {
        TransactionCode::new(number).unwrap()
    }

    #[test]
    fn prenotes_are_these_seven_codes_and_no_others() {
        let prenotes: Vec<u8> = (0..100).filter(|n| code(*n).is_prenote()).collect();
        assert_eq!(prenotes, [23, 28, 33, 38, 43, 48, 53]);
    }

    #[test]
    fn returns_and_changes_use_these_codes() {
        let returns: Vec<u8> = (0..100)
            .filter(|n| code(*n).purpose() == Some(Purpose::ReturnOrNoc))
            .collect();
        assert_eq!(returns, [21, 26, 31, 36, 41, 46, 51, 56]);
    }

    #[test]
    fn zero_dollar_entries_use_these_codes() {
        let zero: Vec<u8> = (0..100)
            .filter(|n| code(*n).purpose() == Some(Purpose::ZeroDollar))
            .collect();
        assert_eq!(zero, [24, 29, 34, 39, 44, 49, 54]);
    }

    #[test]
    fn the_code_tells_account_and_direction() {
        for (number, account, direction) in [
            (22, AccountKind::Checking, Direction::Credit),
            (26, AccountKind::Checking, Direction::Debit),
            (37, AccountKind::Savings, Direction::Debit),
            (42, AccountKind::GeneralLedger, Direction::Credit),
            (52, AccountKind::Loan, Direction::Credit),
            (55, AccountKind::Loan, Direction::Debit),
            (81, AccountKind::Accounting, Direction::Credit),
            (82, AccountKind::Accounting, Direction::Debit),
        ] {
            assert_eq!(code(number).account(), Some(account), "{number}");
            assert_eq!(code(number).direction(), direction, "{number}");
        }
    }

    #[test]
    fn only_two_digits_are_a_code() {
        assert_eq!(TransactionCode::parse("37"), Some(code(37)));
        for text in ["", "3", "377", " 7", "3a", "+7"] {
            assert_eq!(TransactionCode::parse(text), None, "{text}");
        }
        assert!(!code(60).is_known() && !code(25).is_known());
    }
}
