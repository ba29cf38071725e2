//! The sample files in tests/data/ach, one test per file: what a clerk should see of each.

use std::fmt::Write;

use chrono::NaiveDate;
use docket::ach::checked_reader::CheckedReader;
use docket::ach::checker::Summary;
use docket::ach::dates::{DateSource, settlement_date};
use docket::ach::noc::NotApplicable;
use docket::ach::reader::Event;
use docket::ach::sniff::sniff;

/// What is asserted of an entry; the rest is checked by the unit tests.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    line: usize,
    code: u8,
    account: String,
    cents: i64,
    name: String,
    trace: String,
    /// Return or change code with the trace number of the original.
    back: Option<(String, String)>,
}

fn row(
    line: usize,
    code: u8,
    account: &str,
    cents: i64,
    name: &str,
    trace: &str,
    back: Option<(&str, &str)>,
) -> Row {
    Row {
        line,
        code,
        account: account.to_owned(),
        cents,
        name: name.to_owned(),
        trace: trace.to_owned(),
        back: back.map(|(code, trace)| (code.to_owned(), trace.to_owned())),
    }
}

struct Seen {
    rows: Vec<Row>,
    problems: Vec<String>,
    /// Settlement date of each batch and where it is from.
    dates: Vec<(Option<NaiveDate>, DateSource)>,
    summary: Summary,
}

