//! Adds up what a file holds and compares it with what its controls promise.

use super::checker_sums::{Sums, compare, compare_number};
use super::control::{BatchControl, FileControl};
use super::entry::{Entry, Layout};
use super::header::BatchHeader;
use super::problem::{Level, Outcome, Problem};
use super::reader::Event;
use super::record::Record;
use super::traces::Traces;
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
    /// back as events. [`super::checked_reader::CheckedReader`] does both.
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

    /// Counts a problem that is handed out.
    pub(crate) fn problem(&mut self, problem: &Problem) {
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
