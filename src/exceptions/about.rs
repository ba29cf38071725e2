//! The exceptions that name a transaction or a financial account, for the pages of those.

use std::collections::HashMap;

use chrono_tz::Tz;
use diesel::prelude::*;

use super::{
    model::{Kind, Severity, Status},
    words,
};
use crate::{
    db::{AnyConnection, schema::exceptions},
    history::model::Anything,
    kernel::{
        clock::{Ts, written_day},
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, Id, TransactionId},
    },
};

/// At most so many are listed on another page.
const LISTED: i64 = 200;

/// An exception as another page names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = exceptions)]
pub struct Mention {
    pub id: ExceptionId,
    pub kind: Kind,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub severity: Severity,
    pub status: Status,
    pub is_open: bool,
    pub transaction_id: Option<TransactionId>,
    pub entity_id: Id<Anything>,
    pub created_at: Ts,
}

/// A line of the short list on another page.
pub struct ExceptionLine {
    pub id: String,
    pub code: String,
    pub title: String,
    pub severity: Severity,
    pub status: Status,
    pub raised: String,
}

impl Mention {
    /// Whether it names this transaction.
    pub fn names(&self, id: TransactionId) -> bool {
        self.transaction_id == Some(id) || self.entity_id.uuid() == id.uuid()
    }

    /// As a line of a list. It tells a day and no time of day, so `zone` is the business account's.
    pub fn line(&self, zone: Tz) -> ExceptionLine {
        ExceptionLine {
            id: self.id.to_string(),
            code: self.code.clone().unwrap_or_default(),
            title: words::meaning(self.kind, self.code.as_deref(), self.reason.as_deref()).into_owned(),
            severity: self.severity,
            status: self.status,
            raised: written_day(self.created_at.day_in(zone)),
        }
    }
}

/// Those that name one of the transactions, the newest first.
pub fn transactions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[TransactionId],
) -> AppResult<Vec<Mention>> {
    let entities: Vec<Id<Anything>> = ids.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    let ids: Vec<Option<TransactionId>> = ids.iter().copied().map(Some).collect();
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(
            exceptions::transaction_id
                .eq_any(ids)
                .or(exceptions::entity_id.eq_any(entities)),
        )
        .order((exceptions::created_at.desc(), exceptions::id.desc()))
        .limit(LISTED)
        .select(Mention::as_select())
        .load(conn)?)
}

/// Those of `ids` that the business account has, in no order.
pub fn list_by_ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<Mention>> {
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::id.eq_any(ids))
        .select(Mention::as_select())
        .load(conn)?)
}

/// How many open ones concern each of these financial accounts itself, where there are any.
pub fn count_open(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[FinancialAccountId],
) -> AppResult<HashMap<FinancialAccountId, usize>> {
    let ids: Vec<Id<Anything>> = ids.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    // Whether one is open is looked at here: no index has that and the account.
    let all: Vec<(Id<Anything>, bool)> = exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::entity_id.eq_any(ids))
        .select((exceptions::entity_id, exceptions::is_open))
        .load(conn)?;
    let mut open: HashMap<FinancialAccountId, usize> = HashMap::new();
    for (id, _) in all.into_iter().filter(|(_, is_open)| *is_open) {
        *open.entry(FinancialAccountId::from_uuid(id.uuid())).or_default() += 1;
    }
    Ok(open)
}

/// Those that concern the financial account itself, the newest first.
pub fn financial_accounts(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[FinancialAccountId],
) -> AppResult<Vec<Mention>> {
    let ids: Vec<Id<Anything>> = ids.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::entity_id.eq_any(ids))
        .order((exceptions::created_at.desc(), exceptions::id.desc()))
        .limit(LISTED)
        .select(Mention::as_select())
        .load(conn)?)
}
