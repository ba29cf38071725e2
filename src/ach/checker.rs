//! Adds up what a file holds and compares it with what its controls promise.

use std::collections::HashSet;

use super::checker_sums::{Sums, compare, compare_number};
use super::control::{BatchControl, FileControl};
use super::entry::{Entry, Layout};
use super::header::BatchHeader;
use super::problem::{Level, Outcome, Problem};
use super::reader::{Event, Reader};
use super::record::Record;
use super::transaction_code::Direction;

/// Counts of a whole input, which may hold several files one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batch headers.
    pub batches: u64,
    /// Entries that could be read.
    pub entries: u64,
    /// Of these, returns (addenda 99), dishonored and contested ones included.
    pub returns: u64,
    /// Of these, notifications of change and their refusals (addenda 98).
    pub changes: u64,
    /// Addenda of the entries that could be read.
    pub addenda: u64,
    /// Sum of the debits in cents.
    pub debit: i64,
    /// Sum of the credits in cents.
    pub credit: i64,
    /// Records that belong to no entry that could be read.
    pub records_not_read: u64,
    /// Problems that are errors.
    pub errors: u64,
    /// Problems that are warnings.
    pub warnings: u64,
    /// Batch controls found.
    pub batch_controls: u64,
    /// File controls found.
    pub file_controls: u64,
    /// Controls of either kind in which something does not add up.
    pub controls_in_doubt: u64,
}

impl Summary {
    /// Is every batch closed by a control, every file too, and do all of them add up?
    pub fn is_verified(&self) -> bool {
        self.file_controls > 0
            && self.batch_controls == self.batches
            && self.controls_in_doubt == 0
            && self.records_not_read == 0
    }
}

/// The block count is only known to be wrong when the filler behind the control has been seen.
#[derive(Clone, Copy, Debug)]
struct Blocks<'a> {
    control: Record<'a>,
    claimed: u64,
    records: u64,
}

/// Takes the events of a file in order and reports what does not add up.
#[derive(Clone, Debug, Default)]
pub struct Checker<'a> {
    summary: Summary,
    header: Option<BatchHeader<'a>>,
    batch: Sums,
    file: Sums,
    file_batches: u64,
    /// Records of the file without filler, and with it.
    records: u64,
    records_with_filler: u64,
    blocks: Option<Blocks<'a>>,
    traces: Traces,
    last_lost: usize,
}

impl<'a> Checker<'a> {
    /// A checker that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Takes the next event. Problems found are pushed to `found`; they are counted when they come
    /// back as events.
    pub fn observe(&mut self, event: &Event<'a>, found: &mut Vec<Problem>) {
        match event {
            Event::FileHeader(_) => {
                self.finish(found);
                self.count_records(1);
            }
            Event::BatchHeader(header) => self.batch_header(*header),
            Event::Entry(entry) => self.entry(entry, found),
            Event::BatchControl(control) => self.batch_control(control, found),
            Event::FileControl(control) => self.file_control(control, found),
            Event::Filler(record) => {
                if !record.bytes().trim_ascii().is_empty() {
                    self.records_with_filler += 1;
                }
            }
            Event::Problem(problem) => self.problem(problem),
        }
    }

    /// To be called at the end of the input.
    pub fn finish(&mut self, found: &mut Vec<Problem>) {
        if let Some(blocks) = self.blocks.take() {
            let exact = blocks.records.div_ceil(10);
            let filled = self.records_with_filler.div_ceil(10);
            if blocks.claimed != exact && blocks.claimed != filled {
                self.summary.controls_in_doubt += 1;
                found.push(Problem::warning(
                    blocks.control.place_of(8),
                    "block count",
                    format!(
                        "The file control says {} blocks; {} records make {exact}.",
                        blocks.claimed, blocks.records
                    ),
                ));
            }
        }
        self.records = 0;
        self.records_with_filler = 0;
        self.file = Sums::default();
        self.file_batches = 0;
    }

    fn count_records(&mut self, count: u64) {
        self.records += count;
        self.records_with_filler += count;
    }

    fn batch_header(&mut self, header: BatchHeader<'a>) {
        self.count_records(1);
        self.summary.batches += 1;
        self.file_batches += 1;
        self.header = Some(header);
        self.batch = Sums::default();
        self.traces = Traces::default();
    }

    fn entry(&mut self, entry: &Entry<'a>, found: &mut Vec<Problem>) {
        let addenda = u64::try_from(entry.addenda().len()).unwrap_or(u64::MAX);
        self.count_records(1 + addenda);
        self.summary.entries += 1;
        self.summary.addenda += addenda;
        self.summary.returns += u64::from(entry.return_addenda().is_some());
        self.summary.changes += u64::from(entry.noc_addenda().is_some());
        match entry.direction() {
            Direction::Debit => add(&mut self.summary.debit, entry.amount()),
            Direction::Credit => add(&mut self.summary.credit, entry.amount()),
        }
        self.batch.add(entry);
        self.file.add(entry);
        if entry.layout() != Layout::Adv
            && let Ok(trace) = entry.record().number(80, 94)
            && !self.traces.insert(trace)
        {
            found.push(
                Problem::warning(
                    entry.record().place_of(80),
                    "trace number",
                    "The batch already has an entry with this trace number.",
                )
                .with_outcome(Outcome::EntryRead),
            );
        }
    }

