//! An exception as it is stored.

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    model::{Category, Entity, Kind, Party, Severity, Source, Standing, Status},
    words,
};
use crate::{
    auth::actor::ActorKind,
    db::{
        schema::{exception_sources, exceptions},
        types::Day,
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, ExceptionId, Id, ImportId, ResolutionId, TeamMemberId, TransactionId},
        money::{Currency, Money},
    },
    notes::Noted,
};

/// One row of `exceptions`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = exceptions)]
pub struct ExceptionRow {
    pub id: ExceptionId,
    pub business_account_id: BusinessAccountId,
    pub category: Category,
    pub kind: Kind,
    pub status: Status,
    /// Follows from the status; in the indexes of lists.
    pub is_open: bool,
    pub was_reopened: bool,
    pub severity: Severity,
    pub severity_rule: String,
    /// A person has set the severity; the rule leaves it.
    pub severity_fixed: bool,
    pub description: String,
    pub entity_id: Id<Anything>,
    pub entity_type: Entity,
    /// Our transaction that it is about.
    pub transaction_id: Option<TransactionId>,
    /// Minor units; 0 where there is no amount, and then there is no currency either.
    pub amount: i64,
    pub currency: Option<String>,
    /// A reconciliation break's reason.
    pub reason: Option<String>,
    /// Return or change code.
    pub code: Option<String>,
    pub party: String,
    /// At most the last four characters of the account number.
    pub account_tail: String,
    /// [`Ts::NEVER`] while nothing runs: see [`Self::due`].
    pub due_at: Ts,
    pub due_rule: String,
    pub assignee_id: Option<TeamMemberId>,
    pub source: Source,
    /// The latest resolution.
    pub resolution_id: Option<ResolutionId>,
    pub created_by_kind: ActorKind,
    pub created_by_id: Option<Id<Anything>>,
    pub created_at: Ts,
    pub updated_by_kind: ActorKind,
    pub updated_by_id: Option<Id<Anything>>,
    pub updated_at: Ts,
    pub version: i64,
    /// Put aside until then; it comes back when the clock wakes it, not by the time alone.
    pub snoozed_until: Option<Ts>,
    pub snooze_reason: Option<String>,
    /// When its holder last did something with it; none when nobody has it.
    pub held_at: Option<Ts>,
    /// The outside system that has it or had it last, in capitals.
    pub external_system: Option<String>,
    /// What it is called there.
    pub external_issue_id: Option<String>,
    /// Its page there.
    pub external_url: Option<String>,
    /// The time that the latest word from there bears.
    pub external_updated_at: Option<Ts>,
    /// From when on its SLA counts: see [`super::due`].
    pub sla_from: Ts,
    /// Of which severity its SLA is.
    pub sla_severity: Severity,
    /// Since when it waits for somebody outside: its SLA stands still.
    pub waiting_since: Option<Ts>,
    pub waiting_for: Option<Party>,
    pub waiting_reason: Option<String>,
    /// When it goes on by itself.
    pub waiting_until: Option<Ts>,
    /// Who is told when it goes on, beside its holder.
    pub waiting_told: Option<TeamMemberId>,
    /// Time that has not counted since [`Self::sla_from`], in microseconds.
    pub sla_paused: i64,
    /// Time that has not counted since it was raised, in microseconds.
    pub waited: i64,
}

impl ExceptionRow {
    /// What the lifecycle looks at.
    pub fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            assignee: self.assignee_id,
            was_reopened: self.was_reopened,
            is_snoozed: self.snoozed_until.is_some(),
            is_waiting: self.waiting_since.is_some(),
            is_loose: false,
        }
    }

    /// What notes about it are about: the affected entity. None when nothing of ours matches it.
    pub fn noted(&self) -> Option<(Noted, Uuid)> {
        (!self.entity_id.uuid().is_nil()).then(|| (self.entity_type.into(), self.entity_id.uuid()))
    }

    /// The amount, where it has one.
    pub fn money(&self) -> Option<Money> {
        self.currency
            .as_deref()
            .and_then(Currency::stored)
            .map(|currency| Money::new(self.amount, currency))
    }

    /// When it is due: none while its SLA stands still and no rule clock runs.
    pub fn due(&self) -> Option<Ts> {
        self.due_at.coming()
    }

    /// The account as it may be shown.
    pub fn masked_account(&self) -> String {
        words::masked_account(&self.account_tail)
    }
}

/// One row of `exception_sources`: what the source said.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = exception_sources)]
pub struct SourceRow {
    pub exception_id: ExceptionId,
    pub business_account_id: BusinessAccountId,
    pub import_id: Option<ImportId>,
    /// The line of the entry in the file.
    pub import_line: Option<i64>,
    /// The entry's records as they were in the file, sealed.
    pub entry_sealed: Option<Vec<u8>>,
    /// A notification's corrected data, raw and masked: the whole is in the sealed entry.
    pub corrected_data: Option<String>,
    /// The words of a return's addenda.
    pub addenda_info: Option<String>,
    /// The standard entry class of the batch, such as PPD.
    pub sec_code: Option<String>,
    pub original_trace: Option<String>,
    /// Settlement date of the original entry, where we know it.
    pub original_settlement: Option<Day>,
    /// Settlement date of the return or notification.
    pub notice_settlement: Option<Day>,
    /// Where that date came from, in words.
    pub notice_date_source: Option<String>,
    /// The original entry was a debit.
    pub is_debit: Option<bool>,
}

/// What lists tell of it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = exception_sources)]
pub struct SourceTold {
    pub exception_id: ExceptionId,
    pub import_id: Option<ImportId>,
    pub import_line: Option<i64>,
    pub corrected_data: Option<String>,
}

impl SourceRow {
    /// Of an exception whose source said nothing.
    pub fn nothing(row: &ExceptionRow) -> Self {
        Self {
            exception_id: row.id,
            business_account_id: row.business_account_id,
            import_id: None,
            import_line: None,
            entry_sealed: None,
            corrected_data: None,
            addenda_info: None,
            sec_code: None,
            original_trace: None,
            original_settlement: None,
            notice_settlement: None,
            notice_date_source: None,
            is_debit: None,
        }
    }
}
