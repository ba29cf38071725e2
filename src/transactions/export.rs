//! The list as CSV: exactly the transactions that the filters show, page by page.

use actix_web::{HttpResponse, web::Bytes, web::Data};
use futures_util::stream;

use super::{
    TransactionRow,
    filter::{Edge, Filter, RawFilter},
    list::Beside,
    search,
};
use crate::{
    accounts,
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{error::AppResult, id::BusinessAccountId},
    web::{
        budget::Budgets,
        csv::{self, Cell},
        form::Query,
    },
};

const HEADS: [&str; 17] = [
    "id",
    "type",
    "solution",
    "status",
    "amount",
    "currency",
    "from",
    "to",
    "payment reason",
    "trace number",
    "company name",
    "entry description",
    "effective date",
    "settlement date",
    "parent",
    "relation",
    "created",
];

/// `GET /transactions.csv`: of a list that leaves nothing out. A file could not say what it left out, so that of a filter
/// with something wrong in it is refused.
pub async fn export(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let (account, zone, raw) = (who.account(), who.zone(), query.0.renamed());
    accounts::index::refresh(&app, &raw.party).await?;
    let (mut filter, errors) = app
        .db
        .read(move |conn| search::read(conn, account, &raw, zone))
        .await?;
    if !errors.is_empty() {
        return Err(errors.into());
    }
    filter.edge = None;
    let pages = stream::try_unfold((app, Some(filter)), move |(app, filter)| async move {
        let Some(filter) = filter else {
            return AppResult::Ok(None);
        };
        let (bytes, next) = some(&app, account, filter).await?;
        Ok(Some((Bytes::from(bytes), (app, next))))
    });
    Ok(csv::table("transactions.csv").streaming(pages))
}

/// One page, headed at the beginning; and the filter that goes on behind it, when there is more.
async fn some(app: &App, account: BusinessAccountId, filter: Filter) -> AppResult<(Vec<u8>, Option<Filter>)> {
    let asked = filter.clone();
    let (found, beside) = app
        .db
        .read_slow(move |conn| {
            let found = search::list(conn, account, &asked)?;
            let beside = Beside::read(conn, account, &found.rows)?;
            Ok((found, beside))
        })
        .await?;
    let mut bytes = Vec::new();
    if filter.edge.is_none() {
        bytes.extend(csv::row(HEADS.map(csv::text))?);
    }
    for row in &found.rows {
        bytes.extend(line(row, &beside)?);
    }
    let next = found.rows.last().filter(|_| found.has_next).map(|row| Filter {
        edge: Some(Edge {
            value: row.sort_value(filter.sort.by),
            id: row.id,
            backwards: false,
        }),
        ..filter
    });
    Ok((bytes, next))
}

fn line(row: &TransactionRow, beside: &Beside) -> AppResult<Vec<u8>> {
    let day = |day: Option<crate::db::types::Day>| day.map(|d| d.0.to_string()).unwrap_or_default();
    let (from, to) = row.from_and_to();
    let (from, to) = (beside.account(from), beside.account(to));
    let texts = [
        row.id.to_string(),
        row.kind.as_str().to_owned(),
        row.solution.as_str().to_owned(),
        row.status.as_str().to_owned(),
        row.money().plain(),
        row.currency.code().to_owned(),
        from,
        to,
        beside.reason(&row.payment_reason),
        row.trace_number.clone().unwrap_or_default(),
        row.company_name.clone().unwrap_or_default(),
        row.entry_description.clone().unwrap_or_default(),
        day(row.effective_date),
        day(row.settlement_date),
        row.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        row.relation.map(|r| r.as_str().to_owned()).unwrap_or_default(),
        row.created_at.rfc3339(),
    ];
    let cells: Vec<Cell<'_>> = texts.iter().map(|t| csv::text(t)).collect();
    csv::row(cells)
}
