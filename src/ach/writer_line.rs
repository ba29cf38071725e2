//! One record while it is written, field by field.

use chrono::{Datelike, NaiveDate};

use super::record::WIDTH;
use super::writer::WriteError;

/// A record of 94 characters under construction.
pub(crate) struct Line {
    bytes: Vec<u8>,
}

impl Line {
    pub(crate) fn new(kind: u8) -> Self {
        let mut bytes = Vec::with_capacity(WIDTH);
        bytes.push(kind);
        Self { bytes }
    }

    /// Text, left-justified and cut.
    pub(crate) fn text(&mut self, width: usize, text: &str) {
        let end = self.bytes.len() + width;
        self.bytes.extend(text.chars().take(width).map(|c| match c {
            ' '..='~' => u8::try_from(c).unwrap_or(b'?'),
            _ => b'?',
        }));
        self.bytes.resize(end, b' ');
    }

    /// A number, right-justified with zeros.
    pub(crate) fn number(
        &mut self,
        field: &'static str,
        width: usize,
        number: u64,
    ) -> Result<(), WriteError> {
        let text = format!("{number:0width$}");
        if text.len() > width {
            return Err(WriteError::NumberTooWide { field, width });
        }
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// Text that must be exactly so many digits.
    pub(crate) fn digits(&mut self, field: &'static str, width: usize, text: &str) -> Result<(), WriteError> {
        if text.len() != width || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WriteError::NotDigits { field, width });
        }
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// YYMMDD or blanks.
    pub(crate) fn date(&mut self, date: Option<NaiveDate>) {
        let text = date.map(|date| {
            let year = date.year().rem_euclid(100);
            format!("{year:02}{:02}{:02}", date.month(), date.day())
        });
        self.text(6, &text.unwrap_or_default());
    }

    /// Day of the year, three digits or blanks.
    pub(crate) fn day(&mut self, field: &'static str, day: Option<u16>) -> Result<(), WriteError> {
        if let Some(day) = day {
            return self.number(field, 3, day.into());
        }
        self.text(3, "");
        Ok(())
    }

    /// The record, filled up with blanks.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(WIDTH, b' ');
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_padded_cut_and_cleaned() {
        let mut line = Line::new(b'6');
        line.text(4, "Zoë");
        line.text(2, "long");
        line.number("amount", 5, 42).unwrap();
        assert!(line.finish().starts_with(b"6Zo? lo00042 "));
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let mut line = Line::new(b'6');
        assert!(line.number("amount", 2, 100).is_err());
        assert!(line.digits("bank", 3, "12").is_err());
        assert!(line.digits("bank", 2, "1x").is_err());
    }
}
