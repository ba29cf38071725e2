//! Slows guessing down without locking the owner out: failed sign-ins are counted by account and address together,
//! and by account and by address alone with wider limits. Counted in the database, so a restart forgives nothing.

use std::{net::IpAddr, time::Duration};

use diesel::prelude::*;

use crate::{
    db::{AnyConnection, Tx, schema::login_guards},
    kernel::{
        clock::Ts,
        crypto::{hex, token_hash},
        error::{AppError, AppResult},
    },
    on_backend,
};

const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Who is counted, and how many failures in a quarter of an hour are too many.
fn subjects(email: &str, address: IpAddr) -> [(String, i64); 3] {
    let account = hex(&token_hash(email))[..32].to_owned();
    [
        (format!("both:{account}:{address}"), 8),
        (format!("account:{account}"), 30),
        (format!("address:{address}"), 60),
    ]
}

/// Refuses when there were too many failures lately.
pub fn check(conn: &mut AnyConnection, email: &str, address: IpAddr, now: Ts) -> AppResult<()> {
    let names = subjects(email, address).map(|(name, _)| name);
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

/// Counts a failure; how many there were for this account and address, this one included.
pub fn count_failure(tx: &mut Tx<'_>, email: &str, address: IpAddr) -> AppResult<i64> {
    let mut here = 0;
    for (i, (subject, limit)) in subjects(email, address).into_iter().enumerate() {
        let before = login_guards::table
            .find(&subject)
            .select((login_guards::failures, login_guards::first_failure_at))
            .first::<(i64, Ts)>(tx.conn)
            .optional()?
            .filter(|(_, first)| tx.now.since(*first) < WINDOW);
        let (failures, first) = before.map_or((1, tx.now), |(n, first)| (n + 1, first));
        let blocked_until = if failures >= limit {
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
                .values((login_guards::subject.eq(&subject), row))
                .on_conflict(login_guards::subject)
                .do_update()
                .set(row)
                .execute(conn)
        })?;
        if i == 0 {
            here = failures;
        }
    }
    Ok(here)
}

/// Forgets the failures of this account at this address: its owner has signed in.
pub fn forgive(tx: &mut Tx<'_>, email: &str, address: IpAddr) -> AppResult<()> {
    let [(both, _), ..] = subjects(email, address);
    diesel::delete(login_guards::table.find(both)).execute(tx.conn)?;
    let stale = tx.now.minus(WINDOW);
    diesel::delete(
        login_guards::table
            .filter(login_guards::first_failure_at.lt(stale))
            .filter(login_guards::blocked_until.lt(stale)),
    )
    .execute(tx.conn)?;
    Ok(())
}
