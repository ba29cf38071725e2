//! A queue as a file: exactly what its filter matches, in its order.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use chrono_tz::Tz;
use futures_util::stream;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{
    filter::{Filter, RawFilter},
    holders,
    queries::{self, QueueItem},
    words,
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, TeamMemberId},
    },
    search,
    web::{budget::Budgets, csv, form::Query},
};

/// Rows of one read.
const ROWS: usize = 2_000;

/// A workbook is made in memory; a larger queue goes out as CSV.
const MOST_IN_WORKBOOK: usize = 100_000;

const HEADS: [&str; 14] = [
    "id", "severity", "status", "type", "code", "meaning", "party", "account", "amount", "currency",
    "assignee", "due", "created", "updated",
];

/// An exception and the name of who has it.
type Row = (QueueItem, String);

/// Whose queue, and which.
#[derive(Clone)]
struct Wanted {
    app: Data<App>,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: Filter,
    /// One moment for the whole file.
    now: Ts,
}

impl Wanted {
    async fn of(app: Data<App>, who: &May<Read>, raw: &RawFilter) -> AppResult<Self> {
        let (filter, errors) = raw.parse(who.zone());
        // A list leaves out what it cannot read and says so; a file could not say it.
        if !errors.is_empty() {
            return Err(errors.into());
        }
        if filter.text.is_some() {
            search::index::WORDS.refresh(&app.db).await?;
        }
        Ok(Self {
            now: app.clock.now(),
            app,
            account: who.account(),
            me: who.who.member,
            filter: filter.whole(),
        })
    }

    /// The next rows; with the edge moved on when there are more.
    async fn next(&mut self) -> AppResult<(Vec<Row>, bool)> {
        let (account, me, filter, now) = (self.account, self.me, self.filter.clone(), self.now);
        let (page, names) = self
            .app
            .db
            .read_slow(move |conn| {
                let page = queries::page_of(conn, account, me, &filter, now, ROWS)?;
                let names = holders::names(conn, &page.items, |_| false)?;
                Ok((page, names))
            })
            .await?;
        page.move_on(&mut self.filter);
        let with_holder = |item| {
            let name = holders::name_of(&item, &names);
            (item, name)
        };
        let rows = page.items.into_iter().map(with_holder).collect();
        Ok((rows, page.has_next))
    }
}

/// `GET /exceptions.csv`
pub async fn csv(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let wanted = Wanted::of(app, &who, &query.0).await?;
    let heads = csv::row(HEADS.map(csv::text))?;
    let pages = stream::try_unfold(Some((wanted, heads)), move |left| async move {
        let Some((mut wanted, mut bytes)) = left else {
            return AppResult::Ok(None);
        };
        let (rows, more) = wanted.next().await?;
        for row in &rows {
            bytes.extend(line(row)?);
        }
        Ok(Some((Bytes::from(bytes), more.then_some((wanted, Vec::new())))))
    });
    Ok(csv::table("exceptions.csv").streaming(pages))
}

fn line(row: &Row) -> AppResult<Vec<u8>> {
    let texts = texts(row);
    csv::row(
        texts
            .iter()
            .zip(HEADS)
            .map(|(text, head)| match (head, row.0.money()) {
                ("amount", Some(money)) => csv::amount(money),
                _ => csv::text(text),
            }),
    )
}

/// The cells as text, in the order of the heads; the amount's is empty here.
fn texts((item, holder): &Row) -> [String; 14] {
    [
        item.id.to_string(),
        item.severity.as_str().to_owned(),
        item.status.as_str().to_owned(),
        item.kind.as_str().to_owned(),
        item.code.clone().unwrap_or_default(),
        words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()).into_owned(),
        item.party.clone(),
        words::masked_account(&item.account_tail),
        String::new(),
        item.currency.map(|c| c.code().to_owned()).unwrap_or_default(),
        holder.clone(),
        super::waiting::written(item.due_at),
        item.created_at.rfc3339(),
        item.updated_at.rfc3339(),
    ]
}

/// `GET /exceptions.xlsx`
pub async fn xlsx(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let zone = who.zone();
    let mut wanted = Wanted::of(app, &who, &query.0).await?;
    let mut rows = Vec::new();
    loop {
        let (page, more) = wanted.next().await?;
        rows.extend(page);
        if rows.len() > MOST_IN_WORKBOOK {
            let why = format!("More than {MOST_IN_WORKBOOK} match: take the CSV, or narrow the filter.");
            return Err(AppError::refused(Code::TooLarge, why));
        }
        if !more {
            break;
        }
    }
    let bytes = actix_web::rt::task::spawn_blocking(move || workbook(&rows, zone))
        .await
        .map_err(|e| AppError::Internal(format!("workbook: {e}")))?
        .map_err(|e| AppError::Internal(format!("workbook: {e}")))?;
    Ok(csv::workbook("exceptions.xlsx").body(bytes))
}

/// A time in a workbook, which knows no zones: its head names the one.
const TIME_FORMAT: &str = "yyyy-mm-dd hh:mm";

/// As wide as the head over a time.
const TIME_WIDTH: f64 = 28.0;

fn is_time(head: &str) -> bool {
    matches!(head, "due" | "created" | "updated")
}

/// The time that a column holds of a row; none when it never comes.
fn time_in(head: &str, item: &QueueItem) -> Option<Ts> {
    let at = match head {
        "due" => item.due_at,
        "created" => item.created_at,
        _ => item.updated_at,
    };
    at.coming()
}

/// What the clocks of `zone` show, as a workbook counts days.
fn date_time(at: Ts, zone: Tz) -> Result<ExcelDateTime, XlsxError> {
    let shown = at.utc().with_timezone(&zone).naive_local();
    ExcelDateTime::from_timestamp(shown.and_utc().timestamp())
}

fn write_heads(sheet: &mut Worksheet, zone: Tz) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, head) in (0..).zip(HEADS) {
        if is_time(head) {
            sheet.write_string_with_format(0, column, format!("{head} ({})", zone.name()), &bold)?;
            sheet.set_column_width(column, TIME_WIDTH)?;
        } else {
            sheet.write_string_with_format(0, column, head, &bold)?;
        }
    }
    Ok(())
}

/// Texts are written as texts, so that nothing in them is a formula; amounts as numbers, times as dates.
fn workbook(rows: &[Row], zone: Tz) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let as_time = Format::new().set_num_format(TIME_FORMAT);
    let sheet = book.add_worksheet();
    sheet.set_name("Exceptions")?.set_freeze_panes(1, 0)?;
    write_heads(sheet, zone)?;
    for (line, row) in (1..).zip(rows) {
        let (item, _) = row;
        for ((column, head), text) in (0..).zip(HEADS).zip(texts(row)) {
            match (head, item.money()) {
                ("amount", Some(money)) => {
                    let amount = money.plain().parse::<f64>().unwrap_or_default();
                    sheet.write_number(line, column, amount)?;
                }
                ("amount", None) => {}
                _ if is_time(head) => {
                    if let Some(at) = time_in(head, item) {
                        sheet.write_datetime_with_format(line, column, date_time(at, zone)?, &as_time)?;
                    }
                }
                _ => {
                    sheet.write_string(line, column, text)?;
                }
            }
        }
    }
    book.save_to_buffer()
}
