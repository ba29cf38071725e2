//! What an exception is, and its lifecycle: one table of moves (domain.md section 2.1), with the guards on who may make
//! them. Commands, pages and the API all ask here, so a button and its rule cannot differ.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::BigInt,
};

use crate::{
    ach,
    auth::{actor::Actor, permission::Right},
    kernel::{
        error::{AppError, AppResult, Code},
        id::TeamMemberId,
    },
    spelled,
};

spelled! {
    /// What an exception concerns.
    pub enum Category {
        /// A verification of a bank account.
        BankAccountVerification = "BANK_ACCOUNT_VERIFICATION",
        /// A customer.
        Customer = "CUSTOMER",
        /// A transaction.
        Transaction = "TRANSACTION",
    }
}

spelled! {
    /// What happened (`type` in the API).
    pub enum Kind {
        /// An entry came back.
        AchReturn = "ACH_RETURN",
        /// A bank told a change of account data.
        AchNoc = "ACH_NOC",
        /// A bank account's verification was declined.
        VerificationDeclined = "BANK_ACCOUNT_VERIFICATION_DECLINED",
        /// A bank told a change during verification.
        VerificationNoc = "BANK_ACCOUNT_VERIFICATION_NOC",
        /// Earned-wage access.
        EarnedWageAccess = "EARNED_WAGE_ACCESS",
        /// Two sources disagree.
        Reconciliation = "RECONCILIATION",
    }
}

impl Kind {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AchReturn => "ACH return",
            Self::AchNoc => "Notification of change",
            Self::VerificationDeclined => "Verification declined",
            Self::VerificationNoc => "Verification: notification of change",
            Self::EarnedWageAccess => "Earned-wage access",
            Self::Reconciliation => "Reconciliation break",
        }
    }

    /// Whether the pair makes sense (domain.md section 2).
    pub const fn fits(self, category: Category) -> bool {
        match self {
            Self::VerificationDeclined | Self::VerificationNoc => {
                matches!(category, Category::BankAccountVerification)
            }
            Self::AchReturn | Self::AchNoc | Self::Reconciliation => {
                matches!(category, Category::Transaction)
            }
            Self::EarnedWageAccess => matches!(category, Category::Customer | Category::Transaction),
        }
    }

    /// Whether it is a notification of change.
    pub const fn is_noc(self) -> bool {
        matches!(self, Self::AchNoc | Self::VerificationNoc)
    }
}

spelled! {
    /// Where an exception stands.
    pub enum Status {
        /// Raised, nobody has it.
        New = "NEW",
        /// Somebody has it.
        InProgress = "IN_PROGRESS",
        /// An outside system has it.
        PendingResolution = "PENDING_RESOLUTION",
        /// Closed, and frozen.
        Resolved = "RESOLVED",
        /// Opened again.
        Reopened = "REOPENED",
    }
}

impl Status {
    /// As a page writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InProgress => "In progress",
            Self::PendingResolution => "Waiting",
            Self::Resolved => "Resolved",
            Self::Reopened => "Reopened",
        }
    }

    /// Whether there is still something to do.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved)
    }
}

/// How severe: stored as its rank, so that it sorts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, utoipa::ToSchema,
)]
#[diesel(sql_type = BigInt)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// When there is time.
    Low,
    /// This week.
    Medium,
    /// Within days.
    High,
    /// Today.
    Critical,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The spelling in the API and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// As a page writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The severity spelled so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Its rank, from 0 for the least: what is stored.
    pub const fn rank(self) -> i64 {
        *self.stored()
    }

    #[allow(clippy::trivially_copy_pass_by_ref)] // diesel borrows what it binds
    const fn stored(&self) -> &'static i64 {
        match self {
            Self::Low => &0,
            Self::Medium => &1,
            Self::High => &2,
            Self::Critical => &3,
        }
    }
}

