//! Sends what waits. A node takes a few hand-overs under a lease, sends them side by side, and notes what came of each.
//! When it stops in the middle the lease runs out and they are sent again, with the same key and the same bytes.

use std::time::Duration;

use futures_util::future::join_all;

use super::{
    call::{Pass, unanswered},
    connector::ConnectorRow,
    connector_queries,
    content::Content,
    jira,
    model::{DispatchRow, DispatchState, Target},
    outcome::{self, Outcome, Verdict},
    queries, servicenow, webhook,
};
use crate::{
    app::App,
    db::Tx,
    exceptions,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ConnectorId},
    },
    outbound::{Failure, Question, Reply, TIMEOUT},
};

/// A node that has not noted what came of a call for so long has stopped. Far longer than a call may take.
const LEASE: Duration = Duration::from_secs(30);
const _: () = assert!(LEASE.as_secs() > 3 * TIMEOUT.as_secs());

/// Hand-overs of a round.
const ROUND: i64 = 8;

/// The connectors with something to be sent.
pub async fn due(app: &App) -> AppResult<Vec<(BusinessAccountId, ConnectorId)>> {
    let now = app.clock.now();
    app.db.read(move |conn| queries::due(conn, now)).await
}

/// Sends what a connector has to be sent, until nothing is left to be sent now.
pub async fn run(app: &App, account: BusinessAccountId, id: ConnectorId) {
    let served = async {
        while let Some((connector, taken)) = take(app, account, id).await? {
            let outcomes = send(app, &connector, taken).await?;
            app.db
                .write(account, move |tx| {
                    outcomes.iter().try_for_each(|outcome| outcome::note(tx, outcome))
                })
                .await?;
        }
        Ok::<(), AppError>(())
    };
    if let Err(error) = served.await {
        // The leases run out, and somebody goes on.
        tracing::warn!(connector = %id, %error, "dispatches wait");
    }
}

/// Takes a round under a lease; none when there is nothing to be sent.
async fn take(
    app: &App,
    account: BusinessAccountId,
    id: ConnectorId,
) -> AppResult<Option<(ConnectorRow, Vec<DispatchRow>)>> {
    let site = app.public_url();
    app.db
        .write(account, move |tx| {
            let connector = match connector_queries::get(tx.conn, account, id) {
                Ok(connector) if connector.is_enabled => connector,
                Ok(_) | Err(AppError::NotFound) => return Ok(None),
                Err(error) => return Err(error),
            };
            let mut taken = queries::ready(tx.conn, account, connector.target, tx.now, ROUND)?;
            for row in &mut taken {
                row.attempts += 1;
                row.lease_until = Some(tx.now.plus(LEASE));
                if row.body.is_empty() {
                    row.body = body(tx, &connector, row, &site)?;
                }
                queries::update(tx.conn, row)?;
            }
            Ok((!taken.is_empty()).then_some((connector, taken)))
        })
        .await
}

/// What is sent: made at the first attempt, and kept.
fn body(tx: &mut Tx<'_>, to: &ConnectorRow, row: &DispatchRow, site: &str) -> AppResult<String> {
    let exception = exceptions::queries::get(tx.conn, row.business_account_id, row.exception_id)?;
    let content = Content::of(&exception, row, site);
    Ok(match to.target {
        Target::Jira => jira::issue(to, &content, tx.now),
        Target::ServiceNow => servicenow::incident(&content, tx.now),
        Target::Webhook | Target::Manual => webhook::envelope(&content),
    })
}

async fn send(app: &App, to: &ConnectorRow, taken: Vec<DispatchRow>) -> AppResult<Vec<Outcome>> {
    let (pass, now) = (Pass::of(to, &app.vault)?, app.clock.now());
    let secrets = to.secrets(&app.vault, now)?;
    let calls = taken.into_iter().map(|row| {
        let (pass, secrets) = (&pass, &secrets);
        async move {
            let asked = question(to, pass, secrets, &row, now)?;
            let answer = app.outbound.ask(asked).await?;
            let status = answer.as_ref().ok().map(|reply| i64::from(reply.status));
            Ok(Outcome {
                verdict: verdict(to, pass, answer),
                dispatch: row,
                at: now,
                status,
            })
        }
    });
    join_all(calls).await.into_iter().collect()
}

fn question(
    to: &ConnectorRow,
    pass: &Pass,
    secrets: &[String],
    row: &DispatchRow,
    now: Ts,
) -> AppResult<Question> {
    let key = row.id.to_string();
    let url = match to.target {
        Target::Jira => jira::issues(&to.url),
        Target::ServiceNow => servicenow::incidents(&to.url),
        Target::Webhook | Target::Manual => {
            let mut asked = webhook::message(&to.url, secrets, &key, now.seconds(), row.body.clone())?;
            asked.headers.push(("idempotency-key", key));
            return Ok(asked);
        }
    };
    Ok(pass.question(url, Some(row.body.clone()), vec![("idempotency-key", key)]))
}

/// What an answer means: it is there, it may go better later, or it never will.
fn verdict(to: &ConnectorRow, pass: &Pass, answer: Result<Reply, Failure>) -> Verdict {
    let reply = match answer {
        Ok(reply) => reply,
        Err(Failure::Refused) => return Verdict::Failed(unanswered(Failure::Refused)),
        Err(failure) => return Verdict::Again(unanswered(failure), None),
    };
    let made = || match to.target {
        Target::Jira => jira::made(&to.url, &reply.text),
        Target::ServiceNow => servicenow::made(&to.url, &reply.text),
        Target::Webhook | Target::Manual => Some(webhook::made(&reply.text)),
    };
    match reply.status {
        200..=299 => made().map_or_else(
            || {
                Verdict::Failed(format!(
                    "It answered {}, but not as {} does: is the address right?",
                    reply.status,
                    to.target.named()
                ))
            },
            |(issue, url)| Verdict::Delivered { issue, url },
        ),
        408 | 425 | 429 | 500..=599 => Verdict::Again(
            format!("It answered {}", pass.said(to.target, &reply)),
            reply.retry_after,
        ),
        _ => Verdict::Failed(format!("It answered {}", pass.said(to.target, &reply))),
    }
}

/// Gives up what waits for a connector that goes.
pub fn give_up(tx: &mut Tx<'_>, account: BusinessAccountId, target: Target, why: &str) -> AppResult<()> {
    for row in queries::waiting(tx.conn, account, target)? {
        debug_assert_eq!(row.state, DispatchState::Waiting);
        outcome::fail(tx, row, why)?;
    }
    Ok(())
}
