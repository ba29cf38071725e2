//! From the bytes of a file to the items of its report: what each entry says, taken out of the records. Nothing here
//! touches the database; the check and the import read the same items.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;

use super::{
    item::{Batch, Change, Item, News, Receiver, Returned, Said},
    mask,
    model::{Control, Summary},
};
use crate::{
    ach::{
        checked_reader::CheckedReader,
        control::FileControl,
        entry::{Entry, Layout},
        fingerprint::entry_fingerprint,
        header::BatchHeader,
        reader::Event,
        routing::check_digit_of,
        transaction_code::{AccountKind, Direction, Purpose},
    },
    kernel::{
        crypto::{Vault, hex, sha256},
        text::account_tail,
    },
};

/// The items of a file, in its order.
pub struct Items<'a> {
    reader: CheckedReader<'a>,
    vault: &'a Vault,
    header: Option<BatchHeader<'a>>,
    batch: Arc<Batch>,
    created_on: Option<NaiveDate>,
    repeats: Repeats,
    sums: FileSums,
}

impl<'a> Items<'a> {
    /// Over the bytes of a whole file; `vault` keys the fingerprints.
    pub fn new(bytes: &'a [u8], vault: &'a Vault) -> Self {
        Self {
            reader: CheckedReader::new(bytes),
            vault,
            header: None,
            batch: Arc::default(),
            created_on: None,
            repeats: Repeats::default(),
            sums: FileSums::default(),
        }
    }

    /// Counts and sums, complete when the items have ended.
    pub fn summary(&self) -> (u64, Summary) {
        let counts = self.reader.summary();
        let summary = Summary {
            batches: counts.batches,
            not_read: counts.records_not_read,
            errors: counts.errors,
            warnings: counts.warnings,
            verified: counts.is_verified(),
            controls: self.sums.controls(&counts),
            ..Summary::default()
        };
        (counts.entries, summary)
    }

    fn said(&mut self, entry: &Entry<'_>) -> Said {
        let fingerprint = self.fingerprint(entry);
        let news = news(entry, &self.batch);
        let records = match news {
            News::Return(_) | News::Change(_) => records(entry),
            _ => Vec::new(),
        };
        Said {
            line: number(entry.place().line),
            column: number(entry.place().column),
            fingerprint,
            company: company(entry, &self.batch),
            receiver: receiver(entry, &news),
            news,
            batch: Arc::clone(&self.batch),
            amount: entry.amount(),
            is_debit: entry.direction() == Direction::Debit,
            trace: Some(entry.trace().into_owned()).filter(|t| !t.is_empty()),
            records,
        }
    }

    /// Keyed, as the account number in it could be guessed from a plain hash. The same entry twice in one file is two
    /// payments, so the second time its number goes in.
    fn fingerprint(&mut self, entry: &Entry<'_>) -> Vec<u8> {
        let hash = sha256(&entry_fingerprint(self.header.as_ref(), entry));
        let time = self.repeats.count(&hash);
        let text = match time {
            1 => format!("ach entry {}", hex(&hash)),
            n => format!("ach entry {} {n}", hex(&hash)),
        };
        self.vault.lookup(&text)
    }
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            match self.reader.next()? {
                Event::FileHeader(header) => self.created_on = header.created_on(),
                Event::BatchHeader(header) => {
                    self.header = Some(header);
                    self.batch = Arc::new(Batch::of(&header, self.created_on));
                }
                Event::Entry(entry) => {
                    self.sums.add(&entry);
                    return Some(Item::Entry(Box::new(self.said(&entry))));
                }
                Event::BatchControl(_) => {
                    self.header = None;
                    self.batch = Arc::default();
                }
                Event::FileControl(control) => self.sums.control(&control),
                Event::Filler(_) => {}
                Event::Problem(problem) => return Some(Item::Problem(problem)),
            }
        }
    }
}

/// How many times each entry has come in this file. Nearly all come once and cost eight bytes.
#[derive(Default)]
pub struct Repeats {
    once: HashSet<u64>,
    more: HashMap<u64, u32>,
}

impl Repeats {
    /// Notes one more, and gives how many there are by now.
    pub fn count(&mut self, hash: &[u8]) -> u32 {
        let key = hash.first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
        if self.once.insert(key) {
            return 1;
        }
        let times = self.more.entry(key).or_insert(1);
        *times += 1;
        *times
    }
}

/// What the file controls state, and the entries' hash beside it.
#[derive(Default)]
struct FileSums {
    hash: u64,
    seen: bool,
    stated: [Option<u64>; 4],
}

