//! The resolve form as it is typed. An account number that was typed goes from page to page sealed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{decoded::decode, model::ResolutionKind, resolution::Asked, row::ExceptionRow, row::SourceRow};
use crate::{
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, FieldErrors},
        text::AccountNumber,
    },
    transactions::offer::Find,
};

/// The form's fields.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ResolveForm {
    #[serde(flatten)]
    pub asked: Asked,
    /// `notice`, `typed`, `sealed`, or empty to keep the present one.
    pub number_from: String,
    pub account_number: String,
    pub number_sealed: String,
    pub version: String,
    pub seen: String,
    /// Of the form: what it makes is made once, also when it is sent twice.
    pub idempotency_key: String,
    /// "Resolve and next".
    pub next: String,
    /// A text to find an account by, and the one that it was last found by.
    pub find: String,
    pub found: String,
    /// `find` offers other accounts, `confirm` does it, `edit` comes back from the preview; else the preview is shown.
    pub step: String,
}

impl ResolveForm {
    /// Whether it is sent to find an account, or comes back from the preview: nothing is looked at yet.
    pub fn is_unfinished(&self) -> bool {
        let is_replaced = self.asked.resolution_type == ResolutionKind::ReplaceTransaction.as_str();
        let finds = is_replaced && Find::is_asked(&self.step, &self.find, &self.found);
        self.step == "edit" || (self.step != "confirm" && finds)
    }

    /// The new account number that the form asks for, if it does.
    ///
    /// # Errors
    /// `Invalid` when there is none where it says.
    pub fn number(
        &self,
        vault: &Vault,
        row: &ExceptionRow,
        source: &SourceRow,
    ) -> AppResult<Option<AccountNumber>> {
        if self.asked.resolution_type != "CORRECT_ACCOUNT" {
            return Ok(None);
        }
        let wrong = |why: String| AppError::Invalid(FieldErrors::one("account_number", why));
        match self.number_from.as_str() {
            "notice" => {
                let said = decode(vault, row.kind, source)?.corrected.and_then(|c| c.account);
                let number = said.ok_or_else(|| wrong("The notification gives no account number.".into()))?;
                AccountNumber::parse(&number).map(Some).map_err(wrong)
            }
            "typed" => AccountNumber::parse_typed(&self.account_number)
                .map(Some)
                .map_err(wrong),
            "sealed" => {
                let lost = || wrong("Type the account number again.".into());
                let sealed = URL_SAFE_NO_PAD.decode(&self.number_sealed).map_err(|_| lost())?;
                let bytes = vault.open(&place(row), &sealed).map_err(|_| lost())?;
                let text = String::from_utf8(bytes).map_err(|_| lost())?;
                AccountNumber::parse(&text).map(Some).map_err(wrong)
            }
            _ => Ok(None),
        }
    }
}

/// A typed number as it goes through the preview: sealed for this exception.
pub fn seal(vault: &Vault, row: &ExceptionRow, number: &AccountNumber) -> AppResult<String> {
    let sealed = vault.seal(&place(row), number.reveal().as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

fn place(row: &ExceptionRow) -> String {
    format!("resolve/{}", row.id)
}