    fn batch_control(&mut self, control: &BatchControl<'a>, found: &mut Vec<Problem>) {
        self.count_records(1);
        self.summary.batch_controls += 1;
        let record = control.record();
        let before = found.len();
        let sums = self.batch;
        let mut number = |position, field, said, sum, money| {
            found.extend(compare(&record, position, field, said, sum, money, sums.lost));
        };
        number(
            5,
            "entry/addenda count",
            control.entry_addenda_count(),
            sums.records,
            false,
        );
        number(11, "entry hash", control.entry_hash(), sums.hash, false);
        number(
            control.debit_span().0,
            "total debit",
            control.total_debit(),
            sums.debit,
            true,
        );
        number(
            control.credit_span().0,
            "total credit",
            control.total_credit(),
            sums.credit,
            true,
        );
        if found.len() > before {
            self.summary.controls_in_doubt += 1;
        }
        if let Some(header) = self.header.take() {
            let mut same = |position, field, equal: bool| {
                if !equal {
                    found.push(Problem::warning(
                        record.place_of(position),
                        field,
                        "The batch control and the batch header differ in this field.",
                    ));
                }
            };
            let class = header.service_class().map(u64::from);
            same(2, "service class code", control.service_class().ok() == class);
            let company = header.layout() == Layout::Adv
                || control.company_id().is_empty()
                || control.company_id() == header.company_id();
            same(45, "company identification", company);
            same(80, "originating bank", control.odfi() == header.odfi());
            same(88, "batch number", control.number().ok() == header.number());
        }
        self.batch = Sums::default();
        self.traces = Traces::default();
    }

    fn file_control(&mut self, control: &FileControl<'a>, found: &mut Vec<Problem>) {
        self.count_records(1);
        self.summary.file_controls += 1;
        let record = control.record();
        let before = found.len();
        let sums = self.file;
        found.extend(compare_number(
            &record,
            2,
            "batch count",
            control.batch_count(),
            self.file_batches,
        ));
        let mut number = |position, field, said, sum, money| {
            found.extend(compare(&record, position, field, said, sum, money, sums.lost));
        };
        number(
            14,
            "entry/addenda count",
            control.entry_addenda_count(),
            sums.records,
            false,
        );
        number(22, "entry hash", control.entry_hash(), sums.hash, false);
        number(
            control.debit_span().0,
            "total debit",
            control.total_debit(),
            sums.debit,
            true,
        );
        number(
            control.credit_span().0,
            "total credit",
            control.total_credit(),
            sums.credit,
            true,
        );
        match control.block_count() {
            Ok(claimed) => {
                self.blocks = Some(Blocks {
                    control: record,
                    claimed,
                    records: self.records,
                });
            }
            said @ Err(_) => found.extend(compare_number(&record, 8, "block count", said, 0)),
        }
        if found.len() > before {
            self.summary.controls_in_doubt += 1;
        }
    }

    fn problem(&mut self, problem: &Problem) {
        match problem.level {
            Level::Error => self.summary.errors += 1,
            Level::Warning => self.summary.warnings += 1,
        }
        let record = problem.place.record;
        if problem.outcome == Outcome::EntryNotRead && self.last_lost != record {
            self.last_lost = record;
            self.summary.records_not_read += 1;
            self.batch.lost += 1;
            self.file.lost += 1;
            self.count_records(1);
        }
    }
}

fn add(sum: &mut i64, amount: i64) {
    *sum = sum.saturating_add(amount);
}

/// The trace numbers of a batch. They should ascend, and then cost eight bytes each.
#[derive(Clone, Debug, Default)]
struct Traces {
    ascending: Vec<u64>,
    others: HashSet<u64>,
}

impl Traces {
    /// `false` when it was there already.
    fn insert(&mut self, trace: u64) -> bool {
        if self.ascending.last().is_none_or(|last| *last < trace) {
            self.ascending.push(trace);
            // Ascending ones can repeat only what came out of order before.
            return !self.others.contains(&trace);
        }
        self.ascending.binary_search(&trace).is_err() && self.others.insert(trace)
    }
}

/// A reader with a checker behind it: the events of the file, and among them the problems of the
/// sums. [`Self::summary`] is complete when the iterator has ended.
#[derive(Clone, Debug)]
pub struct CheckedReader<'a> {
    reader: Reader<'a>,
    checker: Checker<'a>,
    /// Findings not handed out yet, last one first.
    found: Vec<Problem>,
    done: bool,
}

