//! What an approval is, what it was asked for, and who may decide it.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    accounts::add::AccountFields,
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::{AnyConnection, schema::approvals},
    exceptions::resolution::Asked,
    history::{self, EntityType, model::Anything},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{
            ApprovalId, BusinessAccountId, ExceptionId, FinancialAccountId, Id, TeamMemberId, TransactionId,
        },
    },
    policies::{approval::RawRule, thresholds::RawFigure},
    routing, spelled,
    transactions::{TransactionRow, create::CreateFields, edit::EditFields, reverse::ReverseFields},
};

spelled! {
    /// Where an approval stands.
    pub enum ApprovalState {
        /// A decision is due.
        Waiting = "WAITING",
        /// It was done.
        Approved = "APPROVED",
        /// It will not be done.
        Rejected = "REJECTED",
        /// The requester took it back.
        Withdrawn = "WITHDRAWN",
        /// What it was asked for is not there any more.
        Lapsed = "LAPSED",
    }
}

impl ApprovalState {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Withdrawn => "Withdrawn",
            Self::Lapsed => "Lapsed",
        }
    }
}

spelled! {
    /// What kind of change waits.
    pub enum ApprovalKind {
        /// A transaction is to be made.
        TransactionCreate = "TRANSACTION_CREATE",
        /// A transaction is to be replaced.
        TransactionEdit = "TRANSACTION_EDIT",
        /// A transaction is to be taken back.
        TransactionReversal = "TRANSACTION_REVERSAL",
        /// A financial account's data is to be changed.
        AccountChange = "ACCOUNT_CHANGE",
        /// An exception is to be resolved, with an effect that waits.
        Resolution = "RESOLUTION",
        /// The rules that ask for approvals are to be others.
        PolicyChange = "POLICY_CHANGE",
    }
}

impl ApprovalKind {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TransactionCreate => "New transaction",
            Self::TransactionEdit => "Edit of a transaction",
            Self::TransactionReversal => "Reversal",
            Self::AccountChange => "Change of an account",
            Self::Resolution => "Resolution",
            Self::PolicyChange => "Change of policy",
        }
    }
}

/// What was asked for, as it was typed or sent: it is checked again when it is approved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Request {
    /// Make a transaction.
    TransactionCreate {
        /// What it is to be.
        fields: Box<CreateFields>,
    },
    /// Replace a transaction.
    TransactionEdit {
        /// Which one.
        id: TransactionId,
        /// By what.
        fields: EditFields,
    },
    /// Take a transaction back.
    TransactionReversal {
        /// Which one.
        id: TransactionId,
        /// Why, and what is right.
        fields: ReverseFields,
    },
    /// Change a financial account; a new account number is not in here.
    AccountChange {
        /// Which one.
        id: FinancialAccountId,
        /// What it is to be.
        fields: AccountFields,
    },
    /// Resolve an exception; a new account number is not in here.
    Resolution {
        /// Which one.
        id: ExceptionId,
        /// How.
        asked: Box<Asked>,
    },
    /// Put other approval rules in force.
    ApprovalRules {
        /// All of them.
        rules: Vec<RawRule>,
    },
    /// Put other routing rules in force.
    RoutingRules {
        /// All of them.
        rules: Vec<routing::rules::RawRule>,
    },
    /// Put other thresholds in force.
    Thresholds {
        /// All of them.
        figures: Vec<RawFigure>,
    },
}

impl Request {
    /// What kind of change it is.
    pub const fn kind(&self) -> ApprovalKind {
        match self {
            Self::TransactionCreate { .. } => ApprovalKind::TransactionCreate,
            Self::TransactionEdit { .. } => ApprovalKind::TransactionEdit,
            Self::TransactionReversal { .. } => ApprovalKind::TransactionReversal,
            Self::AccountChange { .. } => ApprovalKind::AccountChange,
            Self::Resolution { .. } => ApprovalKind::Resolution,
            Self::ApprovalRules { .. } | Self::RoutingRules { .. } | Self::Thresholds { .. } => {
                ApprovalKind::PolicyChange
            }
        }
    }
}

