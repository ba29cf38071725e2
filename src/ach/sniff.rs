//! Is this an ACH file at all? Refuses whole what cannot be one, before anything is stored.
//!
//! domain.md section 10: an unreadable file is refused whole; a damaged one is read as far as it
//! goes, which is the reader's job.

use super::lines::{Lines, Piece};
use super::problem::Place;
use super::record::Record;

/// Why a file was refused, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence} ({place})")]
pub struct Refusal {
    /// The first byte that shows it.
    pub place: Place,
    /// The reason, in one or two sentences for a person.
    pub sentence: String,
}

impl Refusal {
    fn at(place: Place, sentence: impl Into<String>) -> Self {
        Self {
            place,
            sentence: sentence.into(),
        }
    }
}

const START: Place = Place {
    line: 1,
    column: 1,
    record: 1,
};

/// First bytes of formats that people upload by mistake.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (
        b"PK\x03\x04",
        "a ZIP archive or an Office document; unpack it first",
    ),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"-----BEGIN PGP", "encrypted (PGP); decrypt it first"),
    (b"\x00\x00\xfe\xff", "text in UTF-32; save it as plain ASCII text"),
    (b"\xff\xfe", "text in UTF-16; save it as plain ASCII text"),
    (b"\xfe\xff", "text in UTF-16; save it as plain ASCII text"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
];

/// Bytes looked at for signs of a binary file.
const WINDOW: usize = 64 * 1024;

/// `Ok` when at least one line of the file looks like a record of an ACH file and nothing shows
/// that the file is of another kind.
pub fn sniff(bytes: &[u8]) -> Result<(), Refusal> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(Refusal::at(START, "The file is empty."));
    }
    let is_padding = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1a);
    let Some(first) = text.iter().position(|byte| !is_padding(byte)) else {
        return Err(Refusal::at(START, "The file holds nothing but blanks."));
    };
    let body = text.get(first..).unwrap_or_default();
    for (signature, name) in SIGNATURES {
        if body.starts_with(signature) || text.starts_with(signature) {
            return Err(Refusal::at(
                place_of(bytes, bytes.len() - body.len()),
                format!("This is not an ACH file: it looks like {name}."),
            ));
        }
    }
    if let Some(refusal) = wide_text(text) {
        return Err(refusal);
    }
    first_record(bytes)
}

/// UTF-16 without a mark (every other byte is NUL) and EBCDIC (digits are F0-F9, blank is 40).
fn wide_text(text: &[u8]) -> Option<Refusal> {
    let window = text.get(..WINDOW.min(text.len())).unwrap_or_default();
    let sample = window.len();
    let share = |count: usize, percent: usize| sample >= 20 && count * 100 >= sample * percent;
    let alternating = |odd: usize| {
        window
            .iter()
            .enumerate()
            .filter(|(index, byte)| index % 2 == odd && **byte == 0)
            .count()
    };
    if share(alternating(0), 45) || share(alternating(1), 45) {
        return Some(Refusal::at(
            START,
            "This is text in UTF-16; save it as plain ASCII text.",
        ));
    }
    let ebcdic = window
        .iter()
        .filter(|byte| matches!(byte, 0xf0..=0xf9 | 0x40))
        .count();
    let high = window.iter().filter(|byte| **byte >= 0x80).count();
    if share(ebcdic, 50) && share(high, 30) {
        return Some(Refusal::at(
            START,
            "This is EBCDIC text from a mainframe; have it converted to ASCII in the transfer.",
        ));
    }
    None
}

fn first_record(bytes: &[u8]) -> Result<(), Refusal> {
    let mut first_odd = None;
    for piece in Lines::new(bytes) {
        let Piece::Record(record) = piece else {
            continue;
        };
        if looks_like_record(&record) {
            return Ok(());
        }
        if first_odd.is_none() && !record.bytes().trim_ascii().is_empty() {
            first_odd = Some(record);
        }
    }
    let (place, binary) = first_odd.map_or((START, false), |record| {
        let odd = record.first_unprintable();
        (record.place_of(odd.unwrap_or(1)), odd.is_some())
    });
    let sentence = if binary {
        "This is not an ACH file: it holds bytes that are not text, and no line is a record."
    } else {
        "This is not an ACH file: no line begins like a record (a digit 1, 5, 6, 7, 8 or 9 \
         followed by the numbers that belong to it)."
    };
    Err(Refusal::at(place, sentence))
}

