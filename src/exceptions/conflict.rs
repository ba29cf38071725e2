//! Somebody changed the exception while a form was open: what it was, what it is, what was wanted, side by side, and
//! three ways on. Nothing that was typed is lost.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use askama::Template;

use super::{
    head::{ExceptionHead, head, titled},
    model::{Severity, Status},
    queries,
    row::ExceptionRow,
    told,
};
use crate::{
    app::App,
    auth::{permission::Permission, principal::May},
    history,
    kernel::{
        error::{AppError, AppResult, Code},
        id::{ExceptionId, TeamMemberId},
    },
    reviews::{blind, model::Reader},
    web::{
        page::{Page, SeeOther},
        shell::{Section, Shell},
        ui::Badge,
    },
};

/// The state that a form was opened on; it travels in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    status: Status,
    severity: Severity,
    holder: Option<TeamMemberId>,
}

impl Seen {
    /// As it is now.
    pub fn of(row: &ExceptionRow) -> Self {
        Self {
            status: row.status,
            severity: row.severity,
            holder: row.assignee_id,
        }
    }

    /// As the form carries it.
    pub fn spelled(self) -> String {
        let holder = self.holder.map(|h| h.to_string()).unwrap_or_default();
        format!("{}/{}/{holder}", self.status, self.severity.as_str())
    }

    /// From the form.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        Some(Self {
            status: Status::parse(parts.next()?)?,
            severity: Severity::parse(parts.next()?)?,
            holder: parts.next()?.parse().ok(),
        })
    }
}

/// What the person wanted.
#[derive(Default)]
pub struct Wish {
    /// The last part of the form's address.
    pub action: &'static str,
    /// What they had before them.
    pub seen: Option<Seen>,
    /// Who would have it.
    pub holder: Option<String>,
    /// The status it would have.
    pub status: Option<&'static str>,
    /// The severity it would have.
    pub severity: Option<Severity>,
    /// What else was chosen or typed, each with its label; what is empty was not.
    pub rest: Vec<(&'static str, String)>,
    /// The form's fields as they were typed.
    pub kept: Vec<(&'static str, String)>,
    /// The text that can become a comment.
    pub comment: String,
}

#[derive(Template)]
#[template(path = "exceptions/conflict.html")]
pub struct ConflictPage {
    shell: Shell,
    heading: String,
    head: ExceptionHead,
    what: String,
    rows: Vec<ConflictRow>,
    action: String,
    kept: Vec<(&'static str, String)>,
    apply_effect: String,
    apply_closed: Option<String>,
    can_comment: bool,
}

struct ConflictRow {
    label: &'static str,
    opened: String,
    now: String,
    yours: String,
    changed: bool,
    wanted: bool,
}

/// What a form's handler answers: on, the form again, or the conflict.
pub enum Outcome<T: Template> {
    /// Done.
    Next(SeeOther),
    /// The form with what is wrong.
    Again(Page<T>),
    /// Somebody changed it meanwhile.
    Conflict(Box<Page<ConflictPage>>),
}

impl<T: Template> Responder for Outcome<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Next(next) => next.respond_to(request),
            Self::Again(page) => page.respond_to(request),
            Self::Conflict(page) => page.respond_to(request),
        }
    }
}

/// The form with what is wrong in it; or, when it is not this person's to send any more, the page for that refusal.
pub async fn again<P: Permission, T: Template>(
    app: &App,
    who: &May<P>,
    id: ExceptionId,
    form: AppResult<T>,
    wish: Wish,
) -> AppResult<Outcome<T>> {
    match form {
        Ok(form) => Ok(Outcome::Again(Page::with_status(form, 422))),
        Err(refusal) => page(app, who, id, refusal, wish).await,
    }
}