impl From<ach::codes::Severity> for Severity {
    fn from(severity: ach::codes::Severity) -> Self {
        match severity {
            ach::codes::Severity::Low => Self::Low,
            ach::codes::Severity::Medium => Self::Medium,
            ach::codes::Severity::High => Self::High,
            ach::codes::Severity::Critical => Self::Critical,
        }
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for Severity
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<BigInt, DB>::to_sql(self.stored(), out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Severity
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let rank = <i64 as FromSql<BigInt, DB>>::from_sql(value)?;
        Self::ALL
            .into_iter()
            .find(|s| s.rank() == rank)
            .ok_or_else(|| format!("unknown severity {rank}").into())
    }
}

spelled! {
    /// What the entity of an exception is (`entityId` is its id).
    pub enum Entity {
        /// A transaction; for a return, the RETURN transaction.
        Transaction = "TRANSACTION",
        /// A financial account.
        FinancialAccount = "FINANCIAL_ACCOUNT",
        /// A customer.
        Customer = "CUSTOMER",
    }
}

spelled! {
    /// Where an exception came from.
    pub enum Source {
        /// A file.
        Import = "IMPORT",
        /// A client.
        Api = "API",
        /// A rule of ours.
        Rule = "RULE",
    }
}

impl Source {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Import => "Imported file",
            Self::Api => "API",
            Self::Rule => "Rule",
        }
    }
}

spelled! {
    /// Who an exception waits for.
    pub enum Party {
        /// Whoever pays or is paid.
        Customer = "CUSTOMER",
        /// Our bank, or theirs.
        Bank = "BANK",
        /// The processor.
        Processor = "PROCESSOR",
        /// Somebody else, as the reason says.
        Other = "OTHER",
    }
}

impl Party {
    /// As a sentence names them.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Customer => "the customer",
            Self::Bank => "a bank",
            Self::Processor => "the processor",
            Self::Other => "somebody outside",
        }
    }
}

spelled! {
    /// How an exception is closed (domain.md section 3).
    pub enum ResolutionKind {
        /// Matched by hand with a counterpart.
        ForceMatch = "FORCE_MATCH",
        /// An adjustment was posted.
        AdjustEntry = "ADJUST_ENTRY",
        /// The payment is sent again.
        Retry = "RETRY",
        /// Another transaction takes its place.
        ReplaceTransaction = "REPLACE_TRANSACTION",
        /// The account's data was corrected.
        CorrectAccount = "CORRECT_ACCOUNT",
        /// The account was suspended.
        SuspendAccount = "SUSPEND_ACCOUNT",
        /// The open amount was written off.
        WriteOff = "WRITE_OFF",
        /// Nothing had to be done.
        NoAction = "NO_ACTION",
    }
}

impl ResolutionKind {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ForceMatch => "Force match",
            Self::AdjustEntry => "Adjust entry",
            Self::Retry => "Retry",
            Self::ReplaceTransaction => "Replace transaction",
            Self::CorrectAccount => "Correct account",
            Self::SuspendAccount => "Suspend account",
            Self::WriteOff => "Write off",
            Self::NoAction => "No action",
        }
    }
}

/// What someone wants to do with an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Take it.
    Claim,
    /// Give it to somebody.
    Assign,
    /// Take it from whoever has it: a supervisor always, others when its holder has let it go idle or is away.
    TakeOver,
    /// Put it back.
    Release,
    /// Hand it to an outside system.
    Dispatch,
    /// Take it back from an outside system.
    Recall,
    /// Close it.
    Resolve,
    /// Open it again.
    Reopen,
    /// Say something on it.
    Comment,
    /// Put it aside until a time.
    Snooze,
    /// Bring it back before its time.
    Wake,
    /// Set its severity by hand.
    Rate,
    /// Say that it waits for somebody outside: its SLA stands still.
    Wait,
    /// Say that it does not wait any more.
    Resume,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 14] = [
        Self::Claim,
        Self::Assign,
        Self::TakeOver,
        Self::Release,
        Self::Dispatch,
        Self::Recall,
        Self::Resolve,
        Self::Reopen,
        Self::Comment,
        Self::Snooze,
        Self::Wake,
        Self::Rate,
        Self::Wait,
        Self::Resume,
    ];

    const fn verb(self) -> &'static str {
        match self {
            Self::Claim => "taken",
            Self::Assign => "assigned",
            Self::TakeOver => "taken over",
            Self::Release => "released",
            Self::Dispatch => "dispatched",
            Self::Recall => "recalled",
            Self::Resolve => "resolved",
            Self::Reopen => "reopened",
            Self::Comment => "commented on",
            Self::Snooze => "put aside",
            Self::Wake => "woken",
            Self::Rate => "given another severity",
            Self::Wait => "made to wait",
            Self::Resume => "resumed",
        }
    }
}

