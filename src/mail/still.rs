//! What a message tells of, as it stands when it is sent: what was read or settled meanwhile is left out, and what was
//! due soon may be overdue by now.

use super::model::MailRow;
use crate::{
    approvals::{self, model::ApprovalState},
    db::AnyConnection,
    exceptions::{self, row::ExceptionRow, words},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::TeamMemberId,
    },
    notifications::{
        self,
        model::{About, ByMail, Choice, Kind, NotificationRow, brief, is_running_out, is_timed},
    },
    web::time::span,
};

/// What a line is about, as it stands now.
pub(super) struct Current {
    pub kind: Kind,
    pub about: Option<About>,
    /// The code and what it means, without names.
    pub what: String,
    pub text: String,
    pub at: Ts,
    pub href: String,
    pub n: i64,
}

/// What it tells of and is still so, each thing once.
pub(super) fn told(conn: &mut AnyConnection, mail: &MailRow, now: Ts) -> AppResult<Vec<Current>> {
    let choices = notifications::queries::choices(conn, mail.whose())?;
    let rows = notifications::queries::of_mail(conn, mail.whose(), mail.id)?;
    let mut told: Vec<Current> = Vec::with_capacity(rows.len());
    for row in rows {
        if row.kind != Kind::Security && (row.read_at.is_some() || is_unwanted(&choices, row.kind)) {
            continue;
        }
        let Some(current) = current(conn, row, mail.member_id, now)? else {
            continue;
        };
        let is_known = |t: &Current| t.about.is_some() && (t.kind, t.about) == (current.kind, current.about);
        told.retain(|t| !is_known(t));
        told.push(current);
    }
    Ok(told)
}

fn is_unwanted(choices: &[Choice], kind: Kind) -> bool {
    choices
        .iter()
        .any(|c| c.kind == kind && (!c.is_wanted || c.mail == ByMail::Never))
}

/// One thing as it stands now; none when it is settled.
fn current(
    conn: &mut AnyConnection,
    row: NotificationRow,
    me: TeamMemberId,
    now: Ts,
) -> AppResult<Option<Current>> {
    let mut current = Current {
        kind: row.kind,
        about: row.about(),
        what: String::new(),
        text: row.sentence(),
        at: row.created_at,
        href: row.href(),
        n: row.n,
    };
    let is_so = match row.about() {
        Some(About::Exception(id)) => match exceptions::queries::find(conn, row.business_account_id, id)? {
            Some(exception) => is_so(&mut current, &exception, me, now),
            None => false,
        },
        Some(About::Approval(id)) if row.kind == Kind::ApprovalAsked => {
            match approvals::queries::get(conn, row.business_account_id, id) {
                Ok(approval) => approval.state == ApprovalState::Waiting,
                Err(AppError::NotFound) => false,
                Err(error) => return Err(error),
            }
        }
        _ => true,
    };
    Ok(is_so.then_some(current))
}

fn is_so(current: &mut Current, exception: &ExceptionRow, me: TeamMemberId, now: Ts) -> bool {
    let meaning = words::meaning(
        exception.kind,
        exception.code.as_deref(),
        exception.reason.as_deref(),
    );
    current.what = match &exception.code {
        Some(code) => format!("{code} {meaning}"),
        None => meaning.into_owned(),
    };
    match current.kind {
        Kind::DueSoon | Kind::OthersDueSoon | Kind::Overdue | Kind::OthersOverdue | Kind::Escalated => {
            // Where the due time was moved on there may be nothing to tell any more.
            if !is_timed(exception) || !is_running_out(exception, now) {
                return false;
            }
            let brief = brief(exception);
            let is_past = exception.due_at <= now;
            current.kind = match (current.kind.when_past(is_past), exception.assignee_id == Some(me)) {
                (Kind::DueSoon, false) => Kind::OthersDueSoon,
                (Kind::Overdue, false) => Kind::OthersOverdue,
                (Kind::OthersDueSoon, true) => Kind::DueSoon,
                (Kind::OthersOverdue, true) => Kind::Overdue,
                (kind, _) => kind,
            };
            current.text = if is_past {
                format!("{brief}: overdue for {}.", span(now.since(exception.due_at)))
            } else {
                format!("{brief}: {} left.", span(exception.due_at.since(now)))
            };
            true
        }
        Kind::Assigned => exception.is_open && exception.assignee_id == Some(me),
        _ => true,
    }
}
