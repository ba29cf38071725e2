//! What has been made up and is not stored yet.

use diesel::prelude::*;

use super::rows::{
    AdjustmentRow, ApiKeyRow, BusinessAccountRow, MatchRow, MemberRow, MembershipRow, NoteRow,
    PaymentReasonRow, ServiceAccountRow,
};
use crate::{
    accounts::AccountRow,
    db::{AnyConnection, Tx, schema},
    dispatch::model::DispatchRow,
    exceptions::{
        comment::CommentRow,
        resolution::ResolutionRow,
        row::{ExceptionRow, SourceRow},
    },
    history::{self, Event},
    kernel::error::AppResult,
    reviews::model::ReviewRow,
    transactions::{self, TransactionRow, model::StatusEntryRow},
};

/// So many rows go into one statement: `PostgreSQL` takes 65,535 values in one, and a row has at most 32.
const ROWS_PER_STATEMENT: usize = 900;

/// Rows of every table, in the order in which tables refer to each other.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) business_accounts: Vec<BusinessAccountRow>,
    pub(super) team_members: Vec<MemberRow>,
    pub(super) memberships: Vec<MembershipRow>,
    pub(super) service_accounts: Vec<ServiceAccountRow>,
    pub(super) api_keys: Vec<ApiKeyRow>,
    pub(super) payment_reasons: Vec<PaymentReasonRow>,
    pub(super) financial_accounts: Vec<AccountRow>,
    pub(super) transactions: Vec<TransactionRow>,
    pub(super) transaction_status_entries: Vec<StatusEntryRow>,
    pub(super) exceptions: Vec<ExceptionRow>,
    pub(super) exception_sources: Vec<SourceRow>,
    pub(super) dispatches: Vec<DispatchRow>,
    pub(super) resolutions: Vec<ResolutionRow>,
    pub(super) reviews: Vec<ReviewRow>,
    pub(super) matches: Vec<MatchRow>,
    pub(super) adjustments: Vec<AdjustmentRow>,
    pub(super) comments: Vec<CommentRow>,
    pub(super) notes: Vec<NoteRow>,
    /// Chained already; the last one is the head.
    pub(super) history_events: Vec<Event>,
}

macro_rules! store {
    ($batch:ident, $tx:ident, $($table:ident),+ $(,)?) => { $(
        // Many rows in one statement are quick on PostgreSQL and slow on SQLite.
        match $tx.conn {
            AnyConnection::Sqlite(conn) => {
                for row in &$batch.$table {
                    diesel::insert_into(schema::$table::table).values(row).execute(conn)?;
                }
            }
            AnyConnection::Postgres(conn) => {
                for rows in $batch.$table.chunks(ROWS_PER_STATEMENT) {
                    diesel::insert_into(schema::$table::table).values(rows).execute(conn)?;
                }
            }
        }
    )+ };
}

impl Batch {
    /// Stores all of it.
    pub(super) fn store(&self, tx: &mut Tx<'_>) -> AppResult<()> {
        store!(
            self,
            tx,
            business_accounts,
            team_members,
            memberships,
            service_accounts,
            api_keys,
            payment_reasons,
            financial_accounts,
            transactions,
            transaction_status_entries,
            exceptions,
            exception_sources,
            dispatches,
            resolutions,
            reviews,
            matches,
            adjustments,
            comments,
            notes,
            history_events,
        );
        for account in &self.business_accounts {
            transactions::payment_reasons::seed(tx, account.id)?;
        }
        match self.history_events.last() {
            Some(last) => history::queries::set_head(tx.conn, last.business_account_id, last.seq, &last.hash),
            None => Ok(()),
        }
    }

    /// Roughly how much there is: rows of the tables that grow.
    pub(super) fn size(&self) -> usize {
        self.financial_accounts.len() + self.transactions.len() + self.exceptions.len()
    }
}
