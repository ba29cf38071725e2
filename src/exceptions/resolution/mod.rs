//! Resolutions: the ways to close an exception (domain.md section 3). Each has a file with its input, its check, which
//! is also its preview, and its effect. The effect and the closing are one transaction; what needs a second person
//! becomes an approval instead, and the exception stays open meanwhile.

pub mod asked;
pub mod correct;
mod matching;
pub mod plan;
mod post;
pub mod posted;
pub mod replace;
pub mod retry;
mod suspend;
mod undo;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{
    change::{Change, begin, record},
    claim,
    model::{Act, Category, Entity, Kind, ResolutionKind, Status},
    row::ExceptionRow,
    words::sentence_case,
};
use crate::{
    ach::{codes::return_code, noc::corrects_account},
    among,
    approvals::{self, ApprovalRow, Difference, Gated, Guard, Request, commands::NewApproval},
    auth::actor::{Actor, ActorKind},
    db::{AnyConnection, Tx, kept::within, schema::resolutions},
    history::{self, EntityType, EventKind, Happening, model::Anything},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, Id, ResolutionId, TransactionId},
        money::Money,
        text::{Reason, ResolutionNotes},
    },
    on_backend,
    policies::{self, approval::Consent, thresholds::Thresholds},
    reviews, spelled,
};

pub use asked::Asked;
pub use correct::Correcting;
pub use matching::unmatched;
pub use plan::{Plan, plan};
pub use replace::Replacing;
pub use retry::Retrying;
pub use undo::{undo, undo_words};

spelled! {
    /// Why a match by hand is right (Matcher's words).
    pub enum OverrideReason {
        /// The policy has an exception for it.
        PolicyException = "POLICY_EXCEPTION",
        /// Operations agreed.
        OpsApproval = "OPS_APPROVAL",
        /// The customer disputes it.
        CustomerDispute = "CUSTOMER_DISPUTE",
        /// The data was wrong.
        DataCorrection = "DATA_CORRECTION",
    }
}

spelled! {
    /// What an adjustment corrects (Matcher's words).
    pub enum AdjustmentReason {
        /// The amount.
        AmountCorrection = "AMOUNT_CORRECTION",
        /// The currency.
        CurrencyCorrection = "CURRENCY_CORRECTION",
        /// The date.
        DateCorrection = "DATE_CORRECTION",
        /// Something else, said in the notes.
        Other = "OTHER",
    }
}

spelled! {
    /// Which side an adjustment is on.
    pub enum Direction {
        /// Takes from the account.
        Debit = "DEBIT",
        /// Gives to the account.
        Credit = "CREDIT",
    }
}

/// How an exception is closed.
#[derive(Clone, Debug)]
pub enum How {
    /// Nothing had to be done.
    NoAction(Reason),
    /// The transaction is matched by hand, with a counterpart or without.
    ForceMatch {
        /// The other side.
        counterpart: Option<TransactionId>,
        /// Why it is right.
        why: OverrideReason,
    },
    /// An adjustment is posted on the transaction.
    AdjustEntry {
        /// What it corrects.
        reason: AdjustmentReason,
        /// How much; more than zero.
        money: Money,
        /// Which side.
        direction: Direction,
        /// From which day on.
        effective: NaiveDate,
    },
    /// The payment is sent again.
    Retry(Retrying),
    /// Another transaction takes the place of the one that failed.
    Replace(Replacing),
    /// The account's data is put right.
    CorrectAccount(Box<Correcting>),
    /// No payment may use the account any more.
    SuspendAccount(Reason),
    /// The open amount is given up.
    WriteOff(Reason),
}

impl How {
    /// The type.
    pub const fn kind(&self) -> ResolutionKind {
        match self {
            Self::NoAction(_) => ResolutionKind::NoAction,
            Self::ForceMatch { .. } => ResolutionKind::ForceMatch,
            Self::AdjustEntry { .. } => ResolutionKind::AdjustEntry,
            Self::Retry(_) => ResolutionKind::Retry,
            Self::Replace(_) => ResolutionKind::ReplaceTransaction,
            Self::CorrectAccount(_) => ResolutionKind::CorrectAccount,
            Self::SuspendAccount(_) => ResolutionKind::SuspendAccount,
            Self::WriteOff(_) => ResolutionKind::WriteOff,
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::NoAction(reason) | Self::SuspendAccount(reason) | Self::WriteOff(reason) => reason.as_str(),
            Self::ForceMatch { why, .. } => why.as_str(),
            Self::AdjustEntry { reason, .. } => reason.as_str(),
            Self::Retry(_) | Self::Replace(_) | Self::CorrectAccount(_) => self.kind().label(),
        }
    }
}