/// Strict enough that no sentence, table or picture passes, lenient enough for damaged records.
fn looks_like_record(record: &Record<'_>) -> bool {
    let digits = |from: usize, to: usize| {
        record
            .raw(from, to)
            .iter()
            .filter(|byte| byte.is_ascii_digit())
            .count()
    };
    match record.kind() {
        b'1' => digits(2, 3) == 2 && digits(4, 34) >= 16,
        b'5' => digits(2, 4) == 3 && record.len() >= 50,
        b'6' => digits(2, 12) >= 10 && record.len() >= 30,
        b'7' => {
            matches!(
                record.raw(2, 3),
                b"02"
                    | b"05"
                    | b"10"
                    | b"11"
                    | b"12"
                    | b"13"
                    | b"14"
                    | b"15"
                    | b"16"
                    | b"17"
                    | b"18"
                    | b"98"
                    | b"99"
            ) && record.len() >= 40
        }
        b'8' => digits(2, 20) >= 17,
        b'9' => digits(2, 30) >= 26,
        _ => false,
    }
}

/// Line and column of the byte with index `index`.
fn place_of(bytes: &[u8], index: usize) -> Place {
    let before = bytes.get(..index).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Place {
        line,
        column,
        record: line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(bytes: &[u8]) -> String {
        sniff(bytes).unwrap_err().to_string()
    }

    #[test]
    fn files_of_other_kinds_are_refused_by_name() {
        for (bytes, word) in [
            (&b"%PDF-1.7\n..."[..], "PDF"),
            (b"\x7fELF\x02\x01\x01", "ELF"),
            (b"\x1f\x8b\x08\x00", "gzip"),
            (b"PK\x03\x04....", "ZIP"),
            (b"\xff\xfe1\x000\x00", "UTF-16"),
            (b"<!DOCTYPE html><html>", "HTML"),
            (b"\n  <html>", "HTML"),
            (b"{\"id\": 1}", "JSON"),
        ] {
            assert!(sentence(bytes).contains(word), "{word}");
        }
    }

    #[test]
    fn an_empty_file_and_one_of_blanks_are_refused() {
        assert_eq!(sentence(b""), "The file is empty. (line 1, column 1)");
        assert!(sentence(b" \r\n\n\t").contains("blanks"));
    }

    #[test]
    fn utf16_without_mark_and_ebcdic_are_recognised() {
        let utf16: Vec<u8> = "627231380104".bytes().flat_map(|b| [b, 0]).collect();
        assert!(sentence(&utf16).contains("UTF-16"));
        assert!(sentence(&[0xf6, 0xf2, 0xf7].repeat(30)).contains("EBCDIC"));
    }

    #[test]
    fn prose_and_tables_are_refused_with_the_place() {
        let text = b"\n5 apples and 6 pears\nname,amount\n";
        let refusal = sniff(text).unwrap_err();
        assert_eq!((refusal.place.line, refusal.place.column), (2, 1));
        assert!(refusal.sentence.contains("no line begins like a record"));
        for line in [
            "6 pears were eaten before anybody counted the apples in the basket.",
            "5 of 9 readers agree that this is a sentence, even though it is a long one.",
            "1999 was a good year",
            "799 francs",
            "8 + 1 = 9",
        ] {
            assert!(sniff(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn random_bytes_are_refused_at_the_first_one_that_is_no_text() {
        let refusal = sniff(b"ab\x01\x02\x03").unwrap_err();
        assert_eq!(refusal.place.column, 3);
    }

    #[test]
    fn one_record_is_enough_even_with_a_byte_order_mark_or_junk_before_it() {
        let entry = "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones";
        assert_eq!(sniff(entry.as_bytes()), Ok(()));
        assert_eq!(sniff(format!("\u{feff}{entry}").as_bytes()), Ok(()));
        assert_eq!(sniff(format!("$$ADD ID=X\n{entry}").as_bytes()), Ok(()));
    }
}
