//! The result as CSV: one line for each item.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use futures_util::stream;

use super::queries;
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{
        error::AppResult,
        id::{BulkId, noun},
    },
    web::{budget::Budgets, csv, form::PathId},
};

/// Lines of one read.
const LINES: i64 = 2_000;

/// `GET /bulk/{id}/result.csv`
pub async fn csv(app: Data<App>, who: May<Read>, id: PathId<noun::Bulk>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let (account, id) = (who.account(), id.0);
    app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let pages = stream::try_unfold((app, Some(0)), move |(app, after)| async move {
        let Some(after) = after else {
            return AppResult::Ok(None);
        };
        let (bytes, next) = lines(&app, id, after).await?;
        Ok(Some((Bytes::from(bytes), (app, next))))
    });
    Ok(csv::table("bulk-result.csv").streaming(pages))
}

async fn lines(app: &App, id: BulkId, after: i64) -> AppResult<(Vec<u8>, Option<i64>)> {
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
        ];
        bytes.extend(csv::row(heads.map(csv::text))?);
    }
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
        ])?);
    }
    Ok((bytes, next))
}
