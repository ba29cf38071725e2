//! File names: kept for people to read, never used as a path.

use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};

/// At most so many characters of a name are kept.
const LONGEST: usize = 200;

/// A file's name as it is kept and shown: its last part, without characters that control a terminal, a header or the
/// direction of text.
pub fn kept(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|c| !c.is_control() && !steers_text(*c))
        .take(LONGEST)
        .collect();
    let name = visible.trim();
    if name.trim_matches('.').is_empty() {
        "unnamed file".into()
    } else {
        name.into()
    }
}

/// Marks that turn the direction of text around (`exe.hca` would read `ach.exe`), and Unicode's line ends.
fn steers_text(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// The header that has a browser save what follows under `name` (RFC 6266): plain for old ones, and encoded.
pub fn attachment(name: &str) -> ContentDisposition {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' | ';' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    let encoded = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(encoded),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_controls_nothing() {
        for (given, shown) in [
            ("returns.ach", "returns.ach"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\x.ach", "x.ach"),
            ("a\0b\r\nc\u{1b}[31m.ach", "abc[31m.ach"),
            ("\u{202e}hca.exe", "hca.exe"),
            ("..", "unnamed file"),
            ("", "unnamed file"),
            ("CON", "CON"),
            ("💸.ach", "💸.ach"),
        ] {
            assert_eq!(kept(given), shown, "{given:?}");
        }
        assert_eq!(kept(&"ü".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn a_download_is_named_in_both_ways_and_cannot_break_the_header() {
        let header = attachment("a\"; x💸.ach").to_string();
        assert_eq!(
            header,
            "attachment; filename=\"a__ x_.ach\"; filename*=UTF-8''a%22%3B%20x%F0%9F%92%B8.ach"
        );
    }
}
