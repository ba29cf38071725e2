//! What a message says, from what is true when it is sent: what was read meanwhile or is settled is left out, what was
//! due soon may be overdue by now, and who has no access any more gets nothing.

use std::collections::BTreeMap;

use super::{
    letter::{Figure, Group, Letter, Line, Said, plain},
    model::{MailKind, MailRow, NEWS},
    queries,
    still::{self, Current},
};
use crate::{
    calendar,
    db::AnyConnection,
    exceptions::{
        self,
        filter::{Filter, Holder, RawFilter, Tab},
    },
    kernel::{
        clock::{Ts, written_day},
        count::{grouped, up_to},
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    members,
    notifications::model::Kind,
};

/// So many lines of each kind; the rest is behind a link.
const LINES: usize = 10;

/// The groups of a digest, the most urgent first.
const ORDER: [Kind; 13] = [
    Kind::Overdue,
    Kind::Escalated,
    Kind::OthersOverdue,
    Kind::DueSoon,
    Kind::OthersDueSoon,
    Kind::Returned,
    Kind::ApprovalAsked,
    Kind::Assigned,
    Kind::TakenOver,
    Kind::GoesOn,
    Kind::Answered,
    Kind::DispatchFailed,
    Kind::ApprovalDecided,
];

/// What becomes of a message whose time has come.
#[derive(Clone, Debug)]
pub enum Decided {
    /// It is sent.
    Send(Box<Parcel>),
    /// It is sent then.
    Later(Ts),
    /// It is not sent, and why.
    Not(&'static str),
}

/// A message and its reader.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub name: String,
    pub email: String,
    pub letter: Letter,
}

/// Decides; `site` is the address that links begin with.
///
/// # Errors
/// The database's.
pub fn decide(conn: &mut AnyConnection, row: &MailRow, site: &str, now: Ts) -> AppResult<Decided> {
    let Some(reader) = queries::reader(conn, row.whose())? else {
        return Ok(Decided::Not("Its reader has no access any more."));
    };
    if row.attempts == 0 && now.since(row.next_at) > NEWS {
        return Ok(Decided::Not(
            "It could not be sent for a day, and is no news any more.",
        ));
    }
    let time = queries::digest_time(conn, row.whose())?;
    if row.kind == MailKind::Digest && row.attempts == 0 {
        let calendar = calendar::queries::of(conn, row.business_account_id)?;
        if !time.is_on_working_day(&calendar, now) {
            return Ok(time
                .next(&calendar, now)
                .map_or(Decided::Not("The digest was turned off."), Decided::Later));
        }
    }
    let account = plain(&members::queries::account_name(conn, row.business_account_id)?);
    let told = still::told(conn, row, now)?;
    if told.is_empty() && row.kind != MailKind::Test {
        return Ok(Decided::Not("All of it was read or settled before it was sent."));
    }
    let writing = Writing {
        site,
        account: &account,
        zone: time.zone,
        now,
    };
    let said = match row.kind {
        MailKind::Notice => writing.notice(&told),
        MailKind::Digest => writing.digest(conn, row, told)?,
        MailKind::Security => writing.security(&told),
        MailKind::Test => writing.test(),
    };
    Ok(Decided::Send(Box::new(Parcel {
        name: plain(&reader.name()),
        email: reader.email,
        letter: Letter::of(&said)?,
    })))
}

/// What a kind is called over a group of it, or before what a single one is about.
const fn headline(kind: Kind) -> &'static str {
    match kind {
        Kind::Assigned => "Given to you",
        Kind::TakenOver => "Taken over from you",
        Kind::Returned => "Returned to you",
        Kind::DueSoon => "A quarter of the time left",
        Kind::OthersDueSoon => "A quarter of the time left, not yours",
        Kind::Overdue => "Overdue",
        Kind::OthersOverdue => "Overdue, not yours",
        Kind::Escalated => "Still open long after its due time",
        Kind::DispatchFailed => "Not handed over",
        Kind::Answered => "Answered from outside",
        Kind::GoesOn => "Does not wait any more",
        Kind::ApprovalAsked => "Waits for your approval",
        Kind::ApprovalDecided => "Your request is decided",
        Kind::Security => "Your sign-in",
    }
}

/// What all letters of one round have in common.
struct Writing<'a> {
    site: &'a str,
    account: &'a str,
    zone: chrono_tz::Tz,
    now: Ts,
}