/// Whether a type is for exceptions of this kind at all: others are not offered.
pub const fn is_for(kind: ResolutionKind, row: &ExceptionRow) -> bool {
    match kind {
        ResolutionKind::NoAction => true,
        ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry | ResolutionKind::ReplaceTransaction => {
            matches!(row.category, Category::Transaction)
        }
        ResolutionKind::Retry => matches!(row.kind, Kind::AchReturn),
        ResolutionKind::CorrectAccount => row.kind.is_noc(),
        ResolutionKind::SuspendAccount => matches!(row.kind, Kind::AchReturn | Kind::VerificationDeclined),
        ResolutionKind::WriteOff => row.currency.is_some() && row.amount > 0,
    }
}

/// Whether a type fits an exception, as far as the exception itself tells; [`plan`] looks at the rest.
///
/// # Errors
/// Why not, in a sentence.
pub fn fits(kind: ResolutionKind, row: &ExceptionRow) -> Result<(), String> {
    const UNLINKED: &str = "It is not linked to a transaction of ours.";
    let refused = |why: &str| Err(why.to_owned());
    match kind {
        ResolutionKind::NoAction => Ok(()),
        ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry if row.category != Category::Transaction => {
            refused("Only for reconciliation breaks and other exceptions about a transaction.")
        }
        ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry | ResolutionKind::ReplaceTransaction => {
            row.transaction_id.map(|_| ()).ok_or_else(|| UNLINKED.into())
        }
        ResolutionKind::Retry if row.kind != Kind::AchReturn => {
            refused("Only a returned payment is sent again.")
        }
        ResolutionKind::Retry => row.transaction_id.map(|_| ()).ok_or_else(|| UNLINKED.into()),
        ResolutionKind::CorrectAccount if !row.kind.is_noc() => {
            refused("Only a notification of change corrects an account.")
        }
        ResolutionKind::CorrectAccount => {
            if let Some(code) = row.code.as_deref() {
                corrects_account(code)?;
            }
            if subject_transaction(row).is_none() && row.entity_type != Entity::FinancialAccount {
                refused("It is not linked to an account of ours.")
            } else {
                Ok(())
            }
        }
        ResolutionKind::SuspendAccount => {
            let stops = row
                .code
                .as_deref()
                .and_then(return_code)
                .is_some_and(|c| c.stop_future_debits);
            if !stops || !is_for(kind, row) {
                refused("Only for returns after which payments to the account should stop.")
            } else if subject_transaction(row).is_none() && row.entity_type != Entity::FinancialAccount {
                refused("It is not linked to an account of ours.")
            } else {
                Ok(())
            }
        }
        ResolutionKind::WriteOff if !is_for(kind, row) => refused("It has no amount."),
        ResolutionKind::WriteOff => subject_transaction(row)
            .map(|_| ())
            .ok_or_else(|| UNLINKED.into()),
    }
}

/// The transaction it is about: ours, or for an unmatched return the RETURN itself.
fn subject_transaction(row: &ExceptionRow) -> Option<TransactionId> {
    let entity = || (row.entity_type == Entity::Transaction).then(|| Id::from_uuid(row.entity_id.uuid()));
    row.transaction_id.or_else(entity)
}

/// One row of `resolutions`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = resolutions)]
pub struct ResolutionRow {
    pub id: ResolutionId,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    pub kind: ResolutionKind,
    pub reason: String,
    pub notes: String,
    /// What it did, in words.
    pub effect: String,
    pub resolved_by_kind: ActorKind,
    pub resolved_by_id: Option<Id<Anything>>,
    pub resolved_by_name: String,
    pub resolved_at: Ts,
    /// The transaction that it made.
    pub transaction_id: Option<TransactionId>,
    /// The account that it changed.
    pub financial_account_id: Option<FinancialAccountId>,
    /// [`Difference`]s as JSON: what it changed.
    pub changes: String,
}

impl ResolutionRow {
    /// What it changed, before and after.
    pub fn changes(&self) -> Vec<Difference> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }

    /// Its reason where somebody typed it; none where it is one of a list, or the type alone says it.
    pub fn typed_reason(&self) -> Option<&str> {
        match self.kind {
            ResolutionKind::NoAction | ResolutionKind::SuspendAccount | ResolutionKind::WriteOff => {
                Some(&self.reason)
            }
            ResolutionKind::ForceMatch
            | ResolutionKind::AdjustEntry
            | ResolutionKind::Retry
            | ResolutionKind::ReplaceTransaction
            | ResolutionKind::CorrectAccount => None,
        }
    }

    /// Its reason for people: as typed, or one of a list in sentence case. None where the type alone says it.
    pub fn reason_in_words(&self) -> Option<String> {
        match self.kind {
            ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry => Some(sentence_case(&self.reason)),
            _ => self.typed_reason().map(str::to_owned),
        }
    }
}

