//! Addenda records while a file is written. Positions: see the modules that read them.

use super::model::{NewAddenda, NewEntry};
use super::writer::WriteError;
use super::writer_line::Line;

pub(crate) fn write_addenda(
    iat: bool,
    entry: &NewEntry,
    addenda: &NewAddenda,
    sequence: u64,
) -> Result<Line, WriteError> {
    let mut line = Line::new(b'7');
    let detail = entry.trace % 10_000_000;
    match addenda {
        NewAddenda::Payment(text) => {
            line.text(2, "05");
            line.text(80, text);
            line.number("addenda sequence", 4, sequence)?;
            line.number("entry sequence", 7, detail)?;
            return Ok(line);
        }
        NewAddenda::International { kind, text } => {
            line.number("addenda type", 2, (*kind).into())?;
            line.text(84, text);
            line.number("entry sequence", 7, detail)?;
            return Ok(line);
        }
        NewAddenda::Return {
            code,
            original_trace,
            date_of_death,
            original_rdfi,
            information,
        } => {
            head(&mut line, "99", code, *original_trace)?;
            line.date(*date_of_death);
            line.text(8, original_rdfi);
            if iat {
                line.number("amount", 10, u64::try_from(entry.amount).unwrap_or(0))?;
                line.text(34, information);
            } else {
                line.text(44, information);
            }
        }
        NewAddenda::Dishonored {
            code,
            original_trace,
            original_rdfi,
            return_trace,
            return_settlement_day,
            return_reason,
            information,
        } => {
            head(&mut line, "99", code, *original_trace)?;
            line.text(6, "");
            line.text(8, original_rdfi);
            line.text(3, "");
            reference(&mut line, *return_trace, *return_settlement_day, return_reason)?;
            line.text(21, information);
        }
        NewAddenda::Contested { .. } => contested(&mut line, addenda)?,
        NewAddenda::Change {
            code,
            original_trace,
            original_rdfi,
            corrected_data,
        } => {
            head(&mut line, "98", code, *original_trace)?;
            line.text(6, "");
            line.text(8, original_rdfi);
            let width = if iat { 35 } else { 29 };
            line.text(width, corrected_data);
            line.text(44 - width, "");
        }
        NewAddenda::RefusedChange {
            code,
            original_trace,
            original_rdfi,
            corrected_data,
            change_code,
            trace_sequence,
        } => {
            head(&mut line, "98", code, *original_trace)?;
            line.text(6, "");
            line.text(8, original_rdfi);
            line.text(29, corrected_data);
            line.text(3, change_code);
            line.number("trace sequence", 7, (*trace_sequence).into())?;
            line.text(5, "");
        }
    }
    line.number("trace number", 15, entry.trace)?;
    Ok(line)
}

fn head(line: &mut Line, kind: &str, code: &str, original_trace: u64) -> Result<(), WriteError> {
    line.text(2, kind);
    line.text(3, code);
    line.number("original trace number", 15, original_trace)
}

/// Trace number, settlement day and reason of an earlier return.
fn reference(line: &mut Line, trace: u64, day: Option<u16>, reason: &str) -> Result<(), WriteError> {
    line.number("trace number", 15, trace)?;
    line.day("settlement date", day)?;
    line.text(2, reason);
    Ok(())
}

fn contested(line: &mut Line, addenda: &NewAddenda) -> Result<(), WriteError> {
    let NewAddenda::Contested {
        code,
        original_trace,
        returned_on,
        original_rdfi,
        original_settlement_day,
        returned,
        dishonored,
    } = addenda
    else {
        return Ok(());
    };
    head(line, "99", code, *original_trace)?;
    line.date(*returned_on);
    line.text(8, original_rdfi);
    line.day("settlement date", *original_settlement_day)?;
    for (trace, day, reason) in [returned, dishonored] {
        reference(line, *trace, *day, reason)?;
    }
    line.text(1, "");
    Ok(())
}
