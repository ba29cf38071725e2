//! What the policies that consist of rules have in common: they are read, checked, written and told alike.

use serde::{Serialize, de::DeserializeOwned};

use super::{Kind, queries};
use crate::{
    approvals::{Guard, Request},
    db::AnyConnection,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::BusinessAccountId,
    },
};

/// A list of rules of a business account.
pub trait Rules: Sized {
    /// Which policy it is.
    const KIND: Kind;

    /// Each has its place and a value there, rather than being a sentence in a list.
    const ARE_FIGURES: bool = false;

    /// A rule as it is typed, stored and asked for: texts, checked each time.
    type Raw: Clone + Send + Serialize + DeserializeOwned + 'static;

    /// What every business account begins with.
    fn first() -> Self;

    /// Checks rules as they were typed.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    fn parse(raw: &[Self::Raw], version: i64) -> Result<Self, FieldErrors>;

    /// Checks what the rules name against what there is.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    fn check(&self, _conn: &mut AnyConnection, _account: BusinessAccountId) -> AppResult<()> {
        Ok(())
    }

    /// Of these rules: 0 for those it began with.
    fn version(&self) -> i64;

    /// As texts again.
    fn raw(&self) -> Vec<Self::Raw>;

    /// Each rule in a sentence.
    fn sentences(&self, conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<String>>;

    /// What the sentence at this place is about.
    fn label(at: usize) -> String {
        format!("Rule {}", at + 1)
    }

    /// What is asked for when these are to be in force.
    fn request(raw: Vec<Self::Raw>) -> Request;

    /// The rules in the version that others were made from.
    fn guard(version: i64) -> Guard;
}

/// The rules in force.
pub fn of<R: Rules>(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<R> {
    let Some(row) = queries::current(conn, account, R::KIND)? else {
        return Ok(R::first());
    };
    let broken = |why: String| AppError::Internal(format!("{}: {why}", R::KIND.words()));
    let raw: Vec<R::Raw> = serde_json::from_str(&row.body).map_err(|e| broken(e.to_string()))?;
    R::parse(&raw, row.version).map_err(|_| broken("stored wrong".into()))
}
