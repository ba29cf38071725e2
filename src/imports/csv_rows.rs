//! From the lines of a CSV file to the items of its report. The library takes cells apart; here each record is given its
//! lines, and what cannot be used is told with the place and left out: nothing is dropped without a word.

use std::collections::HashMap;

use super::{
    csv_head::{Head, reader, without_mark},
    item::Item,
    prepare::Repeats,
    row::Row,
};
use crate::{
    ach::problem::{Outcome, Place, Problem},
    exceptions::raise_form::RaiseForm,
    kernel::crypto::{Vault, hex, sha256},
};

/// No line that says something is longer, in bytes.
const LONGEST: usize = 16 * 1024;

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 100;

/// The items of a CSV file, in its order.
pub struct Rows<'a> {
    text: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: csv::ByteRecord,
    head: Head,
    vault: &'a Vault,
    /// Where lines have been counted to, and the line there.
    counted: (usize, usize),
    /// The line of each reference.
    references: HashMap<String, usize>,
    repeats: Repeats,
    warnings: std::vec::IntoIter<Problem>,
}

/// The lines that a record takes up.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
    /// Nothing stands behind it, not even the end of its line.
    is_at_end: bool,
}

impl Span {
    fn problem(self, cell: usize, sentence: impl Into<String>) -> Item {
        let left_out = if self.first == self.last {
            "The line was left out.".to_owned()
        } else {
            format!("Lines {} to {} were left out.", self.first, self.last)
        };
        let place = Place {
            line: self.first,
            column: cell,
            record: self.first,
        };
        let sentence = format!("{} {left_out}", sentence.into());
        Item::Problem(Problem::error(place, "line", sentence).with_outcome(Outcome::EntryNotRead))
    }
}

impl<'a> Rows<'a> {
    /// Over the bytes of a whole file, if it is CSV; `vault` keys the fingerprints.
    pub fn of(bytes: &'a [u8], vault: &'a Vault) -> Option<Self> {
        let head = Head::find(bytes)?.ok()?;
        let text = without_mark(bytes);
        let mut rows = Self {
            text,
            reader: reader(text, head.delimiter),
            record: csv::ByteRecord::new(),
            vault,
            counted: (0, 1),
            references: HashMap::new(),
            repeats: Repeats::default(),
            warnings: Vec::new().into_iter(),
            head,
        };
        let first = rows.read()?.0.first;
        let warn = |(place, name): &(usize, String)| {
            let sentence = if name.is_empty() {
                "it has no name; what stands in it is not used".to_owned()
            } else {
                format!("{name} is not known; what stands in it is not used")
            };
            let place = Place {
                line: first,
                column: *place,
                record: first,
            };
            Problem::warning(place, "column", sentence)
        };
        let warnings: Vec<Problem> = rows.head.unknown.iter().map(warn).collect();
        rows.warnings = warnings.into_iter();
        Some(rows)
    }

