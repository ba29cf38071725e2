//! Exports for spreadsheets. A text that a spreadsheet would take for a formula gets an apostrophe before it, and
//! every cell is quoted by the rules of RFC 4180, which the csv library knows.

use std::borrow::Cow;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};

use crate::kernel::{
    error::{AppError, AppResult},
    money::Money,
};

/// One row, ready to be sent. `cells` are texts; numbers that a spreadsheet should reckon with go through
/// [`number`] instead.
pub fn row<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> AppResult<Vec<u8>> {
    let failed = |e: &dyn std::fmt::Display| AppError::Internal(format!("CSV: {e}"));
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for cell in cells {
        writer.write_field(cell.0.as_bytes()).map_err(|e| failed(&e))?;
    }
    writer.write_record(None::<&[u8]>).map_err(|e| failed(&e))?;
    writer.into_inner().map_err(|e| failed(&e))
}

/// One cell.
pub struct Cell<'a>(Cow<'a, str>);

/// A text from wherever: it stays a text.
pub fn text(value: &str) -> Cell<'_> {
    // A spreadsheet does not take NUL, and what stands behind it might begin anew.
    let value: Cow<'_, str> = if value.contains('\0') {
        Cow::Owned(value.replace('\0', ""))
    } else {
        Cow::Borrowed(value)
    };
    if is_formula(&value) {
        Cell(Cow::Owned(format!("'{value}")))
    } else {
        Cell(value)
    }
}

/// A whole number of ours.
pub fn number(value: i64) -> Cell<'static> {
    Cell(Cow::Owned(value.to_string()))
}

/// An amount, as a number with a point.
pub fn amount(money: Money) -> Cell<'static> {
    Cell(Cow::Owned(money.plain()))
}

/// A cell without anything.
pub const fn nothing() -> Cell<'static> {
    Cell(Cow::Borrowed(""))
}

/// The head of an answer that a browser saves as a table of this name, one of ours in plain letters.
pub fn table(name: &str) -> HttpResponseBuilder {
    saved("text/csv; charset=utf-8", name)
}

/// As [`table`], for a workbook.
pub fn workbook(name: &str) -> HttpResponseBuilder {
    saved(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        name,
    )
}

fn saved(content: &str, name: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, content))
        .insert_header(attachment(name));
    response
}

/// The header that has a browser save what follows. `name` is one of ours, in plain letters.
pub fn attachment(name: &str) -> (header::HeaderName, String) {
    (
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{name}\""),
    )
}

/// Whether a spreadsheet may read it as a formula: also behind blanks and quotes, and in full-width letters.
fn is_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';'))
        .starts_with([
            '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{2212}',
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> String {
        String::from_utf8(row([text(value), number(-1)]).unwrap()).unwrap()
    }

    #[test]
    fn formulas_become_texts_and_numbers_stay_numbers() {
        for (value, cell) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a,b", "\"a,b\""),
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("\0=1", "'=1"),
            ("", "\"\""),
        ] {
            let expected = if value.is_empty() {
                ",-1\r\n".to_owned()
            } else {
                format!("{cell},-1\r\n")
            };
            assert_eq!(written(value), expected, "{value:?}");
        }
        assert_eq!(written("\t=1"), "'\t=1,-1\r\n");
        assert_eq!(written("\"=1"), "\"'\"\"=1\",-1\r\n");
    }
}