impl FileSums {
    fn add(&mut self, entry: &Entry<'_>) {
        self.hash = (self.hash + entry.rdfi().unwrap_or(0)) % 10_000_000_000;
    }

    /// Several files may be joined into one: their controls add up.
    fn control(&mut self, control: &FileControl<'_>) {
        let sums = [
            control.entry_addenda_count(),
            control.entry_hash(),
            control.total_debit(),
            control.total_credit(),
        ];
        for (stated, sum) in self.stated.iter_mut().zip(sums) {
            let before = if self.seen { *stated } else { Some(0) };
            *stated = before.zip(sum.ok()).map(|(a, b)| a.saturating_add(b));
        }
        if let [_, Some(hash), ..] = &mut self.stated {
            *hash %= 10_000_000_000;
        }
        self.seen = true;
    }

    fn controls(&self, counts: &crate::ach::checker::Summary) -> Vec<Control> {
        let cents = |sum: i64| u64::try_from(sum).unwrap_or(0);
        let [records, hash, debit, credit] = self.stated;
        [
            (
                "Entries and addenda",
                counts.entries + counts.addenda,
                records,
                false,
            ),
            ("Entry hash", self.hash, hash, false),
            ("Debits", cents(counts.debit), debit, true),
            ("Credits", cents(counts.credit), credit, true),
        ]
        .into_iter()
        .map(|(label, counted, stated, is_money)| Control {
            label: label.to_owned(),
            counted,
            stated,
            is_money,
        })
        .collect()
    }
}

fn news(entry: &Entry<'_>, batch: &Batch) -> News {
    if let Some(found) = entry.return_addenda() {
        let earlier = found
            .dishonored()
            .map(|d| d.return_trace)
            .or_else(|| found.contested().map(|c| c.return_trace));
        return News::Return(Returned {
            code: found.code().into_owned(),
            stage: found.stage(),
            original_trace: found.original_trace().into_owned(),
            original_bank: found.original_rdfi().into_owned(),
            earlier_return: earlier
                .map(std::borrow::Cow::into_owned)
                .filter(|t| !t.is_empty()),
            words: mask::digits(&found.information()),
            is_prenote: entry.is_prenote(),
        });
    }
    if let Some(found) = entry.noc_addenda() {
        return News::Change(Change {
            code: found.code().into_owned(),
            is_refusal: found.refused().is_some(),
            original_trace: found.original_trace().into_owned(),
            original_bank: found.original_rdfi().into_owned(),
            corrected: mask::corrected(&found.corrected()),
            is_prenote: entry.is_prenote(),
        });
    }
    match (batch.sec.as_str(), entry.transaction_code().purpose()) {
        ("DNE", _) => News::Nothing("A notice of death from a federal agency; it moves no money."),
        ("ENR", _) => News::Nothing("An enrollment with a federal agency; it moves no money."),
        _ if entry.layout() == Layout::Adv => {
            News::Nothing("An accounting advice of the ACH operator; it is no payment.")
        }
        (_, Some(Purpose::Prenote)) => News::Prenote,
        _ if entry.amount() == 0 => News::Nothing("An entry of no money; nothing was recorded."),
        _ => News::Payment,
    }
}

/// An IAT batch has no name; there the originator is in the addenda.
fn company(entry: &Entry<'_>, batch: &Batch) -> String {
    let originator = entry.originator_name();
    [&batch.company_name, originator.as_ref(), &batch.company_id]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
}

/// In a return or notification the entry's own routing number is that of the bank it goes to, ours: the receiver's
/// bank is in the addenda, without its check digit.
fn receiver(entry: &Entry<'_>, news: &News) -> Receiver {
    let original_bank = match news {
        News::Return(found) => &found.original_bank,
        News::Change(found) => &found.original_bank,
        _ => "",
    };
    let is_bank = original_bank.len() == 8 && original_bank.bytes().all(|b| b.is_ascii_digit());
    let number = entry.account();
    Receiver {
        name: mask::digits(&entry.individual_name()),
        routing: if is_bank {
            format!("{original_bank}{}", check_digit_of(original_bank))
        } else {
            entry.routing().into_owned()
        },
        tail: account_tail(&number),
        number: number.into_owned(),
        is_savings: entry.transaction_code().account() == Some(AccountKind::Savings),
    }
}

fn records(entry: &Entry<'_>) -> Vec<u8> {
    let mut bytes = entry.record().bytes().to_vec();
    for addenda in entry.addenda() {
        bytes.push(b'\n');
        bytes.extend_from_slice(addenda.bytes());
    }
    bytes
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
