//! The reader, on damaged files.

use super::reader::{Event, Reader};

const BATCH: &str =
    "5200CoinLion                            123456789 WEBTRANSFER        000101   1091000010000001";
const ENTRY: &str =
    "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242";
const RETURN: &str =
    "799R01091400600000001      09100001                                            091000017611242";

fn read(lines: &[&str]) -> (Vec<&'static str>, Vec<String>) {
    let text = lines.join("\n");
    let mut kinds = Vec::new();
    let mut problems = Vec::new();
    for event in Reader::new(text.as_bytes()) {
        kinds.push(match event {
            Event::FileHeader(_) => "file header",
            Event::BatchHeader(_) => "batch header",
            Event::Entry(_) => "entry",
            Event::BatchControl(_) => "batch control",
            Event::FileControl(_) => "file control",
            Event::Filler(_) => "filler",
            Event::Problem(problem) => {
                problems.push(problem.to_string());
                continue;
            }
        });
    }
    (kinds, problems)
}

#[test]
fn missing_header_and_controls_are_reported_and_the_entry_is_read() {
    let (kinds, problems) = read(&[BATCH, ENTRY, RETURN]);
    assert_eq!(kinds, ["batch header", "entry"]);
    assert_eq!(
        problems,
        [
            "line 1, column 1: file header: The file header (record type 1) is missing.",
            "line 3, column 1: batch control: The batch that begins on line 1 has no batch control.",
            "line 3, column 1: file control: The file ends without a file control (record type 9).",
        ]
    );
}

#[test]
fn an_entry_outside_a_batch_is_read_and_reported_once() {
    let (kinds, problems) = read(&[ENTRY, RETURN, ENTRY, RETURN]);
    assert_eq!(kinds, ["entry", "entry"]);
    let stray: Vec<_> = problems
        .iter()
        .filter(|p| p.contains("outside a batch"))
        .collect();
    assert_eq!(stray.len(), 1);
    let (_, problems) = read(&[ENTRY, BATCH, "8200", ENTRY]);
    let stray: Vec<_> = problems
        .iter()
        .filter(|p| p.contains("entry stands outside a batch"))
        .collect();
    assert_eq!(stray.len(), 2, "once before the batch and once behind it");
}

#[test]
fn addenda_without_an_entry_are_reported() {
    let (kinds, problems) = read(&[BATCH, RETURN]);
    assert_eq!(kinds, ["batch header"]);
    assert!(
        problems
            .iter()
            .any(|p| p.contains("line 2") && p.contains("behind no entry"))
    );
}

#[test]
fn unknown_record_types_are_reported_and_reading_goes_on() {
    let (kinds, problems) = read(&["$$ADD", BATCH, ENTRY, "XYZ", RETURN]);
    assert_eq!(kinds, ["batch header", "entry"]);
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("line 1, column 1: record type"))
    );
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("line 4, column 1: record type"))
    );
}

#[test]
fn a_second_batch_without_control_between_is_reported() {
    let (_, problems) = read(&[BATCH, ENTRY, RETURN, BATCH, ENTRY, RETURN]);
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("line 4, column 1: batch control"))
    );
}

#[test]
fn records_behind_the_file_control_are_read_and_reported() {
    let (kinds, problems) = read(&["9000001", BATCH, ENTRY]);
    assert_eq!(kinds, ["file control", "batch header", "entry"]);
    assert!(problems.iter().any(|p| p.contains("behind the file control")));
}

#[test]
fn a_blank_line_between_entry_and_addenda_does_not_part_them() {
    let text = [BATCH, ENTRY, "", RETURN].join("\n");
    let entry = Reader::new(text.as_bytes()).find_map(|event| match event {
        Event::Entry(entry) => Some(entry),
        _ => None,
    });
    assert_eq!(entry.unwrap().addenda().len(), 1);
}

#[test]
fn a_line_that_is_too_long_is_read_up_to_column_94() {
    let long = format!("{ENTRY}XXXX");
    let (kinds, problems) = read(&[BATCH, &long, RETURN]);
    assert_eq!(kinds, ["batch header", "entry"]);
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("line 2, column 95: record"))
    );
}
