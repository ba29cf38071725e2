//! Makes an entry of its records, or says why it cannot.

use std::collections::VecDeque;

use super::codes::{noc_code, return_code};
use super::entry::{Entry, Layout};
use super::problem::{Outcome, Problem};
use super::reader::Event;
use super::reader_header::check_text;
use super::record::{NumberFault, Record};
use super::routing::CheckDigit;
use super::transaction_code::TransactionCode;

/// An entry whose addenda are still being collected.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) record: Record<'a>,
    pub(crate) addenda: Vec<Record<'a>>,
    /// Layout of the batch; `None` outside a batch.
    layout: Option<Layout>,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(record: Record<'a>, layout: Option<Layout>) -> Self {
        Self {
            record,
            addenda: Vec::new(),
            layout,
            problems: Vec::new(),
        }
    }

    fn has(&self, kind: &[u8]) -> bool {
        self.addenda.iter().any(|record| record.raw(2, 3) == kind)
    }

    /// The batch's layout; outside a batch an addenda 10 shows an international entry.
    fn layout(&self) -> Layout {
        self.layout.unwrap_or_else(|| {
            if self.has(b"10") {
                Layout::Iat
            } else {
                Layout::Standard
            }
        })
    }
}

/// Pushes the problems of the entry, then the entry, unless it cannot be read.
pub(crate) fn finish<'a>(mut draft: Draft<'a>, ready: &mut VecDeque<Event<'a>>) {
    let layout = draft.layout();
    let mut problems = std::mem::take(&mut draft.problems);
    check_text(&draft.record, Outcome::EntryRead, &mut |p| problems.push(p));
    let parsed =
        transaction_code(&draft.record).and_then(|code| Ok((code, amount(&draft, layout, &mut problems)?)));
    match parsed {
        Err(problem) => {
            let line = draft.record.place().line;
            let lost = |problem: Problem| problem.with_outcome(Outcome::EntryNotRead);
            problems.push(problem);
            problems.extend(draft.addenda.iter().map(|addenda| {
                Problem::error(
                    addenda.place(),
                    "addenda",
                    format!("The addenda belongs to the entry on line {line}, which could not be read."),
                )
            }));
            ready.extend(problems.into_iter().map(lost).map(Event::Problem));
        }
        Ok((code, amount)) => {
            let entry = Entry::new(draft.record, draft.addenda, layout, code, amount);
            check_fields(&entry, &mut problems);
            check_addenda(&entry, &mut problems);
            let read = |problem: Problem| problem.with_outcome(Outcome::EntryRead);
            ready.extend(problems.into_iter().map(read).map(Event::Problem));
            ready.push_back(Event::Entry(entry));
        }
    }
}

fn transaction_code(record: &Record<'_>) -> Result<TransactionCode, Problem> {
    TransactionCode::parse(&record.text(2, 3)).ok_or_else(|| {
        Problem::error(
            record.place_of(2),
            "transaction code",
            "The transaction code is not two digits; the entry was not read.",
        )
    })
}

fn amount(draft: &Draft<'_>, layout: Layout, problems: &mut Vec<Problem>) -> Result<i64, Problem> {
    let (from, to) = layout.amount();
    let fault = |sentence: &str| Problem::error(draft.record.place_of(from), "amount", sentence);
    if draft.record.len() < to && draft.record.len() >= from {
        return Err(fault(
            "The record ends within the amount; the entry was not read.",
        ));
    }
    match draft.record.number(from, to) {
        Ok(amount) => {
            if draft.record.raw(from, to).contains(&b' ') {
                problems.push(Problem::warning(
                    draft.record.place_of(from),
                    "amount",
                    "The amount is filled up with blanks instead of zeros.",
                ));
            }
            i64::try_from(amount).map_err(|_| fault("The amount is too large."))
        }
        // A notification of change carries no money.
        Err(NumberFault::Blank) if draft.has(b"98") && draft.record.len() > to => {
            problems.push(Problem::warning(
                draft.record.place_of(from),
                "amount",
                "The amount is blank; it counts as zero, as a notification of change carries none.",
            ));
            Ok(0)
        }
        Err(NumberFault::Blank) => Err(fault("The amount is missing; the entry was not read.")),
        Err(NumberFault::NotDigits) => Err(fault("The amount is not a number; the entry was not read.")),
    }
}

fn check_fields(entry: &Entry<'_>, problems: &mut Vec<Problem>) {
    let record = entry.record();
    let mut warn = |position: usize, field: &'static str, sentence: String| {
        problems.push(Problem::warning(record.place_of(position), field, sentence));
    };
    if !entry.transaction_code().is_known() {
        let sentence = format!("Transaction code {} is not assigned.", entry.transaction_code());
        warn(2, "transaction code", sentence);
    }
    match entry.routing_check() {
        CheckDigit::Valid => {}
        CheckDigit::Wrong { expected } => {
            let sentence = format!("The check digit of the routing number should be {expected}.");
            warn(12, "check digit", sentence);
        }
        CheckDigit::NotNineDigits => warn(
            4,
            "receiving bank",
            "The routing number of the receiving bank is not nine digits.".to_owned(),
        ),
    }
    if entry.account().trim().is_empty() {
        let (from, _) = entry.layout().account();
        warn(from, "account number", "The account number is blank.".to_owned());
    }
    if entry.layout() != Layout::Adv && record.number(80, 94).is_err() {
        warn(
            80,
            "trace number",
            "The trace number is missing or not a number.".to_owned(),
        );
    }
    let indicated = record.raw(79, 79) == b"1";
    if indicated == entry.addenda().is_empty() {
        let sentence = if indicated {
            "The entry announces addenda, but none follow.".to_owned()
        } else {
            "The entry announces no addenda, but some follow.".to_owned()
        };
        warn(79, "addenda record indicator", sentence);
    }
}

