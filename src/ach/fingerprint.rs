//! What makes an entry the same entry in another file.

use super::entry::Entry;
use super::header::BatchHeader;
use super::record::{Record, WIDTH};

/// Version of the layout below; a change of it makes all old fingerprints differ.
const VERSION: &[u8] = b"docket ach entry 1";

/// Canonical bytes of an entry, to be hashed by the caller.
///
/// They hold company identification, class, effective and settlement date of the batch, and every
/// character of the entry and its addenda, each record padded to 94 characters. They do not hold
/// what differs from file to file: file header, batch number, line ends, trimmed blanks. Without a
/// batch its part is empty. Two entries of *one* file with the same characters (trace number
/// included) have the same bytes: if they are to count as two, the caller adds their number.
pub fn entry_fingerprint(batch: Option<&BatchHeader<'_>>, entry: &Entry<'_>) -> Vec<u8> {
    let records = 1 + entry.addenda().len();
    let mut bytes = Vec::with_capacity(64 + records * (WIDTH + 1));
    bytes.extend_from_slice(VERSION);
    bytes.push(b'\n');
    if let Some(batch) = batch {
        let record = batch.record();
        // Company identification and class; effective and settlement date.
        for (from, to) in [(41, 53), (70, 78)] {
            push_padded(&mut bytes, record.raw(from, to), to - from + 1);
        }
    }
    bytes.push(b'\n');
    for record in std::iter::once(entry.record()).chain(entry.addenda().iter().copied()) {
        push_record(&mut bytes, &record);
    }
    bytes
}

fn push_record(bytes: &mut Vec<u8>, record: &Record<'_>) {
    let missing = WIDTH.saturating_sub(record.len());
    bytes.extend_from_slice(record.bytes());
    bytes.extend(std::iter::repeat_n(b' ', missing));
    bytes.push(b'\n');
}

fn push_padded(bytes: &mut Vec<u8>, field: &[u8], width: usize) {
    bytes.extend_from_slice(field);
    bytes.extend(std::iter::repeat_n(b' ', width.saturating_sub(field.len())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::reader::{Event, Reader};

    const BATCH: &str =
        "5200CoinLion                            123456789 WEBTRANSFER        000101   1091000010000001";
    const ENTRY: &str =
        "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242";
    const RETURN: &str =
        "799R01091400600000001      09100001                                            091000017611242";

    fn fingerprint(text: &str) -> Vec<u8> {
        let mut batch = None;
        Reader::new(text.as_bytes())
            .find_map(|event| match event {
                Event::BatchHeader(header) => {
                    batch = Some(header);
                    None
                }
                Event::Entry(entry) => Some(entry_fingerprint(batch.as_ref(), &entry)),
                _ => None,
            })
            .unwrap()
    }

    #[test]
    fn the_same_entry_in_another_file_has_the_same_fingerprint() {
        let lf = fingerprint(&[BATCH, ENTRY, RETURN].join("\n"));
        assert_eq!(fingerprint(&[BATCH, ENTRY, RETURN].join("\r\n")), lf);
        assert_eq!(fingerprint(&[BATCH, ENTRY, RETURN].concat()), lf);
        let renumbered = BATCH.replace("0000001", "0000042");
        assert_eq!(fingerprint(&["xx", &renumbered, ENTRY, RETURN].join("\n")), lf);
        let cut = "62609140060612345678901234567 0000012354";
        assert_eq!(
            fingerprint(&[BATCH, cut].join("\n")),
            fingerprint(&[BATCH, &format!("{cut:94}")].join("\n"))
        );
    }

    #[test]
    fn any_change_of_the_entry_or_its_batch_shows() {
        let original = fingerprint(&[BATCH, ENTRY, RETURN].join("\n"));
        for (batch, entry, addenda) in [
            (&BATCH.replace("123456789", "123456780")[..], ENTRY, RETURN),
            (&BATCH.replace("000101", "250101"), ENTRY, RETURN),
            (&BATCH.replace("000101   ", "000101149"), ENTRY, RETURN),
            (BATCH, &ENTRY.replace("12354", "12355")[..], RETURN),
            (BATCH, ENTRY, &RETURN.replace("R01", "R09")[..]),
            (BATCH, ENTRY, ""),
        ] {
            assert_ne!(fingerprint(&[batch, entry, addenda].join("\n")), original);
        }
    }
}
