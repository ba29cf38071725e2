//! How templates write texts into HTML (`askama.toml` names it).

use std::fmt::{self, Write};

use askama::{FastWritable, Values, filters::Escaper};
use uuid::{Uuid, fmt::Hyphenated};

use crate::kernel::id::Id;

/// Escapes as askama's own does, but looks first whether there is anything to escape. Mostly there is not, and that is
/// found out eight bytes at a time: a tenth of the time of a queue page went into looking at each. What askama calls
/// HTML-safe it knows of its own escaper only: here numbers are escaped too, and only `|safe` is not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        if is_plain(text) {
            dest.write_str(text)
        } else {
            askama::filters::Html.write_escaped_str(dest, text)
        }
    }
}

/// Whether HTML reads it as it stands.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (eights, rest) = bytes.as_chunks::<8>();
    let found = eights.iter().fold(0, |found, eight| found | marks(*eight));
    // The last eight, whether or not they were among those; all when there are fewer.
    let last = bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut few = [0; 8];
        few.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        few
    });
    (found | marks(last)) == 0
}

/// Something else than 0 when one of eight bytes is `"`, `&`, `'`, `<` or `>`.
fn marks(eight: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_ne_bytes(eight);
    // A byte that is 0 borrows from its highest bit, which it did not have.
    let has = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs & (ONES << 7)
    };
    // Those that differ in one bit are asked for together: < and >, " and &, & and '.
    has(word | (ONES << 1), b'>') | has(word | (ONES << 2), b'&') | has(word | ONES, b'\'')
}

/// Without the formatting machinery: a queue page has some hundred and fifty ids.
impl<K: 'static> FastWritable for Id<K> {
    fn write_into(&self, dest: &mut dyn Write, _: &dyn Values) -> askama::Result<()> {
        let mut text = Uuid::encode_buffer();
        let text = Hyphenated::from_uuid(self.uuid()).encode_lower(&mut text);
        Ok(dest.write_str(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut written = String::new();
        Html.write_escaped_str(&mut written, text).unwrap();
        written
    }

    #[test]
    fn every_mark_of_html_is_escaped_wherever_it_stands() {
        for (mark, written) in [
            ("<", "&#60;"),
            (">", "&#62;"),
            ("&", "&#38;"),
            ("\"", "&#34;"),
            ("'", "&#39;"),
        ] {
            for before in 0..40 {
                for after in 0..20 {
                    let around = |mark: &str| format!("{}{mark}{}", "é".repeat(before), "x".repeat(after));
                    assert_eq!(escaped(&around(mark)), around(written));
                }
            }
        }
        assert_eq!(
            escaped("<a href=\"/\">'&'</a>"),
            "&#60;a href=&#34;/&#34;&#62;&#39;&#38;&#39;&#60;/a&#62;"
        );
    }

    #[test]
    fn every_other_character_stays() {
        let others: String = (0..=0x2_FFFF)
            .filter_map(char::from_u32)
            .filter(|c| !"<>&\"'".contains(*c))
            .collect();
        assert_eq!(escaped(&others), others);
    }

    #[test]
    fn templates_use_it_and_write_ids_as_they_are_spelled() {
        #[derive(askama::Template)]
        #[template(source = "{{ id }} {{ text }} {{ n }} {{ tag }}", ext = "html")]
        struct Page {
            id: Id<()>,
            text: &'static str,
            n: i64,
            tag: Tag,
        }
        // Only askama's own escaper lets it pass.
        struct Tag;
        impl askama::filters::HtmlSafe for Tag {}
        impl fmt::Display for Tag {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("<b>")
            }
        }
        let id = Id::from_uuid(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
        let page = Page {
            id,
            text: "a & b",
            n: -1,
            tag: Tag,
        };
        let written = askama::Template::render(&page).unwrap();
        assert_eq!(written, format!("{id} a &#38; b -1 &#60;b&#62;"));
    }
}
