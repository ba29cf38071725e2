//! Writes a well-formed file: controls, hash and block filler are computed.
//!
//! Text is cut to its field and characters other than printable ASCII become `?`; numbers that do
//! not fit are an error, since a cut amount would be another amount.

use super::entry::Layout;
use super::model::{NewBatch, NewEntry, NewFile};
use super::record::WIDTH;
use super::transaction_code::{Direction, TransactionCode};
use super::writer_addenda::write_addenda;
use super::writer_line::Line;

/// What stands behind each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// Unix.
    Lf,
    /// Windows.
    CrLf,
    /// Nothing: one continuous string.
    None,
}

impl LineEnd {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::None => b"",
        }
    }
}

/// Why a file cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WriteError {
    /// A number has more digits than its field, or is negative.
    #[error("{field}: the number does not fit into {width} digits")]
    NumberTooWide {
        /// Name of the field.
        field: &'static str,
        /// Its width.
        width: usize,
    },
    /// A routing number holds something else than digits.
    #[error("{field}: {width} digits are needed")]
    NotDigits {
        /// Name of the field.
        field: &'static str,
        /// Its width.
        width: usize,
    },
}

/// Totals of a batch or file while it is written.
#[derive(Clone, Copy, Default)]
struct Totals {
    records: u64,
    hash: u64,
    debit: u64,
    credit: u64,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.hash = (self.hash + other.hash) % 10_000_000_000;
        self.debit = self.debit.saturating_add(other.debit);
        self.credit = self.credit.saturating_add(other.credit);
    }

    fn of(entry: &NewEntry) -> Self {
        let amount = u64::try_from(entry.amount).unwrap_or(0);
        let debit = TransactionCode::new(entry.transaction_code)
            .is_some_and(|code| code.direction() == Direction::Debit);
        Self {
            records: 1 + u64::try_from(entry.addenda.len()).unwrap_or(0),
            hash: entry
                .routing
                .get(..8)
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            debit: if debit { amount } else { 0 },
            credit: if debit { 0 } else { amount },
        }
    }
}

/// Finished records and how many they are.
struct Output {
    bytes: Vec<u8>,
    records: u64,
    line_end: LineEnd,
}

impl Output {
    fn put(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.bytes.extend_from_slice(self.line_end.bytes());
        self.records += 1;
    }
}

/// The bytes of the file. With line ends, the last record has one too.
pub fn write(file: &NewFile, line_end: LineEnd) -> Result<Vec<u8>, WriteError> {
    let mut out = Output {
        bytes: Vec::new(),
        records: 0,
        line_end,
    };
    out.put(&file_header(file)?.finish());
    let mut totals = Totals::default();
    for batch in &file.batches {
        totals.add(write_batch(batch, &mut out)?);
    }
    let blocks = (out.records + 1).div_ceil(10);
    out.put(&file_control(file, totals, blocks)?.finish());
    while out.records < blocks * 10 {
        out.put(&[b'9'; WIDTH]);
    }
    Ok(out.bytes)
}

fn write_batch(batch: &NewBatch, out: &mut Output) -> Result<Totals, WriteError> {
    out.put(&batch_header(batch)?.finish());
    let mut totals = Totals::default();
    for entry in &batch.entries {
        out.put(&entry_line(batch, entry)?.finish());
        for (addenda, sequence) in entry.addenda.iter().zip(1_u64..) {
            out.put(&write_addenda(is_iat(batch), entry, addenda, sequence)?.finish());
        }
        totals.add(Totals::of(entry));
    }
    out.put(&batch_control(batch, totals)?.finish());
    Ok(totals)
}

fn file_control(file: &NewFile, totals: Totals, blocks: u64) -> Result<Line, WriteError> {
    let mut line = Line::new(b'9');
    line.number("batch count", 6, count(&file.batches))?;
    line.number("block count", 6, blocks)?;
    line.number("entry/addenda count", 8, totals.records)?;
    line.number("entry hash", 10, totals.hash)?;
    line.number("total debit", 12, totals.debit)?;
    line.number("total credit", 12, totals.credit)?;
    Ok(line)
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn is_iat(batch: &NewBatch) -> bool {
    Layout::of_sec(batch.sec.as_bytes()) == Layout::Iat
}

fn file_header(file: &NewFile) -> Result<Line, WriteError> {
    let mut line = Line::new(b'1');
    line.text(2, "01");
    line.text(10, &format!("{:>10}", file.destination));
    line.text(10, &format!("{:>10}", file.origin));
    line.date(Some(file.created_on));
    line.number("hour", 2, file.created_at.0.into())?;
    line.number("minute", 2, file.created_at.1.into())?;
    line.text(1, &file.id_modifier.to_string());
    line.text(6, "094101");
    line.text(23, &file.destination_name);
    line.text(23, &file.origin_name);
    Ok(line)
}

fn batch_header(batch: &NewBatch) -> Result<Line, WriteError> {
    let mut line = Line::new(b'5');
    line.number("service class", 3, batch.service_class.into())?;
    if is_iat(batch) {
        line.text(16, "");
        line.text(20, "FF3               US");
    } else {
        line.text(16, &batch.company_name);
        line.text(20, "");
    }
    line.text(10, &batch.company_id);
    line.text(3, &batch.sec);
    line.text(10, &batch.description);
    line.text(6, if is_iat(batch) { "USDUSD" } else { "" });
    line.date(batch.effective_date);
    line.day("settlement date", batch.settlement_day)?;
    line.text(1, "1");
    line.digits("originating bank", 8, &batch.odfi)?;
    line.number("batch number", 7, batch.number.into())?;
    Ok(line)
}

fn entry_line(batch: &NewBatch, entry: &NewEntry) -> Result<Line, WriteError> {
    let amount = u64::try_from(entry.amount).map_err(|_| WriteError::NumberTooWide {
        field: "amount",
        width: 10,
    })?;
    let mut line = Line::new(b'6');
    line.number("transaction code", 2, entry.transaction_code.into())?;
    line.digits("receiving bank", 9, &entry.routing)?;
    if is_iat(batch) {
        line.number("number of addenda", 4, count(&entry.addenda))?;
        line.text(13, "");
        line.number("amount", 10, amount)?;
        line.text(35, &entry.account);
        line.text(4, "");
    } else {
        line.text(17, &entry.account);
        line.number("amount", 10, amount)?;
        line.text(15, &entry.individual_id);
        line.text(22, &entry.name);
        line.text(2, &entry.discretionary);
    }
    line.text(1, if entry.addenda.is_empty() { "0" } else { "1" });
    line.number("trace number", 15, entry.trace)?;
    Ok(line)
}

fn batch_control(batch: &NewBatch, totals: Totals) -> Result<Line, WriteError> {
    let mut line = Line::new(b'8');
    line.number("service class", 3, batch.service_class.into())?;
    line.number("entry/addenda count", 6, totals.records)?;
    line.number("entry hash", 10, totals.hash)?;
    line.number("total debit", 12, totals.debit)?;
    line.number("total credit", 12, totals.credit)?;
    line.text(10, &batch.company_id);
    line.text(25, "");
    line.digits("originating bank", 8, &batch.odfi)?;
    line.number("batch number", 7, batch.number.into())?;
    Ok(line)
}