impl<'a> CheckedReader<'a> {
    /// Over the bytes of a whole file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            checker: Checker::new(),
            found: Vec::new(),
            done: false,
        }
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.checker.summary()
    }

    fn problem(&mut self) -> Option<Event<'a>> {
        let problem = self.found.pop()?;
        self.checker.problem(&problem);
        Some(Event::Problem(problem))
    }
}

impl<'a> Iterator for CheckedReader<'a> {
    type Item = Event<'a>;

    /// Findings about a control or an entry follow it.
    fn next(&mut self) -> Option<Event<'a>> {
        if let Some(problem) = self.problem() {
            return Some(problem);
        }
        match self.reader.next() {
            Some(event) => {
                self.checker.observe(&event, &mut self.found);
                self.found.reverse();
                Some(event)
            }
            None if self.done => None,
            None => {
                self.done = true;
                self.checker.finish(&mut self.found);
                self.found.reverse();
                self.problem()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "101 091400606 6910001341810170306A094101FIRST BANK & TRUST     ASF APPLICATION SUPERVI        ";
    const BATCH: &str =
        "5200CoinLion                            123456789 WEBTRANSFER        000101   1091000010000001";
    const ENTRY: &str =
        "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242";
    const RETURN: &str =
        "799R01091400600000001      09100001                                            091000017611242";
    const CONTROL: &str =
        "82000000020009140060000000012354000000000000123456789                          091000010000001";
    const END: &str =
        "9000001000001000000020009140060000000012354000000000000                                       ";

    fn check(lines: &[&str]) -> (Vec<String>, Summary) {
        let text = lines.join("\n");
        let mut reader = CheckedReader::new(text.as_bytes());
        let problems = reader
            .by_ref()
            .filter_map(|event| match event {
                Event::Problem(problem) => Some(problem.to_string()),
                _ => None,
            })
            .collect();
        (problems, reader.summary())
    }

    #[test]
    fn a_file_that_adds_up_is_verified() {
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, CONTROL, END]);
        assert_eq!(problems, Vec::<String>::new());
        assert!(summary.is_verified());
        assert_eq!((summary.entries, summary.returns, summary.addenda), (1, 1, 1));
        assert_eq!((summary.debit, summary.credit), (12_354, 0));
    }

    #[test]
    fn each_sum_that_differs_is_reported_with_both_figures() {
        let control = CONTROL.replace("000000012354", "000000012355");
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, &control, END]);
        assert_eq!(
            problems,
            ["line 5, column 21: total debit: The control says 123.55, the entries make 123.54."]
        );
        assert!(!summary.is_verified());
        assert_eq!(summary.controls_in_doubt, 1);
    }

    #[test]
    fn the_file_control_is_compared_as_well() {
        let end = END.replace(
            "9000001000001000000020009140060",
            "9000003000007000000030009140061",
        );
        let (problems, _) = check(&[HEADER, BATCH, ENTRY, RETURN, CONTROL, &end]);
        let columns: Vec<_> = problems
            .iter()
            .map(|p| p.split(':').take(2).collect::<String>())
            .collect();
        assert_eq!(
            columns,
            [
                "line 6, column 2 batch count",
                "line 6, column 14 entry/addenda count",
                "line 6, column 22 entry hash",
                "line 6, column 8 block count",
            ]
        );
    }

    #[test]
    fn filler_is_needed_for_no_block_count() {
        let nines = "9".repeat(94);
        let filled = [
            HEADER, BATCH, ENTRY, RETURN, CONTROL, END, &nines, &nines, &nines, &nines,
        ];
        assert_eq!(check(&filled).0, Vec::<String>::new());
    }

    #[test]
    fn a_sum_that_lacks_an_unreadable_entry_says_so() {
        let lost = ENTRY.replace("0000012354", "00000123X4");
        let (problems, summary) = check(&[HEADER, BATCH, &lost, RETURN, CONTROL, END]);
        assert_eq!(summary.records_not_read, 2);
        assert!(
            problems.iter().any(|p| p.contains("2 records could not be read")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_trace_number_used_twice_in_a_batch_is_a_warning() {
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, ENTRY, RETURN]);
        assert!(
            problems
                .iter()
                .any(|p| p.starts_with("line 5, column 80: trace number"))
        );
        assert_eq!(summary.warnings, 1);
    }

    #[test]
    fn header_and_control_of_a_batch_must_agree() {
        let control = CONTROL.replace("123456789 ", "123456780 ");
        let (problems, _) = check(&[HEADER, BATCH, ENTRY, RETURN, &control, END]);
        assert_eq!(problems.len(), 1);
        assert!(problems.iter().all(|p| p.contains("company identification")));
    }

    #[test]
    fn trace_numbers_are_found_again_in_any_order() {
        let mut traces = Traces::default();
        let seen: Vec<bool> = [5, 9, 7, 7, 9, 10, 8, 8, 11, 8]
            .into_iter()
            .map(|trace| traces.insert(trace))
            .collect();
        assert_eq!(
            seen,
            [true, true, true, false, false, true, true, false, true, false]
        );
    }
}
