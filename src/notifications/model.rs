//! What a notification is, and which there are.

use diesel::prelude::*;

use crate::{
    db::schema::notifications,
    exceptions::{model::Status, row::ExceptionRow, words},
    kernel::{
        clock::Ts,
        count::grouped,
        id::{ApprovalId, BusinessAccountId, ExceptionId, MailId, NotificationId, TeamMemberId},
    },
    spelled,
};

spelled! {
    /// Of what somebody is told.
    pub enum Kind {
        /// An exception was given to them.
        Assigned = "ASSIGNED",
        /// Somebody took over what they had.
        TakenOver = "TAKEN_OVER",
        /// Their resolution was returned.
        Returned = "RETURNED",
        /// What they have has a quarter of its time left.
        DueSoon = "DUE_SOON",
        /// So has what somebody has in whose place they are, or what nobody has and they supervise.
        OthersDueSoon = "OTHERS_DUE_SOON",
        /// What they have is past its due time.
        Overdue = "OVERDUE",
        /// So is what they supervise, or what somebody has in whose place they are.
        OthersOverdue = "OTHERS_OVERDUE",
        /// What they supervise is long past its due time and still open.
        Escalated = "ESCALATED",
        /// What they handed to an outside system, or have, could not be handed over.
        DispatchFailed = "DISPATCH_FAILED",
        /// An outside system has answered on what they have.
        Answered = "ANSWERED",
        /// What they have or asked to be told of does not wait for somebody outside any more.
        GoesOn = "GOES_ON",
        /// A change waits, and they may decide it.
        ApprovalAsked = "APPROVAL_ASKED",
        /// What they asked for is decided, or has lapsed.
        ApprovalDecided = "APPROVAL_DECIDED",
        /// Something was done to their sign-in. Nobody turns this off.
        Security = "SECURITY",
    }
}

spelled! {
    /// How somebody wants to have a kind by e-mail.
    pub enum ByMail {
        /// As soon as it happens.
        AtOnce = "NOW",
        /// In the digest.
        Digest = "DIGEST",
        /// Not at all.
        Never = "NEVER",
    }
}

impl ByMail {
    /// As the settings name it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AtOnce => "At once",
            Self::Digest => "In the digest",
            Self::Never => "No e-mail",
        }
    }

    /// Whether what is sent so comes no later than what is sent as `other`.
    pub const fn is_no_later_than(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::AtOnce, _) | (Self::Digest, Self::Digest | Self::Never) | (Self::Never, Self::Never)
        )
    }
}

/// What somebody has chosen of a kind, or what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub kind: Kind,
    /// Told of in Docket; what is not told there is not sent by e-mail either.
    pub is_wanted: bool,
    pub mail: ByMail,
}

impl Choice {
    /// What is usual: everything is told, and by e-mail at once what cannot wait for the next digest.
    pub const fn usual(kind: Kind) -> Self {
        let mail = match kind {
            Kind::Overdue | Kind::OthersOverdue | Kind::Escalated | Kind::Returned | Kind::Security => {
                ByMail::AtOnce
            }
            _ => ByMail::Digest,
        };
        Self {
            kind,
            is_wanted: true,
            mail,
        }
    }
}

