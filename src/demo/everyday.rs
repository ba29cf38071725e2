//! What the first team does with its tools from day to day: saved queues, exceptions put aside, two that belong
//! together, one handed to somebody outside, a connector that waits to be enabled. By the commands that people use;
//! nothing is called. With fewer exceptions than that takes, less of it is there.

use super::{
    people::{People, said},
    team::OFFICES,
};
use crate::{
    auth::actor::Actor,
    db::Tx,
    dispatch::{
        commands::dispatch,
        connector::{Typed, Wanted},
        connector_commands,
        model::{Handover, Target},
    },
    exceptions::{
        filter::RawFilter,
        links::{LinkKind, link},
        queries,
        row::ExceptionRow,
        snooze::{snooze, until},
    },
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult},
        text::{Reason, Title},
    },
    queues::commands::save,
};

/// By whom, the name, the filter, and whether everybody sees it. No day stands in a filter: it would be past soon.
const QUEUES: [(&str, &str, &str, bool); 2] = [
    (
        "manager@demo.test",
        "Large returns nobody has",
        "tab=unassigned&type=ACH_RETURN&amount_from=1000&sort=-amount",
        true,
    ),
    (
        "clerk@demo.test",
        "NOCs, the soonest due first",
        "tab=open&type=ACH_NOC&sort=due",
        false,
    ),
];

/// By whom, the queue of which the first is put aside, for how long, and why.
const PUT_ASIDE: [(&str, &str, &str, &str); 2] = [
    (
        "manager@demo.test",
        "tab=unassigned&status=NEW&type=ACH_RETURN&sort=-due",
        "MONDAY",
        "The bank sends a corrected file at the beginning of the week",
    ),
    (
        "finance@demo.test",
        "tab=unassigned&status=NEW&type=ACH_NOC&sort=-due",
        "WEEK",
        "The receiver confirms the new account within a week",
    ),
];

/// Whom the clerk asks outside, by the name of their queue.
const OUTSIDE: &str = "Bank operations";

/// An address that cannot be called, of a name that there never is; the connector is disabled too.
const TICKETS: &str = "https://tickets.harbor-lane.example/docket";

/// Among so many of the open exceptions two are looked for that belong together.
const LOOKED_AT: usize = 200;

/// Does what the first team does every day.
pub(super) fn live(tx: &mut Tx<'_>, vault: &Vault) -> AppResult<()> {
    let people = People::of_first_office(tx)?;
    for (email, name, query, is_shared) in QUEUES {
        let name = said(Title::parse(name))?;
        save(tx, &people.as_actor(email)?, &name, query, is_shared)?;
    }
    for (email, query, length, reason) in PUT_ASIDE {
        put_aside(tx, &people.as_actor(email)?, query, length, reason)?;
    }
    let clerk = people.as_actor("clerk@demo.test")?;
    link_two(tx, &clerk)?;
    hand_over(tx, &clerk)?;
    connect(tx, vault, &people.as_actor("owner@demo.test")?)
}

/// The first of a queue, as its page lists them to `actor`.
pub(super) fn listed(
    tx: &mut Tx<'_>,
    actor: &Actor,
    query: &str,
    most: usize,
) -> AppResult<Vec<ExceptionRow>> {
    let me = actor.member().ok_or(AppError::NotFound)?;
    let filter = RawFilter::read(query).parse(OFFICES[0].zone).0;
    queries::rows(tx.conn, actor.business_account, me, &filter, tx.now, most)
}

fn put_aside(tx: &mut Tx<'_>, actor: &Actor, query: &str, length: &str, reason: &str) -> AppResult<()> {
    let until = said(until(length, "", tx.now, OFFICES[0].zone))?;
    let reason = said(Reason::parse(reason))?;
    for row in listed(tx, actor, query, 1)? {
        snooze(tx, actor, row.id, until, &reason, Some(row.version))?;
    }
    Ok(())
}

/// Two exceptions of one party's account have to do with each other.
fn link_two(tx: &mut Tx<'_>, clerk: &Actor) -> AppResult<()> {
    let open = listed(tx, clerk, "tab=open", LOOKED_AT)?;
    let belong = |one: &ExceptionRow, other: &ExceptionRow| {
        !one.account_tail.is_empty() && one.account_tail == other.account_tail && one.party == other.party
    };
    let pair = open.iter().enumerate().find_map(|(at, one)| {
        let other = open.iter().skip(at + 1).find(|other| belong(one, other))?;
        Some((one.id, other.id))
    });
    if let Some((one, other)) = pair {
        link(tx, clerk, one, other, LinkKind::Related)?;
    }
    Ok(())
}

/// The largest break that nobody has goes to somebody outside, who is told by hand.
fn hand_over(tx: &mut Tx<'_>, clerk: &Actor) -> AppResult<()> {
    let wanted = Handover {
        target: Target::Manual,
        queue: OUTSIDE.into(),
    };
    let query = "tab=unassigned&status=NEW&type=RECONCILIATION&sort=-amount";
    for row in listed(tx, clerk, query, 1)? {
        dispatch(tx, clerk, row.id, &wanted, Some(row.version))?;
    }
    Ok(())
}

/// A connector to look at: nothing can be handed to it before somebody gives it an address of theirs and enables it.
fn connect(tx: &mut Tx<'_>, vault: &Vault, owner: &Actor) -> AppResult<()> {
    let typed = Typed {
        url: TICKETS.into(),
        ..Typed::default()
    };
    let wanted = Wanted::parse(Target::Webhook, &typed, None, false)?;
    let (row, _) = connector_commands::add(tx, vault, owner, &wanted)?;
    connector_commands::set_enabled(tx, owner, row.id, Some(row.version), false)?;
    Ok(())
}
