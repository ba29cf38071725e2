//! Raising an exception: by an import, by a client, by a rule.

use diesel::prelude::*;

use super::{
    due,
    model::{Category, Entity, Kind, Source, Status},
    row::{ExceptionRow, SourceRow},
    waiting,
};
use crate::{
    ach,
    auth::actor::Actor,
    db::{
        AnyConnection, Tx,
        schema::{exception_sources, exceptions},
        types::Day,
    },
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        crypto::Vault,
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, ExceptionId, Id, ImportId, TransactionId},
        money::Money,
    },
    on_backend,
    policies::{self, severity::Rated, sla::Sla},
    routing::{router, rules::Routing},
};

/// An exception to be raised.
#[derive(Clone, Debug)]
pub struct NewException {
    /// What it concerns.
    pub category: Category,
    /// What happened.
    pub kind: Kind,
    /// One sentence.
    pub description: String,
    /// The affected entity: for a return the RETURN transaction, else transaction, account or customer.
    pub entity_id: uuid::Uuid,
    /// What that is.
    pub entity_type: Entity,
    /// Our transaction that it is about.
    pub transaction_id: Option<TransactionId>,
    /// The amount at stake.
    pub amount: Option<Money>,
    /// A reconciliation break's reason.
    pub reason: Option<String>,
    /// Return or change code.
    pub code: Option<String>,
    /// Whose account.
    pub party: String,
    /// At most the last four characters of the account number.
    pub account_tail: String,
    /// Where it came from.
    pub source: Source,
    /// What the source said.
    pub said: Said,
}

/// What the source said; all of it may be missing.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The file.
    pub import: Option<ImportId>,
    /// The line of the entry in it.
    pub line: Option<i64>,
    /// The entry's records as they were in the file; sealed when stored.
    pub entry: Option<Vec<u8>>,
    /// A notification's corrected data, with account numbers masked.
    pub corrected_data: Option<String>,
    /// The words of a return's addenda.
    pub addenda_info: Option<String>,
    /// The standard entry class of the batch, such as PPD.
    pub sec_code: Option<String>,
    /// The original entry's trace number.
    pub original_trace: Option<String>,
    /// Settlement date of the original entry.
    pub original_settlement: Option<Day>,
    /// Settlement date of the return or notification.
    pub notice_settlement: Option<Day>,
    /// Where that date came from, in words.
    pub notice_date_source: Option<String>,
    /// The original entry was a debit.
    pub is_debit: Option<bool>,
}

/// The place that the sealed entry of an exception is bound to.
pub fn entry_place(id: ExceptionId) -> String {
    format!("exception_sources/{id}")
}

/// The policies that raising goes by, read once for all that a transaction raises.
pub struct InForce {
    sla: Sla,
    routing: Routing,
}

