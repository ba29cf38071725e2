//! What is written is read back equal; and whatever is read, nothing is dropped and nothing panics.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::checked_reader::CheckedReader;
use super::entry::Entry;
use super::header::{BatchHeader, FileHeader};
use super::model::{NewAddenda, NewBatch, NewEntry, NewFile};
use super::problem::{Outcome, Problem};
use super::reader::Event;
use super::record::Record;
use super::routing::check_digit_of;
use super::sniff::sniff;
use super::writer::{LineEnd, WriteError, write};

/// Words without blanks at either end, as reading trims them.
fn text(longest: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("([!-~]([ -~]{{0,{}}}[!-~])?)?", longest - 2)).unwrap()
}

/// Words that are not empty.
fn word(longest: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[!-~]([ -~]{{0,{}}}[!-~])?", longest - 2)).unwrap()
}

fn date() -> impl Strategy<Value = NaiveDate> {
    // From 2 January 2000, since the day before is a placeholder, to the end of 2069.
    (1_i32..25_567).prop_map(|days| {
        NaiveDate::from_ymd_opt(2000, 1, 1)
            .and_then(|start| start.checked_add_days(chrono::Days::new(days.unsigned_abs().into())))
            .unwrap()
    })
}

fn trace() -> std::ops::Range<u64> {
    1..1_000_000_000_000_000
}

fn rdfi() -> impl Strategy<Value = String> {
    (0_u32..100_000_000).prop_map(|number| format!("{number:08}"))
}

fn reference() -> impl Strategy<Value = (u64, Option<u16>, String)> {
    (trace(), proptest::option::of(1_u16..=366), "[0-9]{2}")
}

fn addenda() -> impl Strategy<Value = NewAddenda> {
    prop_oneof![
        word(80).prop_map(NewAddenda::Payment),
        (
            "R[0-58][0-9]",
            trace(),
            proptest::option::of(date()),
            rdfi(),
            text(44)
        )
            .prop_map(
                |(code, original_trace, date_of_death, original_rdfi, information)| {
                    NewAddenda::Return {
                        code,
                        original_trace,
                        date_of_death,
                        original_rdfi,
                        information,
                    }
                }
            ),
        ("R6[1-9]|R70", trace(), rdfi(), reference(), text(21)).prop_map(
            |(code, original_trace, original_rdfi, returned, information)| {
                let (return_trace, return_settlement_day, return_reason) = returned;
                NewAddenda::Dishonored {
                    code,
                    original_trace,
                    original_rdfi,
                    return_trace,
                    return_settlement_day,
                    return_reason,
                    information,
                }
            }
        ),
        (
            "R7[1-7]",
            trace(),
            proptest::option::of(date()),
            rdfi(),
            proptest::option::of(1_u16..=366),
            reference(),
            reference()
        )
            .prop_map(
                |(code, original_trace, returned_on, original_rdfi, day, returned, dishonored)| {
                    NewAddenda::Contested {
                        code,
                        original_trace,
                        returned_on,
                        original_rdfi,
                        original_settlement_day: day,
                        returned,
                        dishonored,
                    }
                }
            ),
        ("C[01][0-9]", trace(), rdfi(), text(29)).prop_map(
            |(code, original_trace, original_rdfi, corrected_data)| NewAddenda::Change {
                code,
                original_trace,
                original_rdfi,
                corrected_data,
            }
        ),
        ("C6[1-9]", trace(), rdfi(), text(29), "C0[1-9]", 0_u32..10_000_000).prop_map(
            |(code, original_trace, original_rdfi, corrected_data, change_code, sequence)| {
                NewAddenda::RefusedChange {
                    code,
                    original_trace,
                    original_rdfi,
                    corrected_data,
                    change_code,
                    trace_sequence: sequence,
                }
            }
        ),
    ]
}

fn entry() -> impl Strategy<Value = NewEntry> {
    (
        proptest::sample::select(vec![21_u8, 22, 23, 26, 27, 28, 31, 32, 36, 37, 42, 47, 52, 55]),
        rdfi(),
        word(17),
        0_i64..10_000_000_000,
        text(15),
        text(22),
        text(2),
        proptest::collection::vec(addenda(), 0..3),
    )
        .prop_map(
            |(transaction_code, bank, account, amount, individual_id, name, discretionary, addenda)| {
                NewEntry {
                    transaction_code,
                    routing: format!("{bank}{}", check_digit_of(&bank)),
                    account,
                    amount,
                    individual_id,
                    name,
                    discretionary,
                    trace: 0,
                    // One return or change per entry.
                    addenda: addenda.into_iter().take(1).collect(),
                }
            },
        )
}

