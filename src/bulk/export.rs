//! The result as CSV: one line for each item.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use futures_util::stream;

use super::{model::BulkRow, queries};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{clock::Ts, error::AppResult, id::noun},
    web::{budget::Budgets, csv, form::PathId},
};

/// Lines of one read.
const LINES: i64 = 2_000;

/// `GET /bulk/{id}/result.csv`
pub async fn csv(app: Data<App>, who: May<Read>, id: PathId<noun::Bulk>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let pages = stream::try_unfold((app, row, Some(0)), move |(app, row, after)| async move {
        let Some(after) = after else {
            return AppResult::Ok(None);
        };
        let (bytes, next) = lines(&app, &row, after).await?;
        Ok(Some((Bytes::from(bytes), (app, row, next))))
    });
    Ok(csv::table("bulk-result.csv").streaming(pages))
}

async fn lines(app: &App, bulk: &BulkRow, after: i64) -> AppResult<(Vec<u8>, Option<i64>)> {
    let id = bulk.id;
    let items = app
        .db
        .read_slow(move |conn| queries::list_items(conn, id, None, after, LINES))
        .await?;
    let next = (i64::try_from(items.len()) == Ok(LINES))
        .then(|| items.last().map(|(item, _)| item.position))
        .flatten();
    let mut bytes = Vec::new();
    if after == 0 {
        let heads = [
            "position",
            "exception",
            "code",
            "party",
            "amount",
            "currency",
            "outcome",
            "what",
            "by",
            "started_at",
        ];
        bytes.extend(csv::row(heads.map(csv::text))?);
    }
    let started = bulk.started_at.map(Ts::rfc3339).unwrap_or_default();
    for (item, row) in &items {
        let id = row.id.to_string();
        bytes.extend(csv::row([
            csv::number(item.position),
            csv::text(&id),
            csv::text(row.code.as_deref().unwrap_or_default()),
            csv::text(&row.party),
            row.money().map_or_else(csv::nothing, csv::amount),
            csv::text(row.currency.as_deref().unwrap_or_default()),
            csv::text(item.outcome.as_str()),
            csv::text(&item.sentence),
            csv::text(&bulk.created_by_name),
            csv::text(&started),
        ])?);
    }
    Ok((bytes, next))
}
