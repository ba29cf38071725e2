//! Sends what is due. A node takes a few messages under a lease, sends them side by side, and notes what came of each.
//! When it stops in the middle the lease runs out and they are sent again, with the same Message-ID.

use std::time::Duration;

use futures_util::future::join_all;

use super::{
    content::{self, Decided, Parcel},
    model::{KEPT, MailRow, MailState},
    queries,
    server::{Server, TIMEOUT, Verdict},
};
use crate::{
    app::App,
    db::{Scope, Tx},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::BusinessAccountId,
    },
    webhooks::model::{PATIENCE, backoff},
};

/// A node that has not noted what came of a message for so long has stopped. Far longer than one may take.
const LEASE: Duration = Duration::from_mins(2);
const _: () = assert!(LEASE.as_secs() > 3 * TIMEOUT.as_secs());

/// Messages of a round: so many connections at once.
const ROUND: i64 = 4;

/// Old messages that are taken away at a time.
const OLD: i64 = 500;

/// The business accounts with something to be sent; none while there is no server, or this node leaves it alone.
pub async fn due(app: &App) -> AppResult<Vec<BusinessAccountId>> {
    let now = app.clock.now();
    match &app.mail {
        Some(server) if !server.rests(now) => app.db.read(move |conn| queries::due(conn, now)).await,
        _ => Ok(Vec::new()),
    }
}

/// Takes away what is old.
pub async fn forget(app: &App) -> AppResult<()> {
    let until = app.clock.now().minus(KEPT);
    app.db
        .write(Scope::Global, move |tx| queries::forget(tx.conn, until, OLD))
        .await
        .map(|_| ())
}

/// Sends what a business account has to be sent, until nothing is left or the server is away.
pub async fn run(app: &App, account: BusinessAccountId) {
    let Some(server) = app.mail.clone() else { return };
    let sent = async {
        while let Some(taken) = take(app, account).await? {
            if !round(app, &server, account, taken).await? {
                break;
            }
        }
        Ok::<(), AppError>(())
    };
    if let Err(error) = sent.await {
        // The leases run out, and somebody goes on.
        tracing::warn!(%account, %error, "e-mails wait");
    }
}

type Taken = (MailRow, Box<Parcel>);

/// A message, when it was tried, and what came of it.
type Outcome = (MailRow, Ts, Verdict);

/// Takes a round under a lease, each with what it says; none when nothing is due.
async fn take(app: &App, account: BusinessAccountId) -> AppResult<Option<Vec<Taken>>> {
    let site = app.public_url().trim_end_matches('/').to_owned();
    app.db
        .write(account, move |tx| {
            let ready = queries::ready(tx.conn, account, tx.now, ROUND)?;
            if ready.is_empty() {
                return Ok(None);
            }
            let mut taken = Vec::with_capacity(ready.len());
            for mut row in ready {
                match content::decide(tx.conn, &row, &site, tx.now)? {
                    Decided::Send(parcel) => {
                        row.attempts += 1;
                        row.lease_until = Some(tx.now.plus(LEASE));
                        queries::update(tx.conn, &row)?;
                        taken.push((row, parcel));
                    }
                    Decided::Later(at) => {
                        row.next_at = at;
                        queries::update(tx.conn, &row)?;
                    }
                    Decided::Not(why) => {
                        row.drop_it(why);
                        queries::update(tx.conn, &row)?;
                    }
                }
            }
            Ok(Some(taken))
        })
        .await
}

/// Sends a round and notes what came of it; false when the server is away.
async fn round(app: &App, server: &Server, account: BusinessAccountId, taken: Vec<Taken>) -> AppResult<bool> {
    let sends = taken.into_iter().map(|(row, parcel)| async move {
        let at = app.clock.now();
        let verdict = server.send(row.id, &parcel, at).await;
        let outcome = (row, at, verdict);
        // At once: others of the round may take their time, and what is not noted is sent again when this node stops.
        if matches!(outcome.2, Verdict::Sent(_))
            && let Err(error) = note_all(app, account, vec![outcome.clone()]).await
        {
            tracing::warn!(mail = %outcome.0.id, %error, "an e-mail was taken, and that is not noted yet");
        }
        outcome
    });
    let outcomes = join_all(sends).await;
    let is_away = outcomes.iter().any(|(.., v)| matches!(v, Verdict::Away(_)))
        && !outcomes.iter().any(|(.., v)| matches!(v, Verdict::Sent(_)));
    if !outcomes.is_empty() {
        server.note(is_away, app.clock.now());
    }
    for (row, _, verdict) in &outcomes {
        if let Verdict::Refused(why) | Verdict::Away(why) = verdict {
            tracing::warn!(mail = %row.id, why, "an e-mail was not taken");
        }
    }
    note_all(app, account, outcomes).await?;
    Ok(!is_away)
}

/// Notes what came of attempts; what was noted already stays as it is.
async fn note_all(app: &App, account: BusinessAccountId, outcomes: Vec<Outcome>) -> AppResult<()> {
    app.db
        .write(account, move |tx| {
            outcomes
                .iter()
                .try_for_each(|(row, at, verdict)| note(tx, row, *at, verdict))
        })
        .await
}

/// Notes what came of an attempt.
fn note(tx: &mut Tx<'_>, sent: &MailRow, at: Ts, verdict: &Verdict) -> AppResult<()> {
    // As it is now: a node that lost its lease may have been overtaken.
    let Some(mut row) = queries::find(tx.conn, sent.business_account_id, sent.id)? else {
        return Ok(());
    };
    if row.state != MailState::Waiting {
        return Ok(());
    }
    row.lease_until = None;
    match verdict {
        Verdict::Sent(said) => {
            row.state = MailState::Sent;
            row.sent_at = Some(tx.now);
            row.failing_since = None;
            row.last_outcome.clone_from(said);
        }
        Verdict::Refused(why) => {
            row.state = MailState::Failed;
            row.last_outcome.clone_from(why);
        }
        Verdict::Again(why) | Verdict::Away(why) => {
            let since = *row.failing_since.get_or_insert(at);
            row.next_at = tx.now.plus(backoff(row.attempts));
            row.last_outcome.clone_from(why);
            if tx.now.since(since) >= PATIENCE {
                row.state = MailState::Failed;
                row.last_outcome = format!("{why} Given up after three days.");
            }
        }
    }
    queries::update(tx.conn, &row)
}