fn batch() -> impl Strategy<Value = NewBatch> {
    (
        proptest::sample::select(vec![200_u16, 220, 225]),
        text(16),
        word(10),
        proptest::sample::select(vec!["PPD", "CCD", "WEB", "TEL", "COR"]),
        text(10),
        proptest::option::of(date()),
        proptest::option::of(1_u16..=366),
        rdfi(),
        0_u32..10_000_000,
        proptest::collection::vec(entry(), 0..5),
    )
        .prop_map(
            |(
                class,
                company_name,
                company_id,
                sec,
                description,
                effective,
                day,
                odfi,
                number,
                mut entries,
            )| {
                for (entry, trace) in entries.iter_mut().zip(1..) {
                    entry.trace = trace;
                }
                NewBatch {
                    service_class: class,
                    company_name,
                    company_id,
                    sec: sec.to_owned(),
                    description,
                    effective_date: effective,
                    settlement_day: day,
                    odfi,
                    number,
                    entries,
                }
            },
        )
}

fn file() -> impl Strategy<Value = NewFile> {
    (
        "[0-9]{9}",
        "[0-9]{9,10}",
        date(),
        (0_u32..24, 0_u32..60),
        proptest::char::range('A', 'Z'),
        text(23),
        text(23),
        proptest::collection::vec(batch(), 0..4),
    )
        .prop_map(
            |(
                destination,
                origin,
                created_on,
                created_at,
                id_modifier,
                destination_name,
                origin_name,
                batches,
            )| {
                NewFile {
                    destination,
                    origin,
                    created_on,
                    created_at,
                    id_modifier,
                    destination_name,
                    origin_name,
                    batches,
                }
            },
        )
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

fn read_addenda(entry: &Entry<'_>) -> Vec<NewAddenda> {
    let mut found: Vec<NewAddenda> = entry
        .payment_information()
        .map(|text| NewAddenda::Payment(text.into_owned()))
        .collect();
    if let Some(back) = entry.return_addenda() {
        assert_eq!(number(&back.trace()), number(&entry.trace()));
        let code = back.code().into_owned();
        let original_trace = number(&back.original_trace());
        let original_rdfi = back.original_rdfi().into_owned();
        let information = back.information().into_owned();
        found.push(if let Some(fields) = back.dishonored() {
            NewAddenda::Dishonored {
                code,
                original_trace,
                original_rdfi,
                return_trace: number(&fields.return_trace),
                return_settlement_day: fields.return_settlement_day,
                return_reason: fields.return_reason.into_owned(),
                information,
            }
        } else if let Some(fields) = back.contested() {
            NewAddenda::Contested {
                code,
                original_trace,
                returned_on: fields.returned_on,
                original_rdfi,
                original_settlement_day: fields.original_settlement_day,
                returned: (
                    number(&fields.return_trace),
                    fields.return_settlement_day,
                    fields.return_reason.into_owned(),
                ),
                dishonored: (
                    number(&fields.dishonored_trace),
                    fields.dishonored_settlement_day,
                    fields.dishonored_reason.into_owned(),
                ),
            }
        } else {
            NewAddenda::Return {
                code,
                original_trace,
                date_of_death: back.date_of_death(),
                original_rdfi,
                information,
            }
        });
    }
    if let Some(change) = entry.noc_addenda() {
        let code = change.code().into_owned();
        let original_trace = number(&change.original_trace());
        let original_rdfi = change.original_rdfi().into_owned();
        let corrected_data = change.corrected_data().trim_end().to_owned();
        found.push(match change.refused() {
            None => NewAddenda::Change {
                code,
                original_trace,
                original_rdfi,
                corrected_data,
            },
            Some(refused) => NewAddenda::RefusedChange {
                code,
                original_trace,
                original_rdfi,
                corrected_data,
                change_code: refused.change_code.into_owned(),
                trace_sequence: refused.trace_sequence.parse().unwrap(),
            },
        });
    }
    found
}

fn read_entry(entry: &Entry<'_>) -> NewEntry {
    NewEntry {
        transaction_code: entry.transaction_code().number(),
        routing: entry.routing().into_owned(),
        account: entry.account().into_owned(),
        amount: entry.amount(),
        individual_id: entry.individual_id().into_owned(),
        name: entry.individual_name().into_owned(),
        discretionary: entry.discretionary().into_owned(),
        trace: number(&entry.trace()),
        addenda: read_addenda(entry),
    }
}

fn read_batch(header: &BatchHeader<'_>) -> NewBatch {
    NewBatch {
        service_class: header.service_class().unwrap(),
        company_name: header.company_name().into_owned(),
        company_id: header.company_id().into_owned(),
        sec: header.sec().into_owned(),
        description: header.entry_description().into_owned(),
        effective_date: header.effective_date(),
        settlement_day: header.settlement_day(),
        odfi: header.odfi().into_owned(),
        number: u32::try_from(header.number().unwrap()).unwrap(),
        entries: Vec::new(),
    }
}

fn read_header(header: &FileHeader<'_>) -> NewFile {
    NewFile {
        destination: header.immediate_destination().into_owned(),
        origin: header.immediate_origin().into_owned(),
        created_on: header.created_on().unwrap(),
        created_at: header.created_at().unwrap(),
        id_modifier: header.id_modifier().chars().next().unwrap(),
        destination_name: header.destination_name().into_owned(),
        origin_name: header.origin_name().into_owned(),
        batches: Vec::new(),
    }
}

fn read(bytes: &[u8]) -> (Option<NewFile>, Vec<Problem>, bool) {
    let mut reader = CheckedReader::new(bytes);
    let mut file: Option<NewFile> = None;
    let mut problems = Vec::new();
    for event in reader.by_ref() {
        match (event, &mut file) {
            (Event::FileHeader(header), _) => file = Some(read_header(&header)),
            (Event::BatchHeader(header), Some(file)) => file.batches.push(read_batch(&header)),
            (Event::Entry(entry), Some(file)) => {
                let batch = file.batches.last_mut().unwrap();
                batch.entries.push(read_entry(&entry));
            }
            (Event::Problem(problem), _) => problems.push(problem),
            _ => {}
        }
    }
    let verified = reader.summary().is_verified();
    (file, problems, verified)
}

/// Every record is in exactly one event, or in a problem that says it was not read.
fn assert_nothing_is_dropped(bytes: &[u8]) {
    let mut records = BTreeSet::new();
    let mut take = |record: Record<'_>| assert!(records.insert(record.place().record));
    let mut lost = BTreeSet::new();
    for event in CheckedReader::new(bytes) {
        match event {
            Event::FileHeader(header) => take(header.record()),
            Event::BatchHeader(header) => take(header.record()),
            Event::BatchControl(control) => take(control.record()),
            Event::FileControl(control) => take(control.record()),
            Event::Filler(record) => take(record),
            Event::Entry(entry) => {
                take(entry.record());
                entry.addenda().iter().copied().for_each(&mut take);
                let _ = (read_text(&entry), entry.is_prenote());
            }
            Event::Problem(problem) if problem.outcome == Outcome::EntryNotRead => {
                lost.insert(problem.place.record);
            }
            Event::Problem(_) => {}
        }
    }
    assert!(records.is_disjoint(&lost));
    records.extend(lost);
    assert_eq!(records, (1..=records.len()).collect());
}

fn read_text(entry: &Entry<'_>) -> String {
    let change = entry
        .noc_addenda()
        .map(|found| format!("{:?}", found.corrected()));
    let back = entry.return_addenda().map(|found| {
        format!(
            "{:?}{:?}{:?}",
            found.information(),
            found.dishonored(),
            found.contested()
        )
    });
    format!("{}{}{change:?}{back:?}", entry.account(), entry.individual_name())
}

/// A file, and places to overwrite, remove or insert at.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let line_end = proptest::sample::select(vec![LineEnd::Lf, LineEnd::CrLf, LineEnd::None]);
    let damage = proptest::collection::vec((any::<u16>(), any::<u8>(), 0_u8..4), 0..12);
    (file(), line_end, damage).prop_map(|(file, line_end, damage)| {
        let mut bytes = write(&file, line_end).unwrap();
        for (at, byte, kind) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = usize::from(at) % bytes.len();
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back_equal(file in file()) {
        for line_end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::None] {
            let bytes = write(&file, line_end).unwrap();
            prop_assert_eq!(sniff(&bytes), Ok(()));
            let (back, problems, verified) = read(&bytes);
            prop_assert_eq!(back.as_ref(), Some(&file));
            let errors: Vec<_> = problems
                .iter()
                .filter(|problem| !problem.field.ends_with("code"))
                .collect();
            prop_assert!(errors.is_empty(), "{:?}", errors);
            prop_assert!(verified);
        }
    }

    #[test]
    fn a_damaged_file_is_read_without_panic_and_every_record_is_accounted_for(bytes in damaged()) {
        let _ = sniff(&bytes);
        assert_nothing_is_dropped(&bytes);
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_every_record_is_accounted_for(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), proptest::sample::select(b"156789\r\n 0C".to_vec())],
            0..600,
        )
    ) {
        let _ = sniff(&bytes);
        assert_nothing_is_dropped(&bytes);
    }
}

