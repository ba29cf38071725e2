//! The key that every page of ours hides in its forms that add something.

use super::Claim;
use crate::{
    auth::actor::Actor,
    kernel::{
        crypto::{hex, sha256},
        error::AppResult,
    },
};

impl Claim {
    /// The claim of a form by the key of the page that it is on; none where the form has no key, as on pages of before.
    /// The same page may send the form again with other content: that is another request, so the content is part of the
    /// key.
    ///
    /// # Errors
    /// `INVALID_IDEMPOTENCY_KEY` when the key is not one.
    pub fn of_page(
        actor: &Actor,
        path: &str,
        key: &str,
        content: &impl serde::Serialize,
    ) -> AppResult<Option<Self>> {
        if key.is_empty() {
            return Ok(None);
        }
        let said = hex(&sha256(&serde_json::to_vec(content).unwrap_or_default()));
        Self::of_form(actor, path, &format!("{key}-{said}"), content).map(Some)
    }
}