/// A record in the version that a change was asked for: when it has another, the approval lapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guard {
    /// A transaction.
    Transaction(TransactionId, i64),
    /// A financial account.
    Account(FinancialAccountId, i64),
    /// Where a financial account is, as it was at this place in the history: it may get another name, not another number.
    Destination(FinancialAccountId, i64),
    /// An exception.
    Exception(ExceptionId, i64),
    /// The approval rules.
    ApprovalRules(i64),
    /// The routing rules.
    RoutingRules(i64),
    /// The thresholds.
    Thresholds(i64),
}

impl Guard {
    /// That the accounts of a payment stay where they are now.
    pub fn destinations(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        accounts: &[FinancialAccountId],
    ) -> AppResult<Vec<Self>> {
        let now = history::queries::head(conn, account)?.seq;
        Ok(accounts.iter().map(|id| Self::Destination(*id, now)).collect())
    }

    /// That a payment stays as it is, and that the accounts of what takes its place stay where they are now.
    pub fn in_place_of(
        conn: &mut AnyConnection,
        payment: &TransactionRow,
        accounts: [FinancialAccountId; 2],
    ) -> AppResult<Vec<Self>> {
        let mut guards = Self::destinations(conn, payment.business_account_id, &accounts)?;
        guards.push(Self::Transaction(payment.id, payment.version));
        Ok(guards)
    }
}

/// Who has agreed to a change that several people must agree to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// Who: a team member or a service account.
    pub by: Id<Anything>,
    /// As they were called then.
    pub name: String,
}

/// One line of before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Difference {
    /// The field.
    pub label: String,
    /// As it is; empty when there is nothing.
    pub before: String,
    /// As it would be.
    pub after: String,
}

impl Difference {
    /// A line.
    pub fn new(label: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            before: before.into(),
            after: after.into(),
        }
    }
}

/// What a command led to that a second person may have to agree to.
#[derive(Clone, Debug)]
pub enum Gated<T> {
    /// It is done.
    Done(T),
    /// It waits.
    Waits(Box<ApprovalRow>),
}

impl<T> Gated<T> {
    /// What was done, for callers whose request never waits.
    ///
    /// # Errors
    /// A refusal that says that it waits.
    pub fn done(self) -> AppResult<T> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Waits(approval) => Err(AppError::refused(Code::RuleRefuses, approval.why)),
        }
    }
}

/// One row of `approvals`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = approvals)]
pub struct ApprovalRow {
    pub id: ApprovalId,
    pub business_account_id: BusinessAccountId,
    pub kind: ApprovalKind,
    pub state: ApprovalState,
    pub entity_type: EntityType,
    /// The record that shows it: the business account where there is none yet.
    pub entity_id: Id<Anything>,
    /// A second record that shows it: the account or transaction that a resolution is about.
    pub concerns_id: Option<Id<Anything>>,
    /// [`Guard`]s as JSON.
    pub guards: String,
    /// [`Request`] as JSON.
    pub request: String,
    /// A new account number, sealed for this row.
    pub number_sealed: Option<Vec<u8>>,
    /// Equal for equal requests.
    pub fingerprint: Vec<u8>,
    /// What it is about, in a few words.
    pub title: String,
    /// The rule that asks for it.
    pub why: String,
    /// What it will do: sentences, as JSON.
    pub effects: String,
    /// [`Difference`]s as JSON.
    pub changes: String,
    pub requested_by_kind: ActorKind,
    pub requested_by_id: Option<Id<Anything>>,
    pub requested_by_name: String,
    pub requested_at: Ts,
    pub decided_by_id: Option<TeamMemberId>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<Ts>,
    /// Why it was rejected, or what was said with the consent.
    pub reason: Option<String>,
    /// What it led to, or why it lapsed.
    pub outcome: Option<String>,
    /// The record it made.
    pub result_id: Option<Id<Anything>>,
    pub version: i64,
    /// How many other people must agree.
    pub people: i64,
    /// [`Consented`] as JSON: who has.
    pub consents: String,
}

