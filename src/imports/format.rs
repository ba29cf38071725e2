//! What kind of file it is, by its content: an ACH file, or exceptions as CSV.

use serde::Deserialize;

use super::{csv_head::Head, csv_rows::Rows, item::Item, prepare::Items};
use crate::{
    ach::sniff::sniff,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult},
    },
    spelled,
};

spelled! {
    /// What a file is.
    #[derive(Default, Deserialize)]
    pub enum Format {
        /// Payments, returns and notifications of change (domain.md section 10).
        #[default]
        #[serde(rename = "ACH")]
        Ach = "ACH",
        /// Exceptions to raise, one a line.
        #[serde(rename = "CSV")]
        Csv = "CSV",
    }
}

impl Format {
    /// What a file that begins so is; its name says nothing.
    ///
    /// # Errors
    /// `Invalid` on `file` when it is neither, or CSV whose first line cannot be used.
    pub fn of(bytes: &[u8]) -> AppResult<Self> {
        // First, as a text within a table may look like a record.
        if let Some(head) = Head::find(bytes) {
            return head
                .map(|_| Self::Csv)
                .map_err(|why| AppError::field("file", why));
        }
        sniff(bytes).map(|()| Self::Ach).map_err(|refusal| {
            let hint = if Head::is_table(bytes) {
                " A CSV file of exceptions names its columns in its first line, such as type,description,amount."
            } else {
                ""
            };
            AppError::field("file", format!("{refusal}{hint}"))
        })
    }
}

/// The items of a file's report, in its order.
pub fn items<'a>(bytes: &'a [u8], vault: &'a Vault) -> Box<dyn Iterator<Item = Item> + 'a> {
    match Rows::of(bytes, vault) {
        Some(rows) => Box::new(rows),
        None => Box::new(Items::new(bytes, vault)),
    }
}