fn check_addenda(entry: &Entry<'_>, problems: &mut Vec<Problem>) {
    let mut decisive = 0;
    for record in entry.addenda() {
        check_text(record, Outcome::EntryRead, &mut |p| problems.push(p));
        match record.raw(2, 3) {
            b"98" | b"99" => decisive += 1,
            b"02" | b"05" | b"10" | b"11" | b"12" | b"13" | b"14" | b"15" | b"16" | b"17" | b"18" => {}
            _ => problems.push(Problem::warning(
                record.place_of(2),
                "addenda type code",
                "The addenda type is not known; the addenda was kept but not understood.",
            )),
        }
        if decisive == 2 {
            decisive += 1;
            problems.push(Problem::error(
                record.place_of(2),
                "addenda type code",
                "The entry has more than one return or notification of change; the first of each \
                 kind counts.",
            ));
        }
    }
    let mut warn = |record: Record<'_>, position, field, sentence: String| {
        problems.push(Problem::warning(record.place_of(position), field, sentence));
    };
    if let Some(found) = entry.return_addenda() {
        if return_code(&found.code()).is_none() {
            let sentence = format!("{:?} is not a known return code.", found.code());
            warn(found.record(), 4, "return reason code", sentence);
        }
        check_original_trace(found.record(), &mut warn);
    }
    if let Some(found) = entry.noc_addenda() {
        if noc_code(&found.code()).is_none() {
            let sentence = format!("{:?} is not a known change code.", found.code());
            warn(found.record(), 4, "change code", sentence);
        }
        check_original_trace(found.record(), &mut warn);
    }
}

fn check_original_trace<'a>(
    record: Record<'a>,
    warn: &mut impl FnMut(Record<'a>, usize, &'static str, String),
) {
    if record.number(7, 21).is_err() {
        let sentence = "The trace number of the original entry is missing or not a number.";
        warn(record, 7, "original entry trace number", sentence.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::problem::Place;

    const ENTRY: &str =
        "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242";
    const RETURN: &str =
        "799R01091400600000001      09100001                                            091000017611242";
    const CHANGE: &str =
        "798C01121042880000001      121042881918171614                                  091012980000088";

    /// Amount, if the entry was read, and the column and field of each problem.
    fn read(lines: &[&str]) -> (Option<i64>, Vec<(usize, &'static str)>) {
        let mut records = lines.iter().zip(1..).map(|(line, number)| {
            let place = Place {
                line: number,
                column: 1,
                record: number,
            };
            Record::new(line.as_bytes(), place)
        });
        let mut draft = Draft::new(records.next().unwrap(), Some(Layout::Standard));
        draft.addenda = records.collect();
        let mut ready = VecDeque::new();
        finish(draft, &mut ready);
        let mut amount = None;
        let mut problems = Vec::new();
        for event in ready {
            match event {
                Event::Entry(entry) => amount = Some(entry.amount()),
                Event::Problem(problem) => problems.push((problem.place.column, problem.field)),
                other => panic!("{other:?}"),
            }
        }
        (amount, problems)
    }

    #[test]
    fn a_sound_entry_has_no_problems() {
        assert_eq!(read(&[ENTRY, RETURN]), (Some(12_354), vec![]));
    }

    #[test]
    fn an_entry_without_a_readable_amount_or_code_is_lost_with_its_addenda() {
        let lost = vec![(30, "amount"), (1, "addenda")];
        assert_eq!(
            read(&[&ENTRY.replace("12354", "1235X"), RETURN]),
            (None, lost.clone())
        );
        assert_eq!(
            read(&[&ENTRY.replace("0000012354", "          "), RETURN]),
            (None, lost.clone())
        );
        assert_eq!(read(&[ENTRY.get(..35).unwrap(), RETURN]), (None, lost.clone()));
        assert_eq!(read(&[ENTRY.get(..20).unwrap(), RETURN]), (None, lost));
        let code = read(&[&ENTRY.replacen("626", "6X6", 1), RETURN]);
        assert_eq!(code, (None, vec![(2, "transaction code"), (1, "addenda")]));
    }

    #[test]
    fn a_blank_amount_is_zero_in_a_notification_of_change() {
        let entry = ENTRY.replace("0000012354", "          ");
        assert_eq!(read(&[&entry, CHANGE]), (Some(0), vec![(30, "amount")]));
    }

    #[test]
    fn doubtful_fields_are_warnings_and_the_entry_is_read() {
        for (from, to, column, field) in [
            ("626", "660", 2, "transaction code"),
            ("091400606", "091400607", 12, "check digit"),
            ("091400606", "09140060X", 4, "receiving bank"),
            ("123456789 ", "          ", 13, "account number"),
            ("091000017611242", "09100001761124X", 80, "trace number"),
            ("S 1", "S 0", 79, "addenda record indicator"),
            ("0000012354", "     12354", 30, "amount"),
            ("Paul", "P\u{e4}ul", 56, "character"),
        ] {
            let found = read(&[&ENTRY.replacen(from, to, 1), RETURN]);
            assert_eq!(found, (Some(12_354), vec![(column, field)]), "{field}");
        }
    }

    #[test]
    fn unknown_codes_and_addenda_are_named_but_kept() {
        let found = read(&[ENTRY, &RETURN.replace("R01", "R97")]);
        assert_eq!(found, (Some(12_354), vec![(4, "return reason code")]));
        let found = read(&[ENTRY, &RETURN.replacen("799", "777", 1)]);
        assert_eq!(found, (Some(12_354), vec![(2, "addenda type code")]));
        let found = read(&[ENTRY, RETURN, RETURN]);
        assert_eq!(found, (Some(12_354), vec![(2, "addenda type code")]));
    }
}