impl InForce {
    /// Those of a business account.
    pub fn of(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Self> {
        Ok(Self {
            sla: Sla::of(conn, account)?,
            routing: policies::rules::of(conn, account)?,
        })
    }
}

/// Raises an exception: severity, due date, history; the routing rules give it to somebody.
///
/// # Errors
/// `Invalid` when type and category do not fit.
pub fn raise(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    policies: &InForce,
    new: NewException,
) -> AppResult<ExceptionId> {
    let id = ExceptionId::generate(tx.now);
    let (mut row, source) = prepare(id, tx.now, vault, actor, new, &policies.sla)?;
    let placed = router::place(tx, &mut row, &policies.routing)?;
    on_backend!(tx.conn, |conn| diesel::insert_into(exceptions::table)
        .values(&row)
        .execute(conn))?;
    on_backend!(tx.conn, |conn| diesel::insert_into(exception_sources::table)
        .values(&source)
        .execute(conn))?;
    let happening = Happening {
        entity_type: EntityType::Exception,
        entity_id: id.uuid(),
        kind: EventKind::Create,
        previous: "",
        new: Status::New.as_str(),
        description: &row.description,
    };
    history::record(tx, actor, &happening)?;
    let about = [
        row.transaction_id.map_or_else(uuid::Uuid::nil, Id::uuid),
        row.entity_id.uuid(),
    ];
    let news = row.code.as_deref().unwrap_or(row.kind.as_str());
    waiting::answered(tx, row.business_account_id, &about, &format!("{news} was raised"))?;
    if let Some(placed) = placed {
        router::tell(tx, &row, &placed)?;
    }
    Ok(id)
}

/// The rows of an exception that is raised at `now`, with severity and due date by the rules.
///
/// # Errors
/// `Invalid` when type and category do not fit.
pub fn prepare(
    id: ExceptionId,
    now: Ts,
    vault: &Vault,
    actor: &Actor,
    new: NewException,
    sla: &Sla,
) -> AppResult<(ExceptionRow, SourceRow)> {
    if !new.kind.fits(new.category) {
        let sentence = format!(
            "An exception of type {} does not have the category {}.",
            new.kind, new.category
        );
        return Err(AppError::Invalid(FieldErrors::one("category", sentence)));
    }
    let floor = floor(new.kind, new.code.as_deref(), new.said.addenda_info.as_deref());
    let rated = sla.thresholds.rate(new.amount, std::time::Duration::ZERO, floor);
    let source = source_row(&new, id, actor, vault)?;
    let by = actor.id.map(Id::from_uuid);
    let mut row = ExceptionRow {
        id,
        business_account_id: actor.business_account,
        category: new.category,
        kind: new.kind,
        status: Status::New,
        is_open: true,
        was_reopened: false,
        severity: rated.severity,
        severity_rule: rated.rule,
        severity_fixed: false,
        description: new.description,
        entity_id: Id::from_uuid(new.entity_id),
        entity_type: new.entity_type,
        transaction_id: new.transaction_id,
        amount: new.amount.map_or(0, Money::minor),
        currency: new.amount.map(|m| m.currency().code().to_owned()),
        reason: new.reason,
        code: new.code,
        party: new.party,
        account_tail: new.account_tail,
        due_at: now,
        due_rule: String::new(),
        assignee_id: None,
        source: new.source,
        resolution_id: None,
        created_by_kind: actor.kind,
        created_by_id: by,
        created_at: now,
        updated_by_kind: actor.kind,
        updated_by_id: by,
        updated_at: now,
        version: 1,
        snoozed_until: None,
        snooze_reason: None,
        held_at: None,
        external_system: None,
        external_issue_id: None,
        external_url: None,
        external_updated_at: None,
        sla_from: now,
        sla_severity: rated.severity,
        waiting_since: None,
        waiting_for: None,
        waiting_reason: None,
        waiting_until: None,
        waiting_told: None,
        sla_paused: 0,
        waited: 0,
    };
    (row.due_at, row.due_rule) = due::work_out(&row, &source, sla);
    Ok((row, source))
}

/// The least severity that the code asks for (ach-codes.md section 10).
pub fn floor(kind: Kind, code: Option<&str>, addenda_info: Option<&str>) -> Option<Rated> {
    let code = code?;
    let rated = match kind {
        Kind::AchReturn | Kind::VerificationDeclined => {
            ach::severity::return_severity(code, addenda_info.unwrap_or_default())
        }
        _ => return None,
    };
    Some(Rated {
        severity: rated.severity.into(),
        rule: format!("{code}: {}", rated.rule),
    })
}

fn source_row(new: &NewException, id: ExceptionId, actor: &Actor, vault: &Vault) -> AppResult<SourceRow> {
    let said = new.said.clone();
    Ok(SourceRow {
        exception_id: id,
        business_account_id: actor.business_account,
        import_id: said.import,
        import_line: said.line,
        entry_sealed: said
            .entry
            .map(|entry| vault.seal(&entry_place(id), &entry))
            .transpose()?,
        corrected_data: said.corrected_data,
        addenda_info: said.addenda_info,
        sec_code: said.sec_code,
        original_trace: said.original_trace,
        original_settlement: said.original_settlement,
        notice_settlement: said.notice_settlement,
        notice_date_source: said.notice_date_source,
        is_debit: said.is_debit,
    })
}