impl Writing<'_> {
    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    fn line(&self, current: &Current) -> Line {
        Line {
            text: plain(&current.text),
            at: current.at.written_in(self.zone),
            href: self.link(&current.href),
        }
    }

    fn said(&self, subject: String, title: String) -> Said {
        Said {
            subject: plain(&subject),
            title: plain(&title),
            why: format!(
                "Docket sends you this as a member of {}. What you are told of, and how, is yours to choose:",
                self.account
            ),
            settings: self.link("/settings/notifications"),
            ..Said::default()
        }
    }

    fn notice(&self, told: &[Current]) -> Said {
        let title = match told {
            [one] if one.n == 1 && one.what.is_empty() => headline(one.kind).to_owned(),
            [one] if one.n == 1 => format!("{}: {}", headline(one.kind), one.what),
            [one, ..] => {
                let n: i64 = told.iter().map(|t| t.n).sum();
                format!("{} {}", grouped(n), one.kind.of_many())
            }
            [] => String::new(),
        };
        let mut said = self.said(format!("{title} · {}", self.account), title);
        said.groups = vec![Group::of("", told.iter().map(|t| self.line(t)).collect())];
        said
    }

    fn digest(&self, conn: &mut AnyConnection, row: &MailRow, told: Vec<Current>) -> AppResult<Said> {
        let day = written_day(self.now.day_in(self.zone));
        let subject = format!("Digest of {day} · {}", self.account);
        let mut said = self.said(subject, format!("Your digest of {day}"));
        said.lead = "What you were told since the last one and have not read.".into();
        said.figures = self.figures(conn, row.whose())?;
        let mut kinds: BTreeMap<usize, Vec<Current>> = BTreeMap::new();
        for one in told {
            let place = ORDER.iter().position(|k| *k == one.kind).unwrap_or(ORDER.len());
            kinds.entry(place).or_default().push(one);
        }
        said.groups = kinds
            .into_values()
            .map(|of_kind| self.of_kind(&of_kind, row.member_id))
            .collect();
        Ok(said)
    }

    fn of_kind(&self, told: &[Current], reader: TeamMemberId) -> Group {
        let kind = told.first().map_or(Kind::Assigned, |t| t.kind);
        let lines = told.iter().rev().take(LINES).map(|t| self.line(t)).collect();
        let mut group = Group::of(headline(kind), lines);
        if told.len() > LINES {
            group.more = format!("And {} more", grouped(told.len() - LINES));
            group.href = self.link(&kind.queue(reader));
        }
        group
    }

    /// How its reader's desk stands now, each number as the list behind it has it.
    fn figures(
        &self,
        conn: &mut AnyConnection,
        (account, me): (BusinessAccountId, TeamMemberId),
    ) -> AppResult<Vec<Figure>> {
        let tabs = [
            ("Overdue", Tab::Overdue),
            ("Due soon", Tab::Soon),
            ("Open", Tab::Open),
        ];
        tabs.into_iter()
            .map(|(label, tab)| {
                let filter = Filter {
                    holder: Some(Holder::Member(me)),
                    ..Filter::of_tab(tab)
                };
                let n = exceptions::queries::count_up_to(conn, account, me, &filter, self.now)?;
                let list = RawFilter {
                    tab: tab.as_str().into(),
                    assignee: me.to_string(),
                    ..RawFilter::default()
                };
                Ok(Figure {
                    label,
                    n: up_to(n),
                    href: self.link(&list.address(&[])),
                })
            })
            .collect()
    }

    fn security(&self, told: &[Current]) -> Said {
        let title = "Your sign-in to Docket".to_owned();
        let mut said = self.said(title.clone(), title);
        said.groups = vec![Group::of("", told.iter().map(|t| self.line(t)).collect())];
        said.advice =
            "If that was you, there is nothing to do. If not, sign in, change your password and sign out \
                       your other sessions under “Profile and sessions”, and tell an Owner or Admin."
                .into();
        said.why = format!(
            "Docket sends this to every member of {} whose sign-in something is done to. It cannot be turned off. Your \
             sessions are here:",
            self.account
        );
        said.settings = self.link("/settings/profile");
        said
    }

    fn test(&self) -> Said {
        let title = "E-mail from Docket arrives".to_owned();
        let mut said = self.said(format!("{title} · {}", self.account), title);
        said.lead = format!(
            "This is the test message that was asked for at {}.",
            self.now.written_in(self.zone)
        );
        said
    }
}
