//! Reads a file record by record and hands on what it finds, as events.
//!
//! The reader is lenient: it takes what can be read, reports the rest, and drops nothing. Every
//! record of the file is in exactly one event other than [`Event::Problem`], or else named by a
//! problem whose outcome is [`Outcome::EntryNotRead`]. It borrows from the bytes and holds one entry at a time, whatever the size of the file.
//! Refuse files of other kinds first, with [`super::sniff::sniff`].

use std::collections::VecDeque;

use chrono::NaiveDate;

use super::control::{BatchControl, FileControl};
use super::entry::{Entry, Layout};
use super::header::{BatchHeader, FileHeader};
use super::lines::{Lines, Piece};
use super::problem::{Outcome, Place, Problem};
use super::reader_entry::{Draft, finish};
use super::reader_header::{check_batch_header, check_file_header, check_text};
use super::record::Record;

/// What the reader found next.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Record type 1.
    FileHeader(FileHeader<'a>),
    /// Record type 5.
    BatchHeader(BatchHeader<'a>),
    /// Record type 6 with its addenda (type 7). Problems of the entry come before it.
    Entry(Entry<'a>),
    /// Record type 8.
    BatchControl(BatchControl<'a>),
    /// Record type 9.
    FileControl(FileControl<'a>),
    /// A record of nines that fills the last block, or a blank line.
    Filler(Record<'a>),
    /// Something is wrong.
    Problem(Problem),
}

/// Iterator over the events of a file.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    lines: Lines<'a>,
    ready: VecDeque<Event<'a>>,
    draft: Option<Draft<'a>>,
    batch: Option<BatchHeader<'a>>,
    stage: Stage,
    created_on: Option<NaiveDate>,
    /// An entry outside any batch was reported since the last batch.
    stray_reported: bool,
    adv: bool,
    last: Place,
    done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing read yet.
    Start,
    /// Between file header and file control, whether the header was there or not.
    Inside,
    /// After a file control.
    After,
}

impl<'a> Reader<'a> {
    /// A reader over the bytes of a whole file.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self {
            lines: Lines::new(bytes),
            ready: VecDeque::new(),
            draft: None,
            batch: None,
            stage: Stage::Start,
            created_on: None,
            stray_reported: false,
            adv: false,
            last: Place {
                line: 1,
                column: 1,
                record: 1,
            },
            done: false,
        };
        if bytes.starts_with(b"\xef\xbb\xbf") {
            reader.report(Problem::warning(
                reader.last,
                "file",
                "The file begins with a byte order mark; it was skipped.",
            ));
        }
        reader
    }

    /// The batch that the next entries belong to.
    pub fn batch(&self) -> Option<BatchHeader<'a>> {
        self.batch
    }

    /// Creation date of the file being read, from its header.
    pub fn created_on(&self) -> Option<NaiveDate> {
        self.created_on
    }

    fn report(&mut self, problem: Problem) {
        self.ready.push_back(Event::Problem(problem));
    }

    fn take(&mut self, piece: Piece<'a>) {
        let record = match piece {
            Piece::Excess { place, characters } => {
                return self.take_excess(place, characters);
            }
            Piece::Record(record) => record,
        };
        self.last = record.place();
        if is_filler(record.bytes()) {
            self.ready.push_back(Event::Filler(record));
            return;
        }
        if let Some(problem) = check_indent(&record) {
            self.report(problem);
        }
        match record.kind() {
            b'1' => self.take_file_header(record),
            b'5' => self.take_batch_header(record),
            b'6' => self.take_entry(record),
            b'7' => self.take_addenda(record),
            b'8' => self.take_batch_control(record),
            b'9' => self.take_file_control(record),
            _ => self.report(
                Problem::error(
                    record.place(),
                    "record type",
                    "A record must begin with 1, 5, 6, 7, 8 or 9; this line was not read.",
                )
                .with_outcome(Outcome::EntryNotRead),
            ),
        }
    }

    fn take_excess(&mut self, place: Place, characters: usize) {
        let problem = Problem::error(
            place,
            "record",
            format!("The line is too long: {characters} characters behind the 94th were not read."),
        );
        // Said before the entry it belongs to, which is still open.
        match &mut self.draft {
            Some(draft) => draft.problems.push(problem.with_outcome(Outcome::EntryRead)),
            None => self.report(problem),
        }
    }

    fn take_file_header(&mut self, record: Record<'a>) {
        self.close_batch(record.place());
        if self.stage == Stage::Inside {
            self.report(Problem::error(
                record.place(),
                "file header",
                "A file header stands inside a file; the file control before it is missing.",
            ));
        }
        self.stage = Stage::Inside;
        self.adv = false;
        let header = FileHeader::new(record);
        self.created_on = header.created_on();
        check_file_header(&header, &mut |problem| {
            self.ready.push_back(Event::Problem(problem));
        });
        self.ready.push_back(Event::FileHeader(header));
    }

    /// Called for every record but a file header.
    fn enter(&mut self, place: Place) {
        match self.stage {
            Stage::Start => self.report(Problem::error(
                place,
                "file header",
                "The file header (record type 1) is missing.",
            )),
            Stage::After => self.report(Problem::error(
                place,
                "file control",
                "There are more records behind the file control; they were read all the same.",
            )),
            Stage::Inside => {}
        }
        self.stage = Stage::Inside;
    }

    fn take_batch_header(&mut self, record: Record<'a>) {
        self.close_batch(record.place());
        self.enter(record.place());
        let header = BatchHeader::new(record);
        self.adv |= header.layout() == Layout::Adv;
        self.batch = Some(header);
        self.stray_reported = false;
        check_batch_header(&header, &mut |problem| {
            self.ready.push_back(Event::Problem(problem));
        });
        self.ready.push_back(Event::BatchHeader(header));
    }

    fn take_entry(&mut self, record: Record<'a>) {
        self.close_entry();
        self.enter(record.place());
        let mut draft = Draft::new(record, self.batch.map(|batch| batch.layout()));
        if self.batch.is_none() && !self.stray_reported {
            self.stray_reported = true;
            draft.problems.push(
                Problem::error(
                    record.place(),
                    "batch header",
                    "The entry stands outside a batch: its company, class and dates are not known.",
                )
                .with_outcome(Outcome::EntryRead),
            );
        }
        self.draft = Some(draft);
    }

    fn take_addenda(&mut self, record: Record<'a>) {
        if let Some(draft) = &mut self.draft {
            draft.addenda.push(record);
            return;
        }
        self.enter(record.place());
        self.report(
            Problem::error(
                record.place(),
                "addenda",
                "The addenda stands behind no entry; it was not read.",
            )
            .with_outcome(Outcome::EntryNotRead),
        );
    }

    fn take_batch_control(&mut self, record: Record<'a>) {
        self.close_entry();
        self.enter(record.place());
        if self.batch.is_none() {
            self.report(Problem::error(
                record.place(),
                "batch control",
                "A batch control stands outside a batch; the batch header is missing.",
            ));
        }
        check_text(&record, Outcome::NoEntry, &mut |problem| {
            self.ready.push_back(Event::Problem(problem));
        });
        let adv = self.batch.is_some_and(|batch| batch.layout() == Layout::Adv);
        self.batch = None;
        self.ready
            .push_back(Event::BatchControl(BatchControl::new(record, adv)));
    }

    fn take_file_control(&mut self, record: Record<'a>) {
        self.close_batch(record.place());
        self.enter(record.place());
        check_text(&record, Outcome::NoEntry, &mut |problem| {
            self.ready.push_back(Event::Problem(problem));
        });
        self.stage = Stage::After;
        self.ready
            .push_back(Event::FileControl(FileControl::new(record, self.adv)));
    }

    fn close_entry(&mut self) {
        if let Some(draft) = self.draft.take() {
            finish(draft, &mut self.ready);
        }
    }

    fn close_batch(&mut self, place: Place) {
        self.close_entry();
        if let Some(batch) = self.batch.take() {
            self.report(Problem::error(
                place,
                "batch control",
                format!(
                    "The batch that begins on line {} has no batch control.",
                    batch.record().place().line
                ),
            ));
        }
    }

    fn end(&mut self) {
        self.done = true;
        self.close_batch(self.last);
        if self.stage == Stage::Inside {
            self.report(Problem::error(
                self.last,
                "file control",
                "The file ends without a file control (record type 9).",
            ));
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        while self.ready.is_empty() && !self.done {
            match self.lines.next() {
                Some(piece) => self.take(piece),
                None => self.end(),
            }
        }
        self.ready.pop_front()
    }
}

/// A record of nines, or one without a single visible character (blanks, NUL, Ctrl-Z).
fn is_filler(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_end();
    text.iter().all(|byte| *byte == b'9')
        || bytes
            .iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | 0 | 0x1a | 0x0c))
}

fn check_indent(record: &Record<'_>) -> Option<Problem> {
    let place = record.place();
    let indented = place.column % super::record::WIDTH != 1;
    (indented && place.column < super::record::WIDTH).then(|| {
        Problem::warning(
            Place { column: 1, ..place },
            "record",
            format!(
                "The record does not begin in column 1 but in column {}.",
                place.column
            ),
        )
    })
}