/// A closed exception, and how it was closed.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub row: ExceptionRow,
    pub resolution: ResolutionRow,
    /// Whether a second person is to look at it.
    pub is_reviewed: bool,
}

/// Closes an exception: the effect, the resolution, the review where the policy asks for one. What nobody holds is
/// taken by the resolver in the same step. Where a second person must agree, the request waits, and the exception
/// stays with the resolver.
///
/// # Errors
/// What the lifecycle refuses; `Stale`; `Invalid` when the type does not fit or its input is wrong; `RuleRefuses` when
/// a rule closes it; `Duplicate` when a request about it waits already.
pub fn resolve(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    how: &How,
    notes: &ResolutionNotes,
    seen: Option<i64>,
) -> AppResult<Gated<Resolved>> {
    let change = begin(tx, actor, id, Act::Resolve, seen)?;
    must_not_wait(tx, actor, &change.row)?;
    let plan = plan(tx.conn, actor, &change.row, how, tx.now)?;
    match plan.consent.clone() {
        Some(consent) => wait(tx, actor, &change.row, (how, notes), plan, consent),
        None => finish(tx, actor, change, (how, notes), plan).map(Gated::Done),
    }
}

/// As [`resolve`], when a second person has agreed.
pub(crate) fn resolve_now(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    how: &How,
    notes: &ResolutionNotes,
) -> AppResult<Resolved> {
    let change = begin(tx, actor, id, Act::Resolve, None)?;
    let plan = plan(tx.conn, actor, &change.row, how, tx.now)?;
    finish(tx, actor, change, (how, notes), plan)
}

/// The request to resolve an exception that waits for a second person and still is about the exception as it is: until
/// it is decided or taken back nothing else resolves it.
pub fn waiting(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<ApprovalRow>> {
    let all = approvals::queries::waiting_on(conn, row.business_account_id, row.id.uuid())?;
    Ok(holding(row, all))
}

/// Of the requests about an exception, the one that [`waiting`] is about.
pub fn holding(row: &ExceptionRow, all: impl IntoIterator<Item = ApprovalRow>) -> Option<ApprovalRow> {
    let is_of_now = |waiting: &ApprovalRow| {
        let guards = waiting.guards().unwrap_or_default();
        guards.contains(&Guard::Exception(row.id, row.version))
    };
    all.into_iter().find(is_of_now)
}

/// What is said of it where it closes every way.
pub fn asked_already(waiting: &ApprovalRow) -> String {
    format!(
        "{} asked for it already: {}.",
        waiting.requested_by_name, waiting.title
    )
}

/// While a request about an exception waits, nothing else resolves it. One that the exception has outrun lapses.
fn must_not_wait(tx: &mut Tx<'_>, actor: &Actor, row: &ExceptionRow) -> AppResult<()> {
    let all = approvals::queries::waiting_on(tx.conn, actor.business_account, row.id.uuid())?;
    if all.is_empty() {
        return Ok(());
    }
    if let Some(waiting) = holding(row, all) {
        return Err(AppError::refused(Code::Duplicate, asked_already(&waiting)));
    }
    approvals::commands::lapse_all(tx, actor, row.id.uuid(), "The exception was changed meanwhile.")?;
    Ok(())
}

fn wait(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    (how, notes): (&How, &ResolutionNotes),
    plan: Plan,
    consent: Consent,
) -> AppResult<Gated<Resolved>> {
    let is_free = row.assignee_id.is_none() && matches!(row.status, Status::New | Status::Reopened);
    let held = if is_free && actor.member().is_some() {
        claim::claim(tx, actor, row.id)?
    } else {
        row.clone()
    };
    let mut guards = plan.guards;
    guards.push(Guard::Exception(held.id, held.version));
    let number = match how {
        How::CorrectAccount(asked) => asked.number(),
        _ => None,
    };
    let new = NewApproval {
        request: Request::Resolution {
            id: row.id,
            asked: Box::new(Asked::of(how, notes)),
        },
        entity: (EntityType::Exception, row.id.uuid()),
        concerns: plan.concerns,
        guards,
        title: format!(
            "{}: {} {}",
            how.kind().label(),
            row.code.as_deref().unwrap_or_default(),
            row.party
        )
        .trim()
        .to_owned(),
        why: consent.why,
        people: consent.people,
        effects: plan.effects,
        changes: plan.changes,
        number,
    };
    approvals::commands::ask(tx, actor, new)
}

fn finish(
    tx: &mut Tx<'_>,
    actor: &Actor,
    mut change: Change,
    (how, notes): (&How, &ResolutionNotes),
    plan: Plan,
) -> AppResult<Resolved> {
    if change.row.assignee_id.is_none() {
        change.give(actor.member());
    }
    let id = change.row.id;
    let resolution_id = ResolutionId::generate(tx.now);
    let consent = plan.consent;
    // First the resolution, then its effect: what it makes points at it.
    let mut resolution = ResolutionRow {
        id: resolution_id,
        business_account_id: actor.business_account,
        exception_id: id,
        kind: how.kind(),
        reason: how.reason().to_owned(),
        notes: notes.as_str().to_owned(),
        effect: String::new(),
        resolved_by_kind: actor.kind,
        resolved_by_id: actor.id.map(Id::from_uuid),
        resolved_by_name: actor.name.clone(),
        resolved_at: tx.now,
        transaction_id: None,
        financial_account_id: None,
        changes: kept(&plan.changes)?,
    };
    on_backend!(tx.conn, |conn| diesel::insert_into(resolutions::table)
        .values(&resolution)
        .execute(conn))?;
    let done = plan::carry_out(tx, actor, &change.row, resolution_id, plan.work)?;
    resolution.effect = done.effect;
    resolution.transaction_id = done.transaction;
    resolution.financial_account_id = done.account;
    diesel::update(resolutions::table.find(resolution_id))
        .set((
            resolutions::effect.eq(&resolution.effect),
            resolutions::transaction_id.eq(resolution.transaction_id),
            resolutions::financial_account_id.eq(resolution.financial_account_id),
        ))
        .execute(tx.conn)?;
    change.row.resolution_id = Some(resolution_id);
    let thresholds: Thresholds = policies::rules::of(tx.conn, actor.business_account)?;
    let why = thresholds.why_reviewed(change.row.severity, how.kind(), resolution_id);
    let is_reviewed = why.is_some();
    let is_blind = thresholds.is_blind(change.row.severity, how.kind(), resolution_id)
        && actor.kind == ActorKind::Employee
        // A second person who agreed to it knows it.
        && consent.is_none()
        && is_reviewed;
    reviews::commands::open(tx, &resolution, why, is_blind)?;
    let row = change.store(tx, actor, "")?;
    let text = told(&resolution);
    record(
        tx,
        actor,
        id,
        EventKind::Resolution,
        ("", how.kind().as_str()),
        &text,
    )?;
    Ok(Resolved {
        row,
        resolution,
        is_reviewed,
    })
}

/// What a resolution changes, as [`ResolutionRow::changes`] reads it.
pub(crate) fn kept(changes: &[Difference]) -> AppResult<String> {
    serde_json::to_string(changes)
        .map_err(|e| AppError::Internal(format!("writing what a resolution changes: {e}")))
}

/// What the history says of a resolution. What somebody typed is in quotation marks: more is said after it.
pub(crate) fn told(resolution: &ResolutionRow) -> String {
    let done = format!("resolved it: {}. {}", resolution.kind.label(), resolution.effect);
    match resolution.reason_in_words() {
        Some(reason) => format!("{done} Reason: “{reason}”."),
        None => done,
    }
}

/// Writes into a transaction's history what a resolution did to it.
fn tell_transaction(tx: &mut Tx<'_>, actor: &Actor, id: TransactionId, description: &str) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Transaction,
        entity_id: id.uuid(),
        kind: EventKind::Resolution,
        previous: "",
        new: "",
        description,
    };
    history::record(tx, actor, &happening)
}

