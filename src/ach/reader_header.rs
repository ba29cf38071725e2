//! Checks of headers, and of the characters of any record.

use super::header::{BatchHeader, FileHeader};
use super::problem::{Outcome, Problem};
use super::record::Record;

/// Where problems go.
pub(crate) type Report<'r> = dyn FnMut(Problem) + 'r;

/// Reports the first character that is not printable ASCII.
pub(crate) fn check_text(record: &Record<'_>, outcome: Outcome, report: &mut Report<'_>) {
    let Some(position) = record.first_unprintable() else {
        return;
    };
    let what = match record.text(position, position).chars().next() {
        Some('\u{fffd}') | None => "a control character".to_owned(),
        Some(c) => format!("the character {c:?}"),
    };
    report(
        Problem::warning(
            record.place_of(position),
            "character",
            format!("The record holds {what}, which the format does not allow."),
        )
        .with_outcome(outcome),
    );
}

pub(crate) fn check_file_header(header: &FileHeader<'_>, report: &mut Report<'_>) {
    let record = header.record();
    check_text(&record, Outcome::NoEntry, report);
    if header.created_on().is_none() {
        report(Problem::error(
            record.place_of(24),
            "file creation date",
            "The file creation date is not a date (YYMMDD).",
        ));
    }
    if record.raw(35, 37) != b"094" {
        report(Problem::warning(
            record.place_of(35),
            "record size",
            "The record size should be 094; the file was read as if it were.",
        ));
    }
}

pub(crate) fn check_batch_header(header: &BatchHeader<'_>, report: &mut Report<'_>) {
    let record = header.record();
    check_text(&record, Outcome::NoEntry, report);
    if !matches!(header.service_class(), Some(200 | 220 | 225 | 280)) {
        report(Problem::error(
            record.place_of(2),
            "service class code",
            "The service class must be 200, 220, 225 or 280.",
        ));
    }
    let sec = header.sec();
    if sec.len() != 3 || !sec.bytes().all(|byte| byte.is_ascii_uppercase()) {
        report(Problem::error(
            record.place_of(51),
            "standard entry class",
            "The standard entry class must be three capital letters; the entries are read like PPD.",
        ));
    }
    if header.company_id().is_empty() {
        report(Problem::warning(
            record.place_of(41),
            "company identification",
            "The company identification is blank.",
        ));
    }
    let effective = record.raw(70, 75);
    let placeholder = effective.trim_ascii().is_empty() || matches!(effective, b"000000" | b"000101");
    if header.effective_date().is_none() && !placeholder {
        report(Problem::warning(
            record.place_of(70),
            "effective entry date",
            "The effective entry date is not a date (YYMMDD); it counts as missing.",
        ));
    }
    let settlement = record.raw(76, 78);
    if header.settlement_day().is_none() && !settlement.trim_ascii().is_empty() && settlement != b"000" {
        report(Problem::warning(
            record.place_of(76),
            "settlement date",
            "The settlement date is not a day of the year (001-366); it counts as missing.",
        ));
    }
    if header.number().is_none() {
        report(Problem::warning(
            record.place_of(88),
            "batch number",
            "The batch number is not a number.",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::problem::Place;

    fn problems(line: &str) -> Vec<(usize, &'static str)> {
        let place = Place {
            line: 1,
            column: 1,
            record: 1,
        };
        let record = Record::new(line.as_bytes(), place);
        let mut found = Vec::new();
        let mut report = |problem: Problem| found.push((problem.place.column, problem.field));
        if record.kind() == b'1' {
            check_file_header(&FileHeader::new(record), &mut report);
        } else {
            check_batch_header(&BatchHeader::new(record), &mut report);
        }
        found
    }

    #[test]
    fn sound_headers_have_no_problems() {
        let file =
            "101 23138010401210428821908291236A094101Federal Reserve Bank   My Bank Name                   ";
        let batch =
            "5220Your Company, in                    121042882 CORVendor Pay      000000   1121042880000001";
        assert_eq!(problems(file), []);
        assert_eq!(problems(batch), []);
    }

    #[test]
    fn each_faulty_field_is_reported_at_its_column() {
        let batch =
            "5999Your Company, in                              C RVendor Pay 000000209999999112104288X000001";
        assert_eq!(
            problems(batch),
            [
                (2, "service class code"),
                (51, "standard entry class"),
                (41, "company identification"),
                (70, "effective entry date"),
                (76, "settlement date"),
                (88, "batch number"),
            ]
        );
        assert_eq!(
            problems("101 23138010401210428829908xx1236A100101"),
            [(24, "file creation date"), (35, "record size")]
        );
    }

    #[test]
    fn an_odd_character_is_reported_where_it_stands() {
        let batch = "5220Caf\u{e9}                                121042882 CORVendor Pay      000000   1121042880000001";
        assert_eq!(problems(batch), [(8, "character")]);
    }
}