impl Kind {
    /// Those of which people choose whether they are told.
    pub fn chosen() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| *kind != Self::Security)
    }

    /// The kind that told of it too, before the two were told apart: what was chosen then holds for both.
    pub const fn was_part_of(self) -> Option<Self> {
        match self {
            Self::OthersDueSoon => Some(Self::DueSoon),
            Self::OthersOverdue => Some(Self::Overdue),
            _ => None,
        }
    }

    /// As the settings name it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Assigned => "An exception is given to me",
            Self::TakenOver => "Somebody takes over what I have",
            Self::Returned => "My resolution is returned",
            Self::DueSoon => "Something of mine has a quarter of its time left",
            Self::OthersDueSoon => {
                "Something that nobody has, or that I stand in for, has a quarter of its time left"
            }
            Self::Overdue => "Something of mine is overdue",
            Self::OthersOverdue => "Something that I supervise or stand in for is overdue",
            Self::Escalated => "Something is still open long after its due time",
            Self::DispatchFailed => "An exception could not be handed to an outside system",
            Self::Answered => "An outside system answers on what I have",
            Self::GoesOn => "What waited for somebody outside goes on",
            Self::ApprovalAsked => "A change waits that I may approve",
            Self::ApprovalDecided => "What I asked for is approved, rejected or has lapsed",
            Self::Security => "Something is done to my sign-in",
        }
    }

    /// Said of several.
    pub const fn of_many(self) -> &'static str {
        match self {
            Self::Assigned => "exceptions were given to you",
            Self::TakenOver => "exceptions were taken over from you",
            Self::Returned => "resolutions were returned to you",
            Self::DueSoon => "exceptions of yours have less than a quarter of their time left",
            Self::OthersDueSoon => "exceptions on the desk have less than a quarter of their time left",
            Self::Overdue => "exceptions of yours are overdue",
            Self::OthersOverdue => "exceptions on the desk are overdue",
            Self::Escalated => "exceptions are still open long after their due time",
            Self::DispatchFailed => "exceptions could not be handed over",
            Self::Answered => "exceptions of yours were answered from outside",
            Self::GoesOn => "exceptions do not wait any more",
            Self::ApprovalAsked => "changes wait that you may approve",
            Self::ApprovalDecided => "requests of yours are decided",
            Self::Security => "things were done to your sign-in",
        }
    }

    /// Whether it tells how the time goes by: the list behind several has those that were told before too.
    const fn is_of_time(self) -> bool {
        matches!(
            self,
            Self::DueSoon | Self::OthersDueSoon | Self::Overdue | Self::OthersOverdue | Self::Escalated
        )
    }

    /// What is told instead of it once the due time is past, or is to come again.
    #[must_use]
    pub const fn when_past(self, is_past: bool) -> Self {
        match (self, is_past) {
            (Self::DueSoon, true) => Self::Overdue,
            (Self::OthersDueSoon, true) => Self::OthersOverdue,
            (Self::Overdue, false) => Self::DueSoon,
            (Self::OthersOverdue | Self::Escalated, false) => Self::OthersDueSoon,
            (as_it_is, _) => as_it_is,
        }
    }

    /// Where several are seen that `reader` was told of, the most urgent first: a list that has all that is still so.
    pub fn queue(self, reader: TeamMemberId) -> String {
        match self {
            // A quarter of the time is more than the day of the tab “Due soon” where there are weeks to act.
            Self::Assigned | Self::Answered | Self::GoesOn | Self::DueSoon => "/exceptions?tab=mine".into(),
            Self::Returned => "/exceptions?tab=mine&status=REOPENED".into(),
            Self::Overdue => format!("/exceptions?tab=overdue&assignee={reader}"),
            Self::OthersOverdue | Self::Escalated => "/exceptions?tab=overdue".into(),
            // What was taken over is not theirs any more.
            Self::TakenOver | Self::DispatchFailed | Self::OthersDueSoon => "/exceptions?tab=open".into(),
            Self::ApprovalAsked => "/approvals".into(),
            Self::ApprovalDecided => "/approvals?tab=approved".into(),
            Self::Security => "/settings/profile".into(),
        }
    }

    /// The icon before it.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Assigned => "user-check",
            Self::TakenOver => "arrow-left-right",
            Self::Returned => "undo-2",
            Self::DueSoon | Self::OthersDueSoon => "hourglass",
            Self::Overdue | Self::OthersOverdue => "clock",
            Self::Escalated => "triangle-alert",
            Self::DispatchFailed => "send",
            Self::Answered => "message-square",
            Self::GoesOn => "play",
            Self::ApprovalAsked => "stamp",
            Self::ApprovalDecided => "check",
            Self::Security => "shield-alert",
        }
    }
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// An exception.
    Exception(ExceptionId),
    /// A change that waits or is decided.
    Approval(ApprovalId),
    /// Their own sign-in.
    SignIn,
}

impl About {
    /// The exception or the approval, at most one of them.
    pub const fn ids(self) -> (Option<ExceptionId>, Option<ApprovalId>) {
        match self {
            Self::Exception(id) => (Some(id), None),
            Self::Approval(id) => (None, Some(id)),
            Self::SignIn => (None, None),
        }
    }
}

/// One row of `notifications`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = notifications)]
pub struct NotificationRow {
    pub id: NotificationId,
    pub business_account_id: BusinessAccountId,
    pub member_id: TeamMemberId,
    pub kind: Kind,
    /// None when it speaks of several.
    pub exception_id: Option<ExceptionId>,
    /// Of how many it speaks.
    pub n: i64,
    /// About the latest of them.
    pub text: String,
    pub created_at: Ts,
    pub read_at: Option<Ts>,
    /// As `exception_id`; never both.
    pub approval_id: Option<ApprovalId>,
    /// The e-mail that tells of it; it may be gone.
    pub mail_id: Option<MailId>,
}

impl NotificationRow {
    /// What it is about; none when it speaks of several.
    pub fn about(&self) -> Option<About> {
        let approval = || self.approval_id.map(About::Approval);
        self.exception_id.map(About::Exception).or_else(approval)
    }

    /// In words.
    pub fn sentence(&self) -> String {
        if self.n == 1 {
            return self.text.clone();
        }
        let more = if self.kind.is_of_time() { "more " } else { "" };
        format!(
            "{} {more}{}, the latest: {}",
            grouped(self.n),
            self.kind.of_many(),
            self.text
        )
    }

    /// Where it leads.
    pub fn href(&self) -> String {
        match self.about() {
            Some(About::Exception(id)) => format!("/exceptions/{id}"),
            Some(About::Approval(id)) => format!("/approvals/{id}"),
            Some(About::SignIn) | None => self.kind.queue(self.member_id),
        }
    }
}

/// An exception in a few words: code, meaning, party.
pub fn brief(row: &ExceptionRow) -> String {
    let meaning = words::meaning(row.kind, row.code.as_deref(), row.reason.as_deref());
    let named = match &row.code {
        Some(code) => format!("{code} {meaning}"),
        None => meaning.into_owned(),
    };
    if row.party.is_empty() {
        named
    } else {
        format!("{named}, {}", row.party)
    }
}

/// Whether the clock has still something to say of it: while it waits for somebody outside only a clock of the ACH rules
/// has, and that one ends after it began to wait.
pub fn is_timed(row: &ExceptionRow) -> bool {
    let stands_still = row.waiting_since.is_some_and(|since| row.due_at < since);
    row.status != Status::Resolved && row.snoozed_until.is_none() && !stands_still
}

/// Whether no more than a quarter of its time is left; what is past is past that too. The clock finds by the same rule
/// what it tells of, in SQL.
pub fn is_running_out(row: &ExceptionRow, now: Ts) -> bool {
    row.due_at.since(now).saturating_mul(4) <= row.due_at.since(row.created_at)
}