#[test]
fn numbers_that_do_not_fit_are_an_error_and_not_cut() {
    let entry = NewEntry {
        transaction_code: 27,
        routing: "231380104".to_owned(),
        account: "1".to_owned(),
        amount: 10_000_000_000,
        individual_id: String::new(),
        name: String::new(),
        discretionary: String::new(),
        trace: 1,
        addenda: Vec::new(),
    };
    let mut file = NewFile {
        destination: "231380104".to_owned(),
        origin: "121042882".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        created_at: (9, 30),
        id_modifier: 'A',
        destination_name: String::new(),
        origin_name: String::new(),
        batches: vec![NewBatch {
            service_class: 225,
            company_name: "Acme".to_owned(),
            company_id: "1".to_owned(),
            sec: "PPD".to_owned(),
            description: String::new(),
            effective_date: None,
            settlement_day: None,
            odfi: "12104288".to_owned(),
            number: 1,
            entries: vec![entry],
        }],
    };
    let too_wide = WriteError::NumberTooWide {
        field: "amount",
        width: 10,
    };
    assert_eq!(write(&file, LineEnd::Lf), Err(too_wide));
    file.batches[0].entries[0].amount = -1;
    assert_eq!(write(&file, LineEnd::Lf), Err(too_wide));
    file.batches[0].entries[0].amount = 1;
    let bytes = write(&file, LineEnd::Lf).unwrap();
    assert_eq!(bytes.len(), 10 * 95);
    file.batches[0].odfi = "12".to_owned();
    assert!(write(&file, LineEnd::Lf).is_err());
}

