//! Slows guessing down without locking the owner out: failed passwords are counted by account and address together,
//! and by account and by address alone with wider limits; in a browser that its owner has used before, by that
//! browser alone. Counted in the database, so a restart forgives nothing.

use std::{net::IpAddr, time::Duration};

use actix_web::HttpRequest;
use diesel::prelude::*;

use super::device;
use crate::{
    app::App,
    db::{AnyConnection, Tx, schema::login_guards},
    kernel::{
        clock::Ts,
        crypto::{hex, token_hash},
        error::{AppError, AppResult},
    },
    on_backend,
    web::visit::Visit,
};

/// Failures are counted for so long.
pub const WINDOW: Duration = Duration::from_mins(15);

/// One try of a password: under which names its failure is counted, and how many failures in a quarter of an hour are
/// too many for each. The first is the narrowest.
#[derive(Clone, Debug)]
pub struct Attempt {
    subjects: Vec<(String, i64)>,
}

impl Attempt {
    /// A try for `email` that comes with `request`. Whether there is such a person makes no difference.
    pub fn of(request: &HttpRequest, app: &App, email: &str) -> AppResult<Self> {
        let visit = Visit::get(request).ok_or(AppError::LoginRequired)?;
        let device = device::known(request, &app.vault, email);
        Ok(Self::new(email, visit.address, device.as_deref()))
    }

    fn new(email: &str, address: IpAddr, device: Option<&str>) -> Self {
        let account = hex(&token_hash(email))[..32].to_owned();
        let subjects = match device {
            Some(device) => vec![(format!("device:{account}:{device}"), 8)],
            None => vec![
                (format!("both:{account}:{address}"), 8),
                (format!("account:{account}"), 30),
                (format!("address:{address}"), 60),
            ],
        };
        Self { subjects }
    }
}

/// Refuses when there were too many failures lately.
pub fn check(conn: &mut AnyConnection, attempt: &Attempt, now: Ts) -> AppResult<()> {
    let names: Vec<&str> = attempt.subjects.iter().map(|(name, _)| name.as_str()).collect();
    let blocked: Vec<Ts> = login_guards::table
        .filter(login_guards::subject.eq_any(names))
        .filter(login_guards::blocked_until.gt(now))
        .select(login_guards::blocked_until)
        .load(conn)?;
    match blocked.into_iter().max() {
        Some(until) => Err(AppError::TooMany(until.since(now))),
        None => Ok(()),
    }
}

/// Counts a failure; how many there were for the narrowest name, this one included. Refuses when there were too many
/// meanwhile, as [`check`] must be repeated after a success: of many tries at once none tells more than its turn.
pub fn count_failure(tx: &mut Tx<'_>, attempt: &Attempt) -> AppResult<i64> {
    check(tx.conn, attempt, tx.now)?;
    let mut narrowest = None;
    for (subject, limit) in &attempt.subjects {
        let before = login_guards::table
            .find(subject)
            .select((login_guards::failures, login_guards::first_failure_at))
            .first::<(i64, Ts)>(tx.conn)
            .optional()?
            .filter(|(_, first)| tx.now.since(*first) < WINDOW);
        let (failures, first) = before.map_or((1, tx.now), |(n, first)| (n + 1, first));
        let blocked_until = if failures >= *limit {
            tx.now.plus(WINDOW)
        } else {
            Ts::default()
        };
        let row = (
            login_guards::failures.eq(failures),
            login_guards::first_failure_at.eq(first),
            login_guards::blocked_until.eq(blocked_until),
        );
        // An upsert does not go through the connection enum.
        on_backend!(tx.conn, |conn| {
            diesel::insert_into(login_guards::table)
                .values((login_guards::subject.eq(subject), row))
                .on_conflict(login_guards::subject)
                .do_update()
                .set(row)
                .execute(conn)
        })?;
        narrowest.get_or_insert(failures);
    }
    Ok(narrowest.unwrap_or(0))
}

/// How many failures in a row there were lately for `email`: in this browser, from this address, or from anywhere.
pub fn failures(conn: &mut AnyConnection, attempt: &Attempt, email: &str, now: Ts) -> AppResult<i64> {
    let account = hex(&token_hash(email))[..32].to_owned();
    let mut names = vec![format!("account:{account}")];
    names.extend(attempt.subjects.first().map(|(name, _)| name.clone()));
    let counts: Vec<i64> = login_guards::table
        .filter(login_guards::subject.eq_any(names))
        .filter(login_guards::first_failure_at.gt(now.minus(WINDOW)))
        .select(login_guards::failures)
        .load(conn)?;
    Ok(counts.into_iter().max().unwrap_or(0))
}

/// Forgets the failures under the narrowest name: the owner has given the password. Refuses as [`check`] does.
pub fn forgive(tx: &mut Tx<'_>, attempt: &Attempt) -> AppResult<()> {
    check(tx.conn, attempt, tx.now)?;
    if let Some((narrowest, _)) = attempt.subjects.first() {
        diesel::delete(login_guards::table.find(narrowest)).execute(tx.conn)?;
    }
    let stale = tx.now.minus(WINDOW);
    diesel::delete(
        login_guards::table
            .filter(login_guards::first_failure_at.lt(stale))
            .filter(login_guards::blocked_until.lt(stale)),
    )
    .execute(tx.conn)?;
    Ok(())
}