/// A resolution.
pub fn get(conn: &mut AnyConnection, id: ResolutionId) -> AppResult<ResolutionRow> {
    Ok(resolutions::table
        .find(id)
        .select(ResolutionRow::as_select())
        .first(conn)?)
}

/// These resolutions, in no order.
pub fn list(conn: &mut AnyConnection, ids: &[ResolutionId]) -> AppResult<Vec<ResolutionRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(among!(resolutions::table.into_boxed(), resolutions::id, ids)
        .select(ResolutionRow::as_select())
        .load(conn)?)
}

/// The resolutions that changed a financial account, the latest first, at most a hundred; also those of which a blind
/// review hides what they did.
pub fn that_changed(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
) -> AppResult<Vec<ResolutionRow>> {
    Ok(resolutions::table
        .filter(resolutions::financial_account_id.eq(id))
        .filter(resolutions::business_account_id.eq(account))
        .order((resolutions::resolved_at.desc(), resolutions::id.desc()))
        .limit(100)
        .select(ResolutionRow::as_select())
        .load(conn)?)
}

/// The resolutions that made some of these transactions, in no order; also those of which a blind review hides what they
/// did.
pub fn that_made(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[TransactionId],
) -> AppResult<Vec<ResolutionRow>> {
    let ids: Vec<Option<TransactionId>> = ids.iter().copied().map(Some).collect();
    Ok(resolutions::table
        .filter(within(resolutions::transaction_id, &ids))
        .filter(resolutions::business_account_id.eq(account))
        .select(ResolutionRow::as_select())
        .load(conn)?)
}
