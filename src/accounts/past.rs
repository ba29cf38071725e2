//! The history of a financial account in words: what was before and after, for which exception, and who agreed.

use chrono_tz::Tz;

use super::{AccountState, Verification, edit::kept_fields};
use crate::{
    approvals::{self, ApprovalRow},
    auth::actor::Actor,
    db::AnyConnection,
    exceptions::resolution::{self, ResolutionRow},
    history::{self, Event, EventKind},
    kernel::{clock::Ts, error::AppResult, id::FinancialAccountId},
    reviews::{blind, model::Reader},
    web::{
        time,
        ui::{Entry, Link},
    },
};

/// So many events are shown, the newest.
const EVENTS: i64 = 100;

/// What happened to an account, with what led to it.
pub struct Past {
    events: Vec<Event>,
    resolutions: Vec<ResolutionRow>,
    approvals: Vec<ApprovalRow>,
}

/// One line of it.
pub struct Deed {
    pub entry: Entry,
    /// Label, before, after.
    pub changes: Vec<(String, String, String)>,
    /// Who agreed, in words, or empty.
    pub agreed: String,
    pub links: Vec<Link>,
}

impl Past {
    /// Reads it, without what a resolution did that a blind review hides from `actor`.
    pub fn read(conn: &mut AnyConnection, actor: &Actor, id: FinancialAccountId) -> AppResult<Self> {
        let account = actor.business_account;
        let events = history::queries::list_of(conn, account, id.uuid(), EVENTS)?;
        let mut resolutions = resolution::that_changed(conn, account, id)?;
        let hidden = blind::hidden_among(conn, actor, &resolutions)?;
        resolutions.retain(|r| !hidden.contains(&r.id));
        Ok(Self {
            events: blind::without_effects(conn, account, Reader::Person(actor), events)?,
            resolutions,
            approvals: approvals::queries::approved_about(conn, account, &[id.uuid()])?,
        })
    }

    /// As lines; notes have a place of their own.
    pub fn lines(&self, now: Ts, zone: Tz) -> Vec<Deed> {
        let shown = self.events.iter().filter(|e| e.kind != EventKind::Note);
        shown.map(|e| self.line(e, now, zone)).collect()
    }

    fn line(&self, event: &Event, now: Ts, zone: Tz) -> Deed {
        let (icon, what) = match event.kind {
            EventKind::Create => ("plus", "added it"),
            EventKind::Edit => ("pencil", "changed it"),
            EventKind::Approval => ("stamp", ""),
            EventKind::Reveal => ("eye", "looked at the whole number"),
            _ => ("arrow-right", "changed its state"),
        };
        // A change, its resolution and its approval are of one transaction, and so of one moment.
        let changes = matches!(event.kind, EventKind::Edit | EventKind::StatusChange);
        let resolution = self
            .resolutions
            .iter()
            .find(|r| r.resolved_at == event.created_at);
        let approval = self
            .approvals
            .iter()
            .find(|a| a.decided_at == Some(event.created_at));
        let (resolution, approval) = (resolution.filter(|_| changes), approval.filter(|_| changes));
        let for_exception = resolution.map(|r| Link {
            href: format!("/exceptions/{}", r.exception_id),
            label: "Open the exception".into(),
        });
        let by_approval = approval.map(|a| Link {
            href: format!("/approvals/{}", a.id),
            label: "Open the approval".into(),
        });
        Deed {
            changes: before_and_after(event),
            agreed: approval.map(ApprovalRow::agreed).unwrap_or_default(),
            links: for_exception.into_iter().chain(by_approval).collect(),
            entry: Entry {
                icon,
                who: event.actor_name.clone(),
                what: what.into(),
                at: time::stamp(event.created_at, now, zone),
                text: Some(event.description.clone()),
            },
        }
    }
}

fn before_and_after(event: &Event) -> Vec<(String, String, String)> {
    let (was, is) = (event.previous.as_str(), event.new.as_str());
    let state = AccountState::parse(was).zip(AccountState::parse(is));
    if let (EventKind::StatusChange, Some((was, is))) = (event.kind, state) {
        return vec![("State".into(), was.label().into(), is.label().into())];
    }
    match (event.kind, Verification::parse(was).zip(Verification::parse(is))) {
        (EventKind::Edit, Some((was, is))) => {
            vec![("Verification".into(), was.label().into(), is.label().into())]
        }
        (EventKind::Edit, None) => kept_fields(was, is),
        _ => Vec::new(),
    }
}
