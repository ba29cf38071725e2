//! A report as a file: exactly the tables that the page shows. The CSV has a line for every number; the workbook a sheet
//! for every table.

use actix_web::{HttpResponse, web::Data};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::{
    model::with_tenths,
    page::Seen,
    period::RawPeriod,
    sheets::{Sheet, Sheets, Value},
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::error::{AppError, AppResult},
    web::{budget::Budgets, csv, form::Query},
};

const HEADS: [&str; 5] = ["table", "line", "measure", "value", "shown"];

async fn tables(app: &App, who: &May<Read>, raw: &RawPeriod) -> AppResult<Vec<Sheet>> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let seen = Seen::of(who, raw)?;
    let (period, errors) = seen.period(raw, app.clock.now());
    // The page shows the usual days and says so; a file could not say it.
    if !errors.is_empty() {
        return Err(errors.into());
    }
    Ok(Sheets::of(&seen.report(app, who, period).await?)
        .in_order()
        .collect())
}

/// `GET /reports.csv`
pub async fn csv(app: Data<App>, who: May<Read>, query: Query<RawPeriod>) -> AppResult<HttpResponse> {
    let mut bytes = csv::row(HEADS.map(csv::text))?;
    for sheet in tables(&app, &who, &query.0).await? {
        for row in &sheet.rows {
            for (head, cell) in sheet.heads.iter().zip(&row.cells) {
                let (value, shown) = (number(&cell.value), cell.value.written());
                bytes.extend(csv::row([
                    csv::text(sheet.title),
                    csv::text(&row.label),
                    csv::text(head),
                    csv::text(&value),
                    csv::text(&shown),
                ])?);
            }
        }
    }
    Ok(csv::table("reports.csv").body(bytes))
}

/// Counts, percent or minutes; empty for words.
fn number(value: &Value) -> String {
    match value.tenths() {
        Some(tenths) if tenths % 10 == 0 => (tenths / 10).to_string(),
        Some(tenths) => with_tenths(tenths),
        None => String::new(),
    }
}

/// `GET /reports.xlsx`
pub async fn xlsx(app: Data<App>, who: May<Read>, query: Query<RawPeriod>) -> AppResult<HttpResponse> {
    let tables = tables(&app, &who, &query.0).await?;
    let bytes = workbook(&tables).map_err(|e| AppError::Internal(format!("workbook: {e}")))?;
    Ok(csv::workbook("reports.xlsx").body(bytes))
}

/// Texts are written as texts, so that nothing in them is a formula; counts and shares as numbers.
fn workbook(tables: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let percent = Format::new().set_num_format("0.0\" %\"");
    for table in tables {
        let sheet = book.add_worksheet();
        // A sheet's name has at most 31 characters.
        let name: String = table.title.chars().take(31).collect();
        sheet.set_name(name)?.set_freeze_panes(1, 1)?;
        sheet.set_column_width(0, 32)?;
        sheet.write_string_with_format(0, 0, table.of, &bold)?;
        for (column, head) in (1..).zip(&table.heads) {
            sheet.write_string_with_format(0, column, *head, &bold)?;
        }
        for (line, row) in (1..).zip(&table.rows) {
            sheet.write_string(line, 0, &row.label)?;
            for (column, cell) in (1..).zip(&row.cells) {
                match &cell.value {
                    Value::Share(Some(_)) => {
                        let share = number(&cell.value).parse::<f64>().unwrap_or_default();
                        sheet.write_number_with_format(line, column, share, &percent)?;
                    }
                    Value::Count(_) | Value::UpTo(_) if cell.value.tenths().is_some() => {
                        let count = number(&cell.value).parse::<f64>().unwrap_or_default();
                        sheet.write_number(line, column, count)?;
                    }
                    other => {
                        sheet.write_string(line, column, other.written())?;
                    }
                }
            }
        }
    }
    book.save_to_buffer()
}
