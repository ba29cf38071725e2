//! One record: 94 characters, looked at by position and never copied.
//!
//! Positions are those of the format's documentation: from 1, both ends included. A record that
//! was cut short counts as padded with blanks. In a record that is valid UTF-8 a position is a
//! character; otherwise it is a byte, read as Latin-1, so that one accented letter in a name does
//! not push the fields behind it out of place.

use std::borrow::Cow;
use std::fmt;

use super::problem::Place;

/// Characters in a record.
pub const WIDTH: usize = 94;

/// How the bytes of a record become characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Ascii,
    Utf8,
    Latin1,
}

impl Encoding {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.is_ascii() {
            Self::Ascii
        } else if std::str::from_utf8(bytes).is_ok() {
            Self::Utf8
        } else {
            Self::Latin1
        }
    }
}

/// Why a numeric field holds no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Only blanks.
    Blank,
    /// Something that is not a digit.
    NotDigits,
}

/// One record of the file, borrowed from its bytes.
///
/// `Debug` shows the place and the length only: records hold account numbers.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    bytes: &'a [u8],
    place: Place,
    encoding: Encoding,
}

impl<'a> Record<'a> {
    pub(crate) fn new(bytes: &'a [u8], place: Place) -> Self {
        Self {
            bytes,
            place,
            encoding: Encoding::of(bytes),
        }
    }

    /// The record's bytes as they are in the file, without line end.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the record begins.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Where position `position` (from 1) of this record is in the file.
    pub fn place_of(&self, position: usize) -> Place {
        Place {
            column: self.place.column.saturating_add(position.saturating_sub(1)),
            ..self.place
        }
    }

    /// The record type: the first byte, or a blank when there is none.
    pub fn kind(&self) -> u8 {
        self.bytes.first().copied().unwrap_or(b' ')
    }

    /// Number of characters present, at most 94 as the reader cuts them.
    pub fn len(&self) -> usize {
        match self.encoding {
            Encoding::Utf8 => self.as_utf8().map_or(self.bytes.len(), |t| t.chars().count()),
            Encoding::Ascii | Encoding::Latin1 => self.bytes.len(),
        }
    }

    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes of positions `from` to `to`; less, or none, where the record is short.
    pub fn raw(&self, from: usize, to: usize) -> &'a [u8] {
        let start = self.byte_index(from.saturating_sub(1));
        let end = self.byte_index(to);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Positions `from` to `to` as text, blanks kept as they are.
    ///
    /// Control characters (NUL, tab) become U+FFFD: no screen and not every database takes them.
    pub fn text(&self, from: usize, to: usize) -> Cow<'a, str> {
        decode(self.raw(from, to), self.encoding)
    }

    /// Positions `from` to `to` as text without blanks at either end: for names, identifiers and
    /// codes, which are left-justified but are often indented by mistake.
    pub fn trimmed(&self, from: usize, to: usize) -> Cow<'a, str> {
        trim(self.text(from, to), true)
    }

    /// Positions `from` to `to` as text without blanks at the end: for account numbers, in which a
    /// leading or inner blank may be meant (ach-codes.md section 9, rule 2).
    pub fn trimmed_end(&self, from: usize, to: usize) -> Cow<'a, str> {
        trim(self.text(from, to), false)
    }

    /// Positions `from` to `to` as a number; blanks around the digits are accepted.
    pub fn number(&self, from: usize, to: usize) -> Result<u64, NumberFault> {
        let field = self.raw(from, to).trim_ascii();
        if field.is_empty() {
            return Err(NumberFault::Blank);
        }
        digits(field).ok_or(NumberFault::NotDigits)
    }

    /// Position (from 1) of the first character that is not printable ASCII.
    pub(crate) fn first_unprintable(&self) -> Option<usize> {
        if self.encoding == Encoding::Utf8 {
            self.as_utf8()
                .and_then(|text| text.chars().position(|c| !(' '..='~').contains(&c)))
        } else {
            self.bytes.iter().position(|b| !(b' '..=b'~').contains(b))
        }
        .map(|index| index + 1)
    }

    fn as_utf8(&self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes).ok()
    }

    /// Byte index of the character with index `index`, or the end.
    fn byte_index(&self, index: usize) -> usize {
        match self.encoding {
            Encoding::Utf8 => self
                .as_utf8()
                .and_then(|text| text.char_indices().nth(index))
                .map_or(self.bytes.len(), |(at, _)| at),
            Encoding::Ascii | Encoding::Latin1 => index.min(self.bytes.len()),
        }
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}, {} characters)", self.place, self.len())
    }
}

/// The number that a run of digits spells; `None` for anything else or more than 18 digits.
pub(crate) fn digits(field: &[u8]) -> Option<u64> {
    if field.is_empty() || field.len() > 20 || !field.iter().all(u8::is_ascii_digit) {
        return None;
    }
    field.iter().try_fold(0_u64, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    let text = match encoding {
        Encoding::Ascii | Encoding::Utf8 => String::from_utf8_lossy(bytes),
        Encoding::Latin1 => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    };
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "\u{fffd}"))
    } else {
        text
    }
}

fn trim(text: Cow<'_, str>, both: bool) -> Cow<'_, str> {
    let cut = |whole: &str| -> (usize, usize) {
        let end = whole.trim_end().len();
        let start = if both {
            end - whole.get(..end).unwrap_or_default().trim_start().len()
        } else {
            0
        };
        (start, end)
    };
    let (start, end) = cut(&text);
    match text {
        Cow::Borrowed(whole) => Cow::Borrowed(whole.get(start..end).unwrap_or_default()),
        Cow::Owned(whole) => Cow::Owned(whole.get(start..end).unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: &[u8]) -> Record<'_> {
        let place = Place {
            line: 3,
            column: 1,
            record: 3,
        };
        Record::new(bytes, place)
    }

    #[test]
    fn a_short_record_counts_as_padded_with_blanks() {
        let short = record(b"627");
        assert_eq!(short.text(2, 3), "27");
        assert_eq!(short.text(3, 40), "7");
        assert_eq!(short.text(80, 94), "");
        assert_eq!(short.number(30, 39), Err(NumberFault::Blank));
    }

    #[test]
    fn an_accented_letter_in_utf8_does_not_move_the_fields_behind_it() {
        assert_eq!(record("José 12".as_bytes()).text(6, 7), "12");
        assert_eq!(record(b"Jos\xe9 12").text(6, 7), "12");
        assert_eq!(record(b"Jos\xe9 12").text(1, 4), "José");
    }

    #[test]
    fn account_numbers_keep_leading_and_inner_blanks() {
        let account = record(b" 12 34  ");
        assert_eq!(account.trimmed_end(1, 8), " 12 34");
        assert_eq!(account.trimmed(1, 8), "12 34");
    }

    #[test]
    fn control_characters_are_replaced_and_found() {
        let odd = record(b"ab\0c");
        assert_eq!(odd.text(1, 4), "ab\u{fffd}c");
        assert_eq!(odd.first_unprintable(), Some(3));
    }

    #[test]
    fn numbers_are_digits_only_with_blanks_around_them_allowed() {
        assert_eq!(record(b"  0042").number(1, 6), Ok(42));
        assert_eq!(record(b"4 2").number(1, 3), Err(NumberFault::NotDigits));
        assert_eq!(record(b"-42").number(1, 3), Err(NumberFault::NotDigits));
        assert_eq!(digits(b"99999999999999999999"), None);
    }

    #[test]
    fn debug_does_not_show_what_the_record_holds() {
        assert!(!format!("{:?}", record(b"627123456789")).contains("1234"));
    }
}
