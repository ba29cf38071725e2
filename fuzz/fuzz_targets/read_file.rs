#![no_main]

use std::collections::BTreeSet;

use docket::ach::checked_reader::CheckedReader;
use docket::ach::dates::settlement_date;
use docket::ach::entry::Entry;
use docket::ach::fingerprint::entry_fingerprint;
use docket::ach::problem::Outcome;
use docket::ach::reader::Event;
use libfuzzer_sys::fuzz_target;

fn touch(entry: &Entry<'_>) {
    assert!(entry.amount() >= 0);
    let _ = (entry.routing(), entry.account(), entry.individual_id(), entry.individual_name());
    let _ = (entry.discretionary(), entry.trace(), entry.is_prenote(), entry.foreign_amount());
    let _ = (entry.receiver_city(), entry.receiver_country(), entry.payment_information().count());
    if let Some(found) = entry.return_addenda() {
        let _ = (found.code(), found.original_trace(), found.information(), found.trace());
        let _ = (found.dishonored(), found.contested(), found.date_of_death(), found.original_amount());
    }
    if let Some(found) = entry.noc_addenda() {
        let _ = (found.corrected(), found.refused(), found.original_rdfi());
    }
}

fuzz_target!(|data: &[u8]| {
    let mut reader = CheckedReader::new(data);
    let mut records = BTreeSet::new();
    let mut batch = None;
    for event in reader.by_ref() {
        let record = match &event {
            Event::FileHeader(header) => {
                let _ = (header.created_on(), header.created_at(), header.origin_name());
                header.record()
            }
            Event::BatchHeader(header) => {
                batch = Some(*header);
                let _ = (header.company_name(), settlement_date(header, None));
                header.record()
            }
            Event::Entry(entry) => {
                touch(entry);
                let _ = entry_fingerprint(batch.as_ref(), entry);
                for addenda in entry.addenda() {
                    assert!(records.insert(addenda.place().record));
                }
                entry.record()
            }
            Event::BatchControl(control) => control.record(),
            Event::FileControl(control) => control.record(),
            Event::Filler(record) => *record,
            Event::Problem(problem) => {
                assert!(problem.place.line > 0 && problem.place.column > 0);
                if problem.outcome == Outcome::EntryNotRead {
                    records.insert(problem.place.record);
                }
                continue;
            }
        };
        assert!(records.insert(record.place().record), "one event per record");
    }
    let expected: BTreeSet<usize> = (1..=records.len()).collect();
    assert_eq!(records, expected, "no record is dropped");
});
