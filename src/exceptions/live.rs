//! What changes while a page is open, as server-sent events: the counts of tabs and saved queues, how many the list
//! has, who else has the exception open and whether it was changed. A page is whole without them.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::{
    presence::{Presence, sentence},
    queries,
    queue::Desk,
    queue_words::tab_total,
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    db::memo::Memo,
    kernel::{
        error::{AppError, AppResult},
        id::ExceptionId,
    },
    notifications::{self, queries::Unread},
    queues::{
        beside::{Asking, Totals, beside},
        model::{address, canonical},
    },
    web::form::Query,
};

/// The address.
pub const PATH: &str = "/live";

/// How often is looked.
const EVERY: Duration = Duration::from_secs(3);

/// So many looks, then the browser asks anew: rights and session are seen to at least once a minute.
const LOOKS: usize = 20;

/// What the browser wants to know of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Watched {
    /// The filter of the list that is shown.
    list: Option<String>,
    /// The exception that is shown.
    exception: String,
    /// Anything: goes on after the first answer.
    stay: String,
}

/// One event.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Told {
    /// Each tab's address and count.
    tabs: Vec<(String, String)>,
    /// Each saved queue's address and count.
    saved: Vec<(String, String)>,
    /// How many the list has.
    total: Option<String>,
    version: Option<i64>,
    /// Who else has it open, in words.
    others: Option<String>,
    /// How many notifications are unread, as the bell shows it.
    unread: String,
}

/// Who watches what.
struct Watching {
    app: Data<App>,
    asking: Asking,
    name: String,
    list: Option<String>,
    exception: Option<ExceptionId>,
}

/// `GET /live?list=…` or `GET /live?exception=…`
pub async fn events(app: Data<App>, who: May<Read>, query: Query<Watched>) -> AppResult<HttpResponse> {
    let Query(watched) = query;
    let looks = if watched.stay.is_empty() { 1 } else { LOOKS };
    let mut watching = Watching {
        asking: Asking::of(&who, app.db.moment()),
        app,
        name: who.who.actor.name.clone(),
        list: watched.list.as_deref().map(canonical),
        exception: watched.exception.parse().ok(),
    };
    // What is nowhere is told before anything is sent.
    let first = watching.look().await?;
    let begun = (watching, looks, event(&first)?, first);
    let events = stream::try_unfold(begun, |(mut watching, left, mut next, mut last)| async move {
        if left == 0 {
            return AppResult::Ok(None);
        }
        if next.is_empty() {
            actix_web::rt::time::sleep(EVERY).await;
            let told = watching.look().await?;
            next = if told == last {
                // Finds out whether the browser has gone away.
                ":\n\n".to_owned()
            } else {
                event(&told)?
            };
            last = told;
        }
        let sent = Bytes::from(next);
        Ok(Some((sent, (watching, left - 1, String::new(), last))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        // Compressed, the events would wait for each other.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(Box::pin(events)))
}

fn event(told: &Told) -> AppResult<String> {
    let json = serde_json::to_string(told).map_err(|e| AppError::Internal(format!("event: {e}")))?;
    Ok(format!("retry: 5000\ndata: {json}\n\n"))
}

impl Watching {
    async fn look(&mut self) -> AppResult<Told> {
        self.asking.moment = self.app.db.moment();
        let (asking, app, list, exception) =
            (self.asking, self.app.clone(), self.list.clone(), self.exception);
        let mut told = self
            .app
            .db
            .read(move |conn| {
                let (account, moment) = (asking.account, asking.moment);
                let whose = (account, asking.me);
                let unreads: Unread = app.memos.of();
                let unread = unreads.get(whose, moment, || {
                    notifications::queries::count_unread(conn, whose)
                })?;
                let unread = notifications::centre::written(*unread);
                if let Some(id) = exception {
                    let version = queries::get(conn, account, id)?.version;
                    return Ok(Told {
                        version: Some(version),
                        unread,
                        ..Told::default()
                    });
                }
                let (desks, totals): (Memo<Desk>, Totals) = (app.memos.of(), app.memos.of());
                let desk = desks.get(account, moment, || Desk::read(conn, account, moment.now()))?;
                let counts = desk.counts_of(conn, account, asking.me)?;
                let saved = beside(conn, &totals, &asking, &desk.saved, &counts)?;
                let total = match &list {
                    Some(query) => Some(asking.total(conn, &totals, query, &counts)?),
                    None => None,
                };
                Ok(Told {
                    tabs: super::filter::Tab::ALL
                        .iter()
                        .map(|tab| (format!("/exceptions?tab={tab}"), tab_total(*tab, &counts)))
                        .collect(),
                    saved: saved
                        .iter()
                        .map(|b| (address(&b.query), b.count.as_str().to_owned()))
                        .collect(),
                    total: total.map(|t| t.as_str().to_owned()),
                    unread,
                    ..Told::default()
                })
            })
            .await?;
        told.others = exception.map(|id| {
            let now = self.asking.moment.now();
            sentence(
                &self
                    .app
                    .memos
                    .of::<Presence>()
                    .visit(id, self.asking.me, &self.name, now),
            )
        });
        Ok(told)
    }
}
