//! Cuts the bytes of a file into records.
//!
//! Lines end with LF, CRLF or CR. A line that holds several records one after another (a file
//! without any line ends) is cut every 94 characters. Nothing is dropped: what does not fit a
//! record is handed on as [`Piece::Excess`].

use super::problem::Place;
use super::record::{Encoding, Record, WIDTH};

/// A run of bytes of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    /// A record of at most 94 characters.
    Record(Record<'a>),
    /// What stands behind the 94th character of the record before, and is more than blanks.
    Excess { place: Place, characters: usize },
}

/// Iterator over the records of a file.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    /// Bytes not yet looked at.
    rest: &'a [u8],
    /// Line just cut off, when records or excess are still in it.
    open: Option<Open<'a>>,
    line: usize,
    record: usize,
}

#[derive(Clone, Copy, Debug)]
struct Open<'a> {
    rest: &'a [u8],
    column: usize,
    encoding: Encoding,
    /// Several records in this line.
    continuous: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            open: None,
            line: 0,
            record: 0,
        }
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (line, tail) = match end {
            None => (self.rest, &[][..]),
            Some(at) => {
                let (line, tail) = self.rest.split_at_checked(at).unwrap_or((self.rest, &[]));
                let tail = tail
                    .strip_prefix(b"\r\n")
                    .or_else(|| tail.strip_prefix(b"\n"))
                    .or_else(|| tail.strip_prefix(b"\r"))
                    .unwrap_or_default();
                (line, tail)
            }
        };
        self.rest = tail;
        Some(line)
    }

    fn cut(&mut self, open: Open<'a>) -> Piece<'a> {
        let (head, tail) = split_characters(open.rest, WIDTH, open.encoding);
        self.record += 1;
        let place = Place {
            line: self.line,
            column: open.column,
            record: self.record,
        };
        let column = open.column + WIDTH;
        self.open = (!tail.is_empty()).then_some(Open {
            rest: tail,
            column,
            ..open
        });
        Piece::Record(Record::new(head, place))
    }

    fn place(&self, column: usize) -> Place {
        Place {
            line: self.line,
            column,
            record: self.record,
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(open) = self.open.take() {
            if open.continuous {
                return Some(self.cut(open));
            }
            let characters = match open.encoding {
                Encoding::Utf8 => String::from_utf8_lossy(open.rest).chars().count(),
                Encoding::Ascii | Encoding::Latin1 => open.rest.len(),
            };
            return Some(Piece::Excess {
                place: self.place(open.column),
                characters,
            });
        }
        let line = self.next_line()?;
        // Records are right-trimmed or padded at will; an indented one is read where it begins.
        let indent = indent(line);
        let body = line.get(indent..).unwrap_or_default();
        // Once per line, so that cutting a very long line stays linear.
        let body = if body.len() > WIDTH {
            body.trim_ascii_end()
        } else {
            body
        };
        let encoding = if body.len() <= WIDTH {
            Encoding::Latin1
        } else {
            Encoding::of(body)
        };
        let (head, tail) = split_characters(body, WIDTH, encoding);
        let open = Open {
            rest: body,
            column: indent + 1,
            encoding,
            continuous: is_record_after(head, tail),
        };
        Some(self.cut(open))
    }
}

/// Number of blanks and tabs before the record, when the line is one that was indented whole.
fn indent(line: &[u8]) -> usize {
    let blanks = line
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    if blanks < line.len() { blanks } else { 0 }
}

fn split_characters(bytes: &[u8], characters: usize, encoding: Encoding) -> (&[u8], &[u8]) {
    let at = match encoding {
        Encoding::Utf8 => {
            std::str::from_utf8(bytes.get(..(characters * 4).min(bytes.len())).unwrap_or_default())
                .map_or_else(
                    |error| {
                        // The window may end inside a character; what lies before is valid.
                        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                        nth_character(valid, characters)
                    },
                    |text| nth_character(text.as_bytes(), characters),
                )
        }
        Encoding::Ascii | Encoding::Latin1 => characters.min(bytes.len()),
    };
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

/// Byte index of the character with index `n` of valid UTF-8, or its length.
fn nth_character(valid: &[u8], n: usize) -> usize {
    valid
        .iter()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, 0x80..=0xbf))
        .nth(n)
        .map_or(valid.len(), |(index, _)| index)
}