/// The page for a refusal that comes from a change meanwhile; every other error goes on as it is.
pub async fn page<P: Permission, T: Template>(
    app: &App,
    who: &May<P>,
    id: ExceptionId,
    refusal: AppError,
    wish: Wish,
) -> AppResult<Outcome<T>> {
    if !matches!(
        refusal.code(),
        Code::Stale | Code::AlreadyTaken | Code::IllegalMove
    ) {
        return Err(refusal);
    }
    let (account, actor) = (who.account(), who.actor());
    let (seen, zone) = (wish.seen, who.own_zone());
    let (row, events, now_holder, opened_holder) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let mut name = |member: Option<TeamMemberId>| match member {
                Some(member) => queries::person(conn, member).map(|(name, _)| name),
                None => Ok("Nobody".to_owned()),
            };
            let (now, opened) = (name(row.assignee_id)?, name(seen.and_then(|s| s.holder))?);
            let events = history::queries::list_of(conn, account, id.uuid(), 1)?;
            let told = blind::veiled(conn, account, Reader::Person(&actor), events)?;
            Ok((row, told, now, opened))
        })
        .await?;
    let last = events.last();
    let by = last.map_or("Somebody", |e| e.actor_name.as_str());
    let heading = format!("{by} changed this meanwhile");
    let opened = seen.unwrap_or_else(|| Seen::of(&row));
    let head = head(who, &row, (app.clock.now(), zone));
    let view = ConflictPage {
        shell: who.shell(app, titled(&heading, &row), Section::Queue),
        heading,
        what: last.map_or_else(String::new, |e| {
            sentence(&e.actor_name, &told::description(e, zone))
        }),
        rows: rows(&row, opened, (&opened_holder, &now_holder), &wish),
        action: head.at(wish.action),
        apply_effect: "What you typed is done on the exception as it is now.".into(),
        apply_closed: (refusal.code() != Code::Stale).then(|| refusal.sentence()),
        can_comment: !wish.comment.is_empty() && row.status.is_open(),
        kept: wish
            .kept
            .into_iter()
            .chain(std::iter::once(("content", wish.comment)))
            .collect(),
        head,
    };
    Ok(Outcome::Conflict(Box::new(Page::with_status(view, 409))))
}

/// Who did what, with one full stop: what was done may be told in sentences of its own.
fn sentence(who: &str, did: &str) -> String {
    let end = if did.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{who} {did}{end}")
}

fn rows(row: &ExceptionRow, opened: Seen, (was, is): (&str, &str), wish: &Wish) -> Vec<ConflictRow> {
    let status = wish.status.map_or_else(|| "unchanged".to_owned(), str::to_owned);
    let holder = wish.holder.clone().unwrap_or_else(|| "unchanged".to_owned());
    let severity = wish.severity.map_or("unchanged", Severity::word);
    let mut rows = vec![
        ConflictRow {
            label: "Status",
            opened: opened.status.word().into(),
            now: row.status.word().into(),
            yours: status,
            changed: opened.status != row.status,
            wanted: wish.status.is_some(),
        },
        ConflictRow {
            label: "Assignee",
            opened: was.into(),
            now: is.into(),
            yours: holder,
            changed: opened.holder != row.assignee_id,
            wanted: wish.holder.is_some(),
        },
        ConflictRow {
            label: "Severity",
            opened: opened.severity.word().into(),
            now: row.severity.word().into(),
            yours: severity.into(),
            changed: opened.severity != row.severity,
            wanted: wish.severity.is_some(),
        },
    ];
    let text = [("Your text", wish.comment.clone())];
    let typed = wish.rest.iter().chain(&text);
    rows.extend(
        typed
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(label, value)| ConflictRow {
                label,
                opened: String::new(),
                now: String::new(),
                yours: value.clone(),
                changed: false,
                wanted: true,
            }),
    );
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_with_one_full_stop() {
        assert_eq!(
            sentence("Ada", "resolved it: No action. Nothing else changes."),
            "Ada resolved it: No action. Nothing else changes."
        );
        assert_eq!(sentence("Ada", "took it"), "Ada took it.");
    }
}
