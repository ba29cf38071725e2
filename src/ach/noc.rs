//! Corrected data of a notification of change, cut by position (ach-codes.md section 9).
//!
//! The six parsing rules of that section: (1) cut by position, never at blanks; (2) trim only the
//! end of an account number; (3) when the data does not fit its layout, fall back to the words in
//! it and mark the result uncertain; (4) verify the check digit; (5) say when nothing may be
//! applied without a person; (6) who may apply is the caller's business: a change of destination
//! needs a second person, and the caller also knows whether the new routing number is a known ACH
//! participant and whether the account was changed since.

use std::fmt;

use super::codes::{NocStatus, noc_code};
use super::noc_cut::cut;
use super::routing::{CheckDigit, check_digit};
use super::transaction_code::TransactionCode;

/// Width and meaning of the corrected data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataLayout {
    /// 29 characters.
    Domestic,
    /// 35 characters, for outbound international entries.
    Iat,
}

impl DataLayout {
    /// Number of characters of the field.
    pub fn width(self) -> usize {
        match self {
            Self::Domestic => 29,
            Self::Iat => 35,
        }
    }
}

/// What a notification of change asks to change.
///
/// `Debug` hides the account numbers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Corrected {
    /// The change code as given.
    pub code: String,
    /// The corrected data as given, blanks at its end removed.
    pub raw: String,
    /// New routing number, nine characters when well formed.
    pub routing: Option<String>,
    /// New account number; leading zeros and inner blanks kept.
    pub account: Option<String>,
    /// The digits of [`Self::account`] when it also holds other characters: a suggestion to show
    /// beside it, never to apply by itself.
    pub account_digits_only: Option<String>,
    /// New transaction code: the account type changes; keep the direction of future entries.
    pub transaction_code: Option<TransactionCode>,
    /// New identification of the receiver.
    pub individual_id: Option<String>,
    /// New standard entry class (C14: IAT).
    pub sec: Option<String>,
    /// New name (only the retired C04).
    pub name: Option<String>,
    /// New identification of the foreign bank (C08).
    pub foreign_bank: Option<String>,
    /// Why the fields are a guess, each to be confirmed by a person; `None` when they are certain.
    pub uncertain: Option<&'static str>,
    /// Verdict on the check digit of [`Self::routing`], when there is one.
    pub routing_check: Option<CheckDigit>,
    /// Whether the code is in use.
    pub status: NocStatus,
}

/// Why a notification of change may not be applied as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotApplicable {
    /// C04, C10-C12.
    #[error("This change code is retired: show the text to a person and ask the bank.")]
    Retired,
    /// C61-C69.
    #[error("This is the refusal of a notification of change: wait for a corrected one.")]
    Refusal,
    /// Not in the table.
    #[error("This change code is not known: show the text to a person and ask the bank.")]
    UnknownCode,
    /// Rule (3).
    #[error("The corrected data does not follow its layout: a person must confirm each field.")]
    Uncertain,
    /// Rule (4).
    #[error("The new routing number fails its check digit.")]
    CheckDigit,
    /// C13, or no data where there should be some.
    #[error("There is no corrected value to apply.")]
    NothingToApply,
}

impl Corrected {
    /// May it be applied as it stands (by whoever has the right)? See rule (5).
    pub fn applicable(&self) -> Result<(), NotApplicable> {
        match self.status {
            NocStatus::Retired => return Err(NotApplicable::Retired),
            NocStatus::Refusal => return Err(NotApplicable::Refusal),
            NocStatus::Unknown => return Err(NotApplicable::UnknownCode),
            NocStatus::Active => {}
        }
        if self.uncertain.is_some() {
            return Err(NotApplicable::Uncertain);
        }
        if self.routing_check.is_some_and(|check| !check.is_valid()) {
            return Err(NotApplicable::CheckDigit);
        }
        if self.changes_nothing() {
            return Err(NotApplicable::NothingToApply);
        }
        Ok(())
    }

    /// Does it change where money goes? Then a second person must agree (rule 6). Another kind of account with the same
    /// numbers is no other destination (domain.md section 3, `CORRECT_ACCOUNT`).
    pub fn changes_destination(&self) -> bool {
        self.routing.is_some() || self.account.is_some() || self.foreign_bank.is_some()
    }

    fn changes_nothing(&self) -> bool {
        !self.changes_destination()
            && self.transaction_code.is_none()
            && self.individual_id.is_none()
            && self.sec.is_none()
            && self.name.is_none()
    }
}

/// Whether a change code asks to put an account of ours right: another routing number, account number or kind of account
/// (ach-codes.md section 9, the actions by code). One that is not known is a person's to read.
///
/// # Errors
/// What is done instead, in sentences.
pub fn corrects_account(code: &str) -> Result<(), &'static str> {
    match (noc_code(code).map(|row| row.status), code) {
        (Some(NocStatus::Refusal), _) => {
            Err("This is the refusal of a notification: there is nothing to apply.")
        }
        (_, "C04") => Err(
            "C04 is retired since 20 March 2015, and a name is not overwritten by it: ask the receiver, check identity \
             records, and ask the bank why it was sent. What the receiver confirms is changed on the account's page.",
        ),
        (Some(NocStatus::Retired), _) => Err(
            "The code is retired and was about our own company's name or identification: nothing is applied. Ask the \
             bank what it means.",
        ),
        (_, "C08") => Err(
            "It asks for another foreign bank's identifier, which no account here has: confirm it with the gateway.",
        ),
        (_, "C09") => Err("It is about the receiver's identification: no data of the account changes."),
        (_, "C13") => Err(
            "There is no corrected value: put the addenda right for the next entry. No data of the account changes.",
        ),
        (_, "C14") => Err(
            "It asks that future entries be sent as IAT: tell compliance. No data of the account changes.",
        ),
        _ => Ok(()),
    }
}

impl fmt::Debug for Corrected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corrected")
            .field("code", &self.code)
            .field("routing", &self.routing)
            .field("account", &self.account.as_ref().map(|_| "***"))
            .field("transaction_code", &self.transaction_code)
            .field("uncertain", &self.uncertain)
            .field("routing_check", &self.routing_check)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Cuts corrected data into fields. `data` may have lost the blanks at its end; more characters
/// than the layout has make the result uncertain.
pub fn corrected(code: &str, data: &str, layout: DataLayout) -> Corrected {
    let raw = data.trim_end();
    let status = noc_code(code).map_or(NocStatus::Unknown, |row| row.status);
    let mut found = Corrected {
        code: code.to_owned(),
        raw: raw.to_owned(),
        status,
        ..Corrected::default()
    };
    if status != NocStatus::Active || raw.is_empty() {
        return found;
    }
    cut(&mut found, layout);
    if raw.chars().count() > layout.width() {
        found.uncertain = Some("the data is longer than its field");
    }
    found.routing_check = found.routing.as_deref().map(check_digit);
    found.account_digits_only = found.account.as_deref().and_then(digits_only);
    found
}

fn digits_only(account: &str) -> Option<String> {
    let digits: String = account.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty() && digits.len() != account.len()).then_some(digits)
}