/// What the lifecycle looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one for each thing it looks at
pub struct Standing {
    /// The status.
    pub status: Status,
    /// Who has it.
    pub assignee: Option<TeamMemberId>,
    /// It was opened again at least once.
    pub was_reopened: bool,
    /// It is put aside.
    pub is_snoozed: bool,
    /// It waits for somebody outside.
    pub is_waiting: bool,
    /// Its holder does not keep it from whoever asks: see [`crate::desk::loose`].
    pub is_loose: bool,
}

impl Standing {
    /// The lifecycle table: the status that `act` leads to, if there is such a move.
    pub const fn after(self, act: Act) -> Option<Status> {
        use Status::{InProgress, New, PendingResolution, Reopened, Resolved};
        match (self.status, act) {
            (New | Reopened, Act::Claim) | (New | Reopened | InProgress, Act::Assign) => Some(InProgress),
            (InProgress | Reopened, Act::TakeOver) if self.assignee.is_some() => Some(InProgress),
            (InProgress, Act::Release) => Some(if self.was_reopened { Reopened } else { New }),
            (New | InProgress | Reopened, Act::Dispatch) => Some(PendingResolution),
            (PendingResolution, Act::Recall) => Some(match (self.assignee, self.was_reopened) {
                (Some(_), _) => InProgress,
                (None, false) => New,
                (None, true) => Reopened,
            }),
            (New | InProgress | Reopened | PendingResolution, Act::Resolve) => Some(Resolved),
            (Resolved, Act::Reopen) => Some(Reopened),
            (open, Act::Comment | Act::Snooze | Act::Rate) if open.is_open() => Some(open),
            (open, Act::Wake) if open.is_open() && self.is_snoozed => Some(open),
            (open, Act::Wait) if open.is_open() && !self.is_waiting => Some(open),
            (open, Act::Resume) if open.is_open() && self.is_waiting => Some(open),
            _ => None,
        }
    }

    /// The status that `act` by `actor` leads to, or why it cannot be. `holder` is the name of who has it.
    pub fn check(self, act: Act, actor: &Actor, holder: Option<&str>) -> AppResult<Status> {
        actor.require(if matches!(act, Act::Reopen | Act::Rate) {
            Right::Supervise
        } else {
            Right::Work
        })?;
        let is_taken =
            act == Act::Claim && self.status == Status::InProgress && self.assignee != actor.member();
        if is_taken {
            return Err(taken(holder));
        }
        if act == Act::TakeOver && self.assignee.is_some() && self.assignee == actor.member() {
            return Err(AppError::refused(Code::IllegalMove, "You have it already."));
        }
        let next = self.after(act).ok_or_else(|| self.closed(act))?;
        let held_by_another = self.assignee.is_some() && self.assignee != actor.member();
        match act {
            Act::Claim
            | Act::Assign
            | Act::Release
            | Act::Dispatch
            | Act::Recall
            | Act::Resolve
            | Act::Snooze
            | Act::Wake
            | Act::Wait
            | Act::Resume
                if held_by_another && !actor.may(Right::Supervise) =>
            {
                Err(taken(holder))
            }
            Act::TakeOver if !self.is_loose && !actor.may(Right::Supervise) => Err(taken(holder)),
            _ => Ok(next),
        }
    }

    fn closed(self, act: Act) -> AppError {
        let why = match (self.status, act) {
            (
                Status::Resolved,
                Act::Claim
                | Act::Assign
                | Act::TakeOver
                | Act::Release
                | Act::Dispatch
                | Act::Recall
                | Act::Resolve,
            ) => "It is resolved. A supervisor can reopen it.".to_owned(),
            (
                Status::Resolved,
                Act::Comment | Act::Snooze | Act::Wake | Act::Rate | Act::Wait | Act::Resume,
            ) => "It is resolved, and nothing on it changes until it is reopened.".into(),
            (_, Act::Wake) => "It is not put aside.".into(),
            (_, Act::Wait) => "It waits for somebody outside already.".into(),
            (_, Act::Resume) => "It does not wait for anybody outside.".into(),
            (Status::New | Status::Reopened | Status::InProgress, Act::TakeOver) => {
                "Nobody has it: take it.".into()
            }
            (
                Status::PendingResolution,
                Act::Claim | Act::Assign | Act::TakeOver | Act::Release | Act::Dispatch,
            ) => "It waits for an outside system. Recall it first.".into(),
            (Status::New | Status::Reopened, Act::Release) => "Nobody is working on it.".into(),
            (_, Act::Recall) => "It was not handed to an outside system.".into(),
            (status, act) => {
                format!(
                    "An exception that is {} cannot be {}.",
                    status.word().to_lowercase(),
                    act.verb()
                )
            }
        };
        AppError::refused(Code::IllegalMove, why)
    }
}