/// Does `tail` begin with a record that may follow the record in `head`? Then the line holds
/// several records; otherwise it is one record that is too long.
fn is_record_after(head: &[u8], tail: &[u8]) -> bool {
    let Some(next) = tail.first() else {
        return false;
    };
    let digits = tail
        .iter()
        .skip(1)
        .take(2)
        .filter(|byte| byte.is_ascii_digit())
        .count();
    let grammar = match head.first() {
        Some(b'1') => matches!(next, b'5' | b'9'),
        Some(b'5') => matches!(next, b'6' | b'8'),
        Some(b'6' | b'7') => matches!(next, b'6' | b'7' | b'8' | b'5'),
        Some(b'8') => matches!(next, b'5' | b'9' | b'1'),
        Some(b'9') => matches!(next, b'9' | b'1'),
        _ => false,
    };
    grammar && digits == 2 && tail.len() >= 40
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8]) -> Vec<(usize, usize, usize, usize)> {
        Lines::new(bytes)
            .map(|piece| match piece {
                Piece::Record(r) => (r.place().line, r.place().column, r.place().record, r.len()),
                Piece::Excess { place, characters } => (place.line, place.column, 0, characters),
            })
            .collect()
    }

    #[test]
    fn lines_end_with_lf_crlf_or_cr() {
        let expected = vec![(1, 1, 1, 3), (2, 1, 2, 2)];
        assert_eq!(cut(b"627\n82"), expected);
        assert_eq!(cut(b"627\r\n82\r\n"), expected);
        assert_eq!(cut(b"627\r82\r"), expected);
    }

    #[test]
    fn an_empty_file_has_no_records_and_an_empty_line_is_one() {
        assert_eq!(cut(b""), vec![]);
        assert_eq!(cut(b"\n\n9"), vec![(1, 1, 1, 0), (2, 1, 2, 0), (3, 1, 3, 1)]);
    }

    #[test]
    fn a_line_of_several_records_is_cut_every_94_characters() {
        let one = format!("{:<94}", "5225ACME");
        let two = format!(
            "{:<94}",
            "62705320001912345            0000010500c-1            Bachman Eric"
        );
        let text = format!("{one}{two}");
        assert_eq!(cut(text.as_bytes()), vec![(1, 1, 1, 94), (1, 95, 2, 66)]);
    }

    #[test]
    fn a_line_that_is_too_long_keeps_its_first_94_characters_and_reports_the_rest() {
        let text = format!("{:<94}surplus", "627");
        assert_eq!(cut(text.as_bytes()), vec![(1, 1, 1, 94), (1, 95, 0, 7)]);
        let like_a_record = format!("{:<94}627 surplus", "627");
        assert_eq!(cut(like_a_record.as_bytes()), vec![(1, 1, 1, 94), (1, 95, 0, 11)]);
        let blank = format!("{:<120}", "627");
        assert_eq!(cut(blank.as_bytes()), vec![(1, 1, 1, 3)]);
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let one = format!("{:<94}", "5225Société générale");
        let two = format!(
            "{:<94}",
            "62705320001912345            0000010500c-1            Bachman Eric"
        );
        let text = format!("{one}{two}");
        assert_eq!(cut(text.as_bytes()), vec![(1, 1, 1, 94), (1, 95, 2, 66)]);
    }

    #[test]
    fn an_indented_record_begins_at_its_first_character() {
        assert_eq!(cut(b"   627"), vec![(1, 4, 1, 3)]);
    }
}