fn bytes(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/ach/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn see(name: &str) -> Seen {
    let bytes = bytes(name);
    assert_eq!(sniff(&bytes), Ok(()), "{name}");
    let mut reader = CheckedReader::new(&bytes);
    let mut seen = Seen {
        rows: Vec::new(),
        problems: Vec::new(),
        dates: Vec::new(),
        summary: Summary::default(),
    };
    let mut created = None;
    for event in reader.by_ref() {
        match event {
            Event::FileHeader(header) => created = header.created_on(),
            Event::BatchHeader(header) => {
                let settlement = settlement_date(&header, created);
                seen.dates.push((settlement.date, settlement.source));
            }
            Event::Entry(entry) => {
                let back = entry
                    .return_addenda()
                    .map(|back| (back.code(), back.original_trace()))
                    .or_else(|| {
                        let change = entry.noc_addenda()?;
                        Some((change.code(), change.original_trace()))
                    });
                seen.rows.push(Row {
                    line: entry.place().line,
                    code: entry.transaction_code().number(),
                    account: entry.account().into_owned(),
                    cents: entry.amount(),
                    name: entry.individual_name().into_owned(),
                    trace: entry.trace().into_owned(),
                    back: back.map(|(code, trace)| (code.into_owned(), trace.into_owned())),
                });
            }
            Event::Problem(problem) => seen.problems.push(problem.to_string()),
            _ => {}
        }
    }
    seen.summary = reader.summary();
    seen
}

#[allow(clippy::unnecessary_wraps)] // what it is compared with may be missing
fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

const NONE: [&str; 0] = [];

#[test]
fn return_web_has_two_returns_and_adds_up() {
    let seen = see("return-WEB.ach");
    assert_eq!(
        seen.rows,
        [
            row(
                3,
                26,
                "123456789",
                12_354,
                "Paul Jones",
                "091000017611242",
                Some(("R01", "091400600000001"))
            ),
            row(
                7,
                21,
                "867530999999",
                4_565,
                "Bob Marley",
                "021000029461242",
                Some(("R03", "091400600000003"))
            ),
        ]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!((seen.summary.debit, seen.summary.credit), (12_354, 4_565));
    // The effective date 000101 is a placeholder.
    let from_header = (day("2018-10-17"), DateSource::FileCreation);
    assert_eq!(seen.dates, [from_header, from_header]);
}

#[test]
fn return_no_batch_controls_is_read_and_says_what_is_missing() {
    let seen = see("return-no-batch-controls.ach");
    assert_eq!(
        seen.rows,
        [
            row(
                2,
                26,
                "123456789",
                12_354,
                "Paul Jones",
                "091000017611242",
                Some(("R01", "091400600000001"))
            ),
            row(
                5,
                21,
                "744-5678-99",
                0,
                "Best Co. #23",
                "121042880000001",
                Some(("C01", "121042880000001"))
            ),
        ]
    );
    assert_eq!(
        seen.problems,
        [
            "line 1, column 1: file header: The file header (record type 1) is missing.",
            "line 4, column 1: batch control: The batch that begins on line 1 has no batch control.",
            "line 6, column 1: batch control: The batch that begins on line 4 has no batch control.",
            "line 6, column 1: file control: The file ends without a file control (record type 9).",
        ]
    );
    assert!(!seen.summary.is_verified());
    let missing = (None, DateSource::Missing);
    assert_eq!(seen.dates, [missing, missing]);
}

#[test]
fn return_no_file_header_control_is_read_and_its_batch_adds_up() {
    let seen = see("return-no-file-header-control.ach");
    assert_eq!(
        seen.rows,
        [row(
            2,
            26,
            "123456789",
            12_354,
            "Paul Jones",
            "091000017611242",
            Some(("R01", "091400600000001"))
        )]
    );
    assert_eq!(
        seen.problems,
        [
            "line 1, column 1: file header: The file header (record type 1) is missing.",
            "line 4, column 1: file control: The file ends without a file control (record type 9).",
        ]
    );
    assert_eq!(seen.summary.batch_controls, 1);
    assert_eq!(seen.summary.controls_in_doubt, 0);
}

#[test]
fn bh_ed_ad_has_three_returns_in_two_batches_without_controls() {
    let seen = see("bh-ed-ad-bh-ed-ad-ed-ad.ach");
    assert_eq!(
        seen.rows,
        [
            row(
                2,
                26,
                "15XXXXXXXXXX1",
                146,
                "Veridian Credit Union",
                "273976361273620",
                Some(("R02", "273976368613175"))
            ),
            row(
                5,
                21,
                "1XXXXXXXXXXX2",
                8,
                "Adam Shannon",
                "323274270765782",
                Some(("R03", "273976360000001"))
            ),
            row(
                7,
                21,
                "1XXXXXXXXXXX2",
                19,
                "Adam Shannon",
                "323274270765784",
                Some(("R03", "273976360000001"))
            ),
        ]
    );
    assert_eq!(
        seen.problems,
        [
            "line 1, column 1: file header: The file header (record type 1) is missing.",
            "line 4, column 1: batch control: The batch that begins on line 1 has no batch control.",
            "line 8, column 1: batch control: The batch that begins on line 4 has no batch control.",
            "line 8, column 1: file control: The file ends without a file control (record type 9).",
        ]
    );
    // Day 149 of 2020, a leap year; without a file header the year is that of the effective date.
    let settled = (day("2020-05-28"), DateSource::SettlementDay);
    assert_eq!(seen.dates, [settled, settled]);
}

#[test]
fn iat_addenda99_is_an_international_return_with_its_own_layout() {
    let seen = see("iat-addenda99.ach");
    assert_eq!(
        seen.rows,
        [row(
            3,
            22,
            "123456789",
            100_000,
            "BEK Enterprises",
            "231380100000001",
            Some(("R01", "231380100000001"))
        )]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!(seen.summary.addenda, 8);
    let file = bytes("iat-addenda99.ach");
    let entry = CheckedReader::new(&file)
        .find_map(|event| match event {
            Event::Entry(entry) => Some(entry),
            _ => None,
        })
        .unwrap();
    let back = entry.return_addenda().unwrap();
    assert_eq!(back.original_amount(), Some(100_000));
    assert_eq!(back.information(), "Authorization Revoked");
    assert_eq!(back.original_rdfi(), "12104288");
    assert_eq!(entry.receiver_city(), "LetterTown*AB\\");
}

fn change(name: &str) -> docket::ach::noc::Corrected {
    let file = bytes(name);
    CheckedReader::new(&file)
        .find_map(|event| match event {
            Event::Entry(entry) => entry.noc_addenda().map(|change| change.corrected()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn cor_example_corrects_an_account_number() {
    let seen = see("cor-example.ach");
    assert_eq!(
        seen.rows,
        [row(
            3,
            21,
            "744-5678-99",
            0,
            "Best Co. #23",
            "121042880000001",
            Some(("C01", "121042880000001"))
        )]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!(seen.dates, [(day("2019-08-29"), DateSource::FileCreation)]);
    let corrected = change("cor-example.ach");
    assert_eq!(corrected.account.as_deref(), Some("1918171614"));
    assert_eq!(corrected.applicable(), Ok(()));
}

#[test]
fn cor_read_corrects_an_account_number() {
    let seen = see("cor-read.ach");
    assert_eq!(
        seen.rows,
        [row(
            3,
            21,
            "744-5678-99",
            0,
            "Best Co. #23",
            "121042880000001",
            Some(("C01", "121042880000001"))
        )]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!(seen.dates, [(day("2021-02-25"), DateSource::FileCreation)]);
    assert_eq!(change("cor-read.ach").account.as_deref(), Some("1918171614"));
}

#[test]
fn web_invalid_noc_file_has_an_unknown_change_code_that_is_kept_and_not_applied() {
    let seen = see("web-invalidNOCFile.ach");
    assert_eq!(
        seen.rows,
        [row(
            3,
            21,
            "744-5678-99",
            0,
            "Best Co. #23",
            "121042880000001",
            Some(("C92", "000000000012345"))
        )]
    );
    assert_eq!(
        seen.problems,
        ["line 4, column 4: change code: \"C92\" is not a known change code."]
    );
    assert!(seen.summary.is_verified());
    let corrected = change("web-invalidNOCFile.ach");
    assert_eq!(corrected.raw, "1918171614");
    assert_eq!(corrected.applicable(), Err(NotApplicable::UnknownCode));
}

#[test]
fn ppd_debit_with_trimmed_lines_is_sound() {
    let seen = see("ppd-debit.ach");
    assert_eq!(
        seen.rows,
        [row(
            3,
            27,
            "12345678",
            100_000_000,
            "Receiver Account Name",
            "121042880000001",
            None
        )]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
}

#[test]
fn ppd_debit_fixed_length_is_one_line_of_five_records() {
    let seen = see("ppd-debit-fixedLength.ach");
    assert_eq!(
        seen.rows,
        [row(
            1,
            27,
            "12345",
            10_500,
            "Bachman Eric",
            "076401255655291",
            None
        )]
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!(seen.dates, [(day("2008-07-29"), DateSource::FileCreation)]);
}

#[test]
fn two_micro_deposits_are_six_entries_that_add_up() {
    let seen = see("two-micro-deposits.ach");
    let cents: Vec<i64> = seen.rows.iter().map(|row| row.cents).collect();
    assert_eq!(cents, [44, 32, 76, 2, 42, 44]);
    assert!(
        seen.rows
            .iter()
            .all(|row| row.name == "Distracted Austin" && row.back.is_none())
    );
    assert_eq!(seen.problems, NONE);
    assert!(seen.summary.is_verified());
    assert_eq!((seen.summary.debit, seen.summary.credit), (120, 120));
}

#[test]
fn crasher_0_is_one_line_of_three_records_and_an_entry_of_nothing() {
    let seen = see("crasher-0.ach");
    assert_eq!(seen.rows.len(), 1);
    let entry = seen.rows.first().unwrap();
    assert_eq!((entry.code, entry.cents, entry.line), (27, 0, 1));
    assert_eq!(
        seen.problems,
        [
            "line 1, column 1: file header: The file header (record type 1) is missing.",
            "line 1, column 189: batch control: The batch that begins on line 1 has no batch control.",
            "line 1, column 189: file control: The file ends without a file control (record type 9).",
        ]
    );
}

#[test]
fn every_sample_is_the_same_with_other_line_ends() {
    let folder = format!("{}/tests/data/ach", env!("CARGO_MANIFEST_DIR"));
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "ach") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let events = |text: &str| -> Vec<String> {
            CheckedReader::new(text.as_bytes())
                .map(|event| match event {
                    Event::Entry(entry) => format!("{} {}", entry.trace(), entry.amount()),
                    Event::Problem(problem) => problem.to_string(),
                    _ => String::new(),
                })
                .collect()
        };
        let original = events(&text);
        assert_eq!(events(&text.replace('\n', "\r\n")), original, "{path:?}");
        assert_eq!(events(&text.replace('\n', "\r")), original, "{path:?}");
    }
    assert_eq!(files, 12);
}

/// 500,000 entries are read one by one, with the memory of one.
#[test]
fn half_a_million_entries_in_one_batch_are_read() {
    let batch =
        "5225ACME                                1234567890PPDPAYMENT         261120   1121042880000001\n";
    let mut text = String::with_capacity(48_000_000);
    text.push_str(batch);
    for trace in 0..500_000 {
        text.push_str("62723138010412345678         0000000100               Receiver Account Name   0");
        let _ = writeln!(text, "{:015}", 121_042_880_000_000_u64 + trace);
    }
    let mut reader = CheckedReader::new(text.as_bytes());
    let entries = reader
        .by_ref()
        .filter(|event| matches!(event, Event::Entry(_)))
        .count();
    assert_eq!(entries, 500_000);
    assert_eq!(reader.summary().debit, 50_000_000);
    assert_eq!(reader.summary().errors, 3);
}