#[test]
fn an_international_return_is_written_and_read_in_its_own_layout() {
    let file = NewFile {
        destination: "231380104".to_owned(),
        origin: "121042882".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        created_at: (9, 30),
        id_modifier: 'A',
        destination_name: String::new(),
        origin_name: String::new(),
        batches: vec![NewBatch {
            service_class: 220,
            company_name: String::new(),
            company_id: "1234567890".to_owned(),
            sec: "IAT".to_owned(),
            description: "TRADE".to_owned(),
            effective_date: None,
            settlement_day: Some(324),
            odfi: "12104288".to_owned(),
            number: 1,
            entries: vec![NewEntry {
                transaction_code: 21,
                routing: "121042882".to_owned(),
                account: "DE89370400440532013000".to_owned(),
                amount: 100_000,
                individual_id: String::new(),
                name: String::new(),
                discretionary: String::new(),
                trace: 121_042_880_000_001,
                addenda: vec![
                    NewAddenda::International {
                        kind: 10,
                        text: format!("ANN{:018}{:22}{}", 100_000, "", "  BEK Enterprises"),
                    },
                    NewAddenda::Return {
                        code: "R80".to_owned(),
                        original_trace: 231_380_100_000_001,
                        date_of_death: None,
                        original_rdfi: "12104288".to_owned(),
                        information: "COUNTRY".to_owned(),
                    },
                ],
            }],
        }],
    };
    let bytes = write(&file, LineEnd::CrLf).unwrap();
    let mut reader = CheckedReader::new(&bytes);
    let entry = reader.find_map(|event| match event {
        Event::Entry(entry) => Some(entry),
        _ => None,
    });
    let entry = entry.unwrap();
    assert_eq!(entry.account(), "DE89370400440532013000");
    assert_eq!(entry.amount(), 100_000);
    assert_eq!(entry.individual_name(), "BEK Enterprises");
    let back = entry.return_addenda().unwrap();
    assert_eq!(back.original_amount(), Some(100_000));
    assert_eq!(back.information(), "COUNTRY");
    assert_eq!(
        reader
            .by_ref()
            .filter(|event| matches!(event, Event::Problem(_)))
            .count(),
        0
    );
    assert!(reader.summary().is_verified());
}