impl ApprovalRow {
    /// Who has agreed to it: `Mara Lindqvist agreed.`
    pub fn agreed(&self) -> String {
        let mut people: Vec<String> = self.consents().into_iter().map(|c| c.name).collect();
        people.extend(self.decided_by_name.clone().filter(|name| !people.contains(name)));
        if people.is_empty() {
            return String::new();
        }
        format!("{} agreed.", people.join(" and "))
    }

    /// What it would do, in sentences.
    pub fn effects(&self) -> Vec<String> {
        serde_json::from_str(&self.effects).unwrap_or_default()
    }

    /// Before and after.
    pub fn changes(&self) -> Vec<Difference> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }

    /// The versions it was asked for. What cannot be read lets it lapse.
    pub fn guards(&self) -> Option<Vec<Guard>> {
        serde_json::from_str(&self.guards).ok()
    }

    /// What was asked for.
    pub fn request(&self) -> AppResult<Request> {
        serde_json::from_str(&self.request)
            .map_err(|e| AppError::Internal(format!("approval {}: {e}", self.id)))
    }

    /// What its requester wrote with it, by name.
    pub fn remarks(&self) -> Vec<(&'static str, String)> {
        match self.request() {
            Ok(Request::Resolution { asked, .. }) => asked.remarks(),
            _ => Vec::new(),
        }
    }

    /// Who has agreed.
    pub fn consents(&self) -> Vec<Consented> {
        serde_json::from_str(&self.consents).unwrap_or_default()
    }

    /// How many more must agree, with the next one among them.
    pub fn people_left(&self) -> i64 {
        self.people - self.consents().len() as i64
    }

    /// Whether `actor` asked for it.
    pub fn is_of(&self, actor: &Actor) -> bool {
        self.requested_by_kind == actor.kind && self.requested_by_id.map(Id::uuid) == actor.id
    }

    /// Whether it still waits.
    ///
    /// # Errors
    /// How it stands, in a sentence: whoever sends a form twice is told that they themselves have decided it.
    pub fn still_waits(&self, actor: &Actor) -> AppResult<()> {
        let is_by_them = actor.member().is_some() && self.decided_by_id == actor.member();
        let closed = match (self.state, is_by_them) {
            (ApprovalState::Waiting, _) => return Ok(()),
            (ApprovalState::Approved, true) => "You have approved it already.",
            (ApprovalState::Approved, false) => "It is approved already.",
            (ApprovalState::Rejected, true) => "You have rejected it already.",
            (ApprovalState::Rejected, false) => "It is rejected already.",
            (ApprovalState::Withdrawn, true) => "You have taken it back already.",
            (ApprovalState::Withdrawn, false) => "Its requester has taken it back.",
            (ApprovalState::Lapsed, _) => "It has lapsed.",
        };
        Err(AppError::refused(Code::IllegalMove, closed))
    }

    /// Whether `actor` may decide it. Nobody decides their own, whatever their role.
    ///
    /// # Errors
    /// `Forbidden`, or why not in a sentence.
    pub fn check(&self, actor: &Actor) -> AppResult<()> {
        actor.require(Right::Supervise)?;
        self.still_waits(actor)?;
        if self.is_of(actor) {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "You asked for it yourself: somebody else decides it.",
            ));
        }
        if self.consents().iter().any(|c| Some(c.by.uuid()) == actor.id) {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "You have agreed already: somebody else gives the next consent.",
            ));
        }
        if !matches!(actor.kind, ActorKind::Employee | ActorKind::ServiceAccount) {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "Only a team member or a service account decides an approval.",
            ));
        }
        Ok(())
    }
}