    /// Reads the next record: its lines, and its bytes.
    fn read(&mut self) -> Option<(Span, &'a [u8])> {
        if !self.reader.read_byte_record(&mut self.record).ok()? {
            return None;
        }
        let index = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX);
        let begins = self.record.position().map_or(0, |place| index(place.byte()));
        let ends = index(self.reader.position().byte());
        let raw = self.text.get(begins..ends)?;
        // Empty lines before it belong to nobody.
        let blank = raw.iter().take_while(|b| is_line_end(**b)).count();
        let first = self.line_at(begins + blank);
        let raw = raw.get(blank..)?;
        let written = raw.len() - raw.iter().rev().take_while(|b| is_line_end(**b)).count();
        let last = self.line_at(ends.saturating_sub(raw.len() - written));
        let is_at_end = ends >= self.text.len();
        Some((
            Span {
                first,
                last,
                is_at_end,
            },
            raw.get(..written)?,
        ))
    }

    /// The line of the byte at `index`, which is no earlier than the last one asked for.
    fn line_at(&mut self, index: usize) -> usize {
        let (from, line) = self.counted;
        let between = self.text.get(from..index).unwrap_or_default();
        let mut ends = 0;
        let mut before = from.checked_sub(1).and_then(|i| self.text.get(i)).copied();
        for byte in between {
            // Of \r\n the second counts nothing.
            ends += usize::from(*byte == b'\r' || *byte == b'\n' && before != Some(b'\r'));
            before = Some(*byte);
        }
        self.counted = (index.max(from), line + ends);
        self.counted.1
    }

    /// What the record at hand is; none when nothing stands in it.
    fn item(&mut self, span: Span, raw: &[u8]) -> Option<Item> {
        let is_blank = |cell: &[u8]| cell.trim_ascii().is_empty();
        if self.record.iter().all(is_blank) {
            return None;
        }
        if raw.len() > LONGEST {
            self.record = csv::ByteRecord::new();
            return Some(span.problem(
                1,
                "The line has more than 16,384 bytes; perhaps a quotation mark in it is not closed.",
            ));
        }
        if span.is_at_end && !is_closed(raw, self.head.delimiter) {
            return Some(span.problem(1, "A quotation mark is open until the end of the file."));
        }
        let (cells, columns) = (self.record.len(), self.head.columns.len());
        let more = self.record.iter().skip(columns).any(|cell| !is_blank(cell));
        if cells < columns || more {
            let sentence = format!("It has {cells} cells, and the first line names {columns} columns.");
            return Some(span.problem(cells.min(columns + 1), sentence));
        }
        Some(
            self.row(span)
                .unwrap_or_else(|(cell, why)| span.problem(cell, why)),
        )
    }

    /// # Errors
    /// The cell that is wrong, from 1, and why.
    fn row(&mut self, span: Span) -> Result<Item, (usize, String)> {
        let (mut form, mut reference, mut said) = (RaiseForm::default(), None, Vec::new());
        for ((cell, column), place) in self.record.iter().zip(&self.head.columns).zip(1..) {
            let text = std::str::from_utf8(cell)
                .map_err(|_| {
                    (
                        place,
                        "It is not written in UTF-8; save the file as CSV UTF-8.".to_owned(),
                    )
                })?
                .trim();
            let Some(column) = column.filter(|_| !text.is_empty()) else {
                continue;
            };
            said.push((column.name, text));
            if column.is_reference() {
                reference = Some(self.reference(text).map_err(|why| (place, why))?);
            } else {
                column.put(&mut form, text);
            }
        }
        let fingerprint = match &reference {
            Some(reference) => self.vault.lookup(&format!("csv reference {reference}")),
            None => fingerprint(self.vault, &mut self.repeats, said),
        };
        let places = self.head.columns.clone();
        if let Some(reference) = &reference {
            self.references.insert(reference.clone(), span.first);
        }
        Ok(Item::Row(Box::new(Row {
            line: i64::try_from(span.first).unwrap_or(i64::MAX),
            fingerprint,
            reference,
            form,
            places,
        })))
    }

    fn reference(&self, text: &str) -> Result<String, String> {
        if text.chars().count() > LONGEST_REFERENCE || text.chars().any(char::is_control) {
            return Err("A reference has at most 100 characters.".into());
        }
        match self.references.get(text) {
            Some(line) => Err(format!("The reference {text} stands on line {line} already.")),
            None => Ok(text.to_owned()),
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Some(warning) = self.warnings.next() {
            return Some(Item::Problem(warning));
        }
        loop {
            let (span, raw) = self.read()?;
            if let Some(item) = self.item(span, raw) {
                return Some(item);
            }
        }
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether a record ends where the file does: what is written behind it is another record.
fn is_closed(raw: &[u8], delimiter: u8) -> bool {
    if !raw.contains(&b'"') {
        return true;
    }
    let longer = [raw, b"\nx\n"].concat();
    reader(&longer, delimiter).byte_records().count() > 1
}

/// Of what the line says, whatever the order of its columns. Twice the same in one file is two lines, so the second time
/// its number goes in.
fn fingerprint(vault: &Vault, repeats: &mut Repeats, mut said: Vec<(&str, &str)>) -> Vec<u8> {
    said.sort_unstable();
    let mut all = Vec::new();
    for (name, text) in said {
        for part in [name, text] {
            all.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            all.extend(part.as_bytes());
        }
    }
    let hash = sha256(&all);
    let time = repeats.count(&hash);
    vault.lookup(&format!("csv line {} {time}", hex(&hash)))
}