fn taken(holder: Option<&str>) -> AppError {
    AppError::refused(
        Code::AlreadyTaken,
        format!("{} has it.", holder.unwrap_or("Somebody else")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{actor::ActorKind, permission::Role},
        kernel::{clock::Ts, id::BusinessAccountId},
    };

    fn actor(role: Role, member: TeamMemberId) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(member.uuid()),
            name: "Ada Moss".into(),
            role,
            business_account: BusinessAccountId::generate(Ts::default()),
            request_id: String::new(),
        }
    }

    fn member() -> TeamMemberId {
        TeamMemberId::generate(Ts::default())
    }

    fn standing(status: Status) -> Standing {
        Standing {
            status,
            assignee: None,
            was_reopened: false,
            is_snoozed: false,
            is_waiting: false,
            is_loose: false,
        }
    }

    #[test]
    #[allow(clippy::type_complexity, clippy::too_many_lines)] // a table
    fn every_status_and_act_is_as_the_table_says() {
        use Act::{
            Assign, Claim, Comment, Dispatch, Rate, Recall, Release, Reopen, Resolve, Resume, Snooze,
            TakeOver, Wait, Wake,
        };
        use Status::{InProgress, New, PendingResolution, Reopened, Resolved};
        let table: [(Status, [(Act, Option<Status>); 14]); 5] = [
            (
                New,
                [
                    (Claim, Some(InProgress)),
                    (Assign, Some(InProgress)),
                    (TakeOver, None),
                    (Release, None),
                    (Dispatch, Some(PendingResolution)),
                    (Recall, None),
                    (Resolve, Some(Resolved)),
                    (Reopen, None),
                    (Comment, Some(New)),
                    (Snooze, Some(New)),
                    (Wake, None),
                    (Rate, Some(New)),
                    (Wait, Some(New)),
                    (Resume, None),
                ],
            ),
            (
                InProgress,
                [
                    (Claim, None),
                    (Assign, Some(InProgress)),
                    (TakeOver, None),
                    (Release, Some(New)),
                    (Dispatch, Some(PendingResolution)),
                    (Recall, None),
                    (Resolve, Some(Resolved)),
                    (Reopen, None),
                    (Comment, Some(InProgress)),
                    (Snooze, Some(InProgress)),
                    (Wake, None),
                    (Rate, Some(InProgress)),
                    (Wait, Some(InProgress)),
                    (Resume, None),
                ],
            ),
            (
                PendingResolution,
                [
                    (Claim, None),
                    (Assign, None),
                    (TakeOver, None),
                    (Release, None),
                    (Dispatch, None),
                    (Recall, Some(New)),
                    (Resolve, Some(Resolved)),
                    (Reopen, None),
                    (Comment, Some(PendingResolution)),
                    (Snooze, Some(PendingResolution)),
                    (Wake, None),
                    (Rate, Some(PendingResolution)),
                    (Wait, Some(PendingResolution)),
                    (Resume, None),
                ],
            ),
            (
                Resolved,
                [
                    (Claim, None),
                    (Assign, None),
                    (TakeOver, None),
                    (Release, None),
                    (Dispatch, None),
                    (Recall, None),
                    (Resolve, None),
                    (Reopen, Some(Reopened)),
                    (Comment, None),
                    (Snooze, None),
                    (Wake, None),
                    (Rate, None),
                    (Wait, None),
                    (Resume, None),
                ],
            ),
            (
                Reopened,
                [
                    (Claim, Some(InProgress)),
                    (Assign, Some(InProgress)),
                    (TakeOver, None),
                    (Release, None),
                    (Dispatch, Some(PendingResolution)),
                    (Recall, None),
                    (Resolve, Some(Resolved)),
                    (Reopen, None),
                    (Comment, Some(Reopened)),
                    (Snooze, Some(Reopened)),
                    (Wake, None),
                    (Rate, Some(Reopened)),
                    (Wait, Some(Reopened)),
                    (Resume, None),
                ],
            ),
        ];
        for (status, row) in table {
            assert_eq!(row.map(|(act, _)| act), Act::ALL);
            for (act, expected) in row {
                assert_eq!(standing(status).after(act), expected, "{status} {act:?}");
            }
        }
    }

    #[test]
    fn released_after_a_reopening_it_is_reopened_again() {
        let reopened_once = Standing {
            was_reopened: true,
            ..standing(Status::InProgress)
        };
        assert_eq!(reopened_once.after(Act::Release), Some(Status::Reopened));
    }

    #[test]
    fn what_somebody_has_is_taken_over_by_a_supervisor_and_by_others_when_it_is_loose() {
        let holder = member();
        for status in [Status::InProgress, Status::Reopened] {
            let held = Standing {
                assignee: Some(holder),
                ..standing(status)
            };
            let loose = Standing {
                is_loose: true,
                ..held
            };
            let by = |standing: Standing, role| {
                standing
                    .check(Act::TakeOver, &actor(role, member()), Some("Clara Novak"))
                    .map_err(|e| e.sentence())
            };
            assert_eq!(by(held, Role::Manager), Ok(Status::InProgress));
            assert_eq!(by(loose, Role::Clerk), Ok(Status::InProgress));
            assert_eq!(by(held, Role::Clerk), Err("Clara Novak has it.".into()));
            assert!(by(loose, Role::ViewOnly).is_err());
            let own = loose.check(Act::TakeOver, &actor(Role::Clerk, holder), None);
            assert_eq!(own.unwrap_err().sentence(), "You have it already.");
        }
    }

    #[test]
    fn what_is_put_aside_can_be_woken_unless_it_is_resolved() {
        for status in Status::ALL {
            let aside = Standing {
                is_snoozed: true,
                ..standing(*status)
            };
            assert_eq!(
                aside.after(Act::Wake),
                Some(*status).filter(|s| s.is_open()),
                "{status}"
            );
        }
    }

    #[test]
    fn what_waits_can_be_resumed_and_not_made_to_wait_again_unless_it_is_resolved() {
        for status in Status::ALL {
            let waiting = Standing {
                is_waiting: true,
                ..standing(*status)
            };
            let open = Some(*status).filter(|s| s.is_open());
            assert_eq!(waiting.after(Act::Resume), open, "{status}");
            assert_eq!(waiting.after(Act::Wait), None, "{status}");
        }
    }

    #[test]
    fn only_a_supervisor_sets_the_severity_also_of_what_another_has() {
        let held = Standing {
            assignee: Some(member()),
            ..standing(Status::InProgress)
        };
        assert!(
            held.check(Act::Rate, &actor(Role::Manager, member()), None)
                .is_ok()
        );
        let refused = held
            .check(Act::Rate, &actor(Role::Clerk, member()), None)
            .unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
    }

    #[test]
    fn who_does_not_hold_it_is_told_who_does_and_a_supervisor_may_all_the_same() {
        let holder = member();
        let held = Standing {
            assignee: Some(holder),
            ..standing(Status::InProgress)
        };
        for act in [
            Act::Claim,
            Act::Assign,
            Act::Release,
            Act::Dispatch,
            Act::Resolve,
            Act::Snooze,
            Act::Wait,
        ] {
            let refused = held
                .check(act, &actor(Role::Clerk, member()), Some("Clara Novak"))
                .unwrap_err();
            assert_eq!(refused.sentence(), "Clara Novak has it.", "{act:?}");
        }
        for act in [Act::Assign, Act::Release, Act::Resolve] {
            assert!(
                held.check(act, &actor(Role::Clerk, holder), None).is_ok(),
                "{act:?}"
            );
            assert!(
                held.check(act, &actor(Role::Manager, member()), None).is_ok(),
                "{act:?}"
            );
        }
    }

    #[test]
    fn who_may_only_look_may_do_nothing() {
        for role in [Role::ViewOnly, Role::Admin] {
            for act in Act::ALL {
                let refused = standing(Status::New)
                    .check(act, &actor(role, member()), None)
                    .unwrap_err();
                assert_eq!(refused.code(), Code::Forbidden, "{role} {act:?}");
            }
        }
    }

    #[test]
    fn only_the_pairs_of_the_specification_fit() {
        let fitting = Kind::ALL
            .iter()
            .flat_map(|k| Category::ALL.iter().map(move |c| k.fits(*c)))
            .filter(|f| *f)
            .count();
        assert_eq!(fitting, 7);
        assert!(!Kind::AchReturn.fits(Category::Customer));
        assert!(Kind::EarnedWageAccess.fits(Category::Customer));
    }
}
