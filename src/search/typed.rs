//! What a typed text may be, beside words: an id or its beginning, a trace number, an amount, a code.

use uuid::Uuid;

use crate::{
    ach::codes::{noc_code, return_code},
    kernel::money::{Currency, Money},
};

/// The beginning of an id has at least so many letters: a fifth of a second's worth of ids begin alike.
const SHORTEST_ID: usize = 8;

/// A trace number has fifteen digits.
const TRACE: usize = 15;

/// What it may be. Several may hold: 123 is an amount, and words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The first and the last id that begin so.
    pub ids: Option<(Uuid, Uuid)>,
    /// All of an id is there.
    pub is_whole_id: bool,
    pub trace: Option<String>,
    pub amount: Option<Money>,
    /// The code and what it means.
    pub code: Option<(String, &'static str)>,
}

impl Typed {
    /// Reads what is typed.
    pub fn parse(typed: &str) -> Self {
        let text = typed.trim();
        let (ids, is_whole_id) = ids(text);
        Self {
            ids,
            is_whole_id,
            trace: Some(text)
                .filter(|t| t.len() == TRACE && t.bytes().all(|b| b.is_ascii_digit()))
                .map(str::to_owned),
            amount: amount(text),
            code: code(text),
        }
    }
}

fn ids(text: &str) -> (Option<(Uuid, Uuid)>, bool) {
    let hex = text.replace('-', "").to_ascii_lowercase();
    let is_hex = hex.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex || hex.len() < SHORTEST_ID || hex.len() > 32 {
        return (None, false);
    }
    let filled = |with: char| {
        let all: String = hex.chars().chain(std::iter::repeat(with)).take(32).collect();
        Uuid::parse_str(&all).ok()
    };
    (filled('0').zip(filled('f')), hex.len() == 32)
}

fn amount(text: &str) -> Option<Money> {
    let digits = text.trim_start_matches('$').trim().replace(',', "");
    Money::parse(&digits, Currency::USD).ok()
}

fn code(text: &str) -> Option<(String, &'static str)> {
    let code = text.to_ascii_uppercase();
    let title = return_code(&code)
        .map(|c| c.title.as_str())
        .or_else(|| noc_code(&code).map(|c| c.title.as_str()))?;
    Some((code, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_it_can_be() {
        let id = Typed::parse("0193a4b2-7c1d-7e2f-8a3b-4c5d6e7f8a9b");
        assert!(id.is_whole_id && id.ids.is_some_and(|(from, to)| from == to));
        let beginning = Typed::parse("0193A4B2");
        assert!(!beginning.is_whole_id);
        assert_eq!(
            beginning.ids.unwrap().1.to_string(),
            "0193a4b2-ffff-ffff-ffff-ffffffffffff"
        );
        let trace = Typed::parse(" 091000010000001 ");
        assert_eq!(trace.trace.as_deref(), Some("091000010000001"));
        assert_eq!(Typed::parse("$1,204.50").amount.map(Money::minor), Some(120_450));
        assert_eq!(Typed::parse("r03").code.unwrap().0, "R03");
        assert_eq!(Typed::parse("c01").code.unwrap().0, "C01");
        assert_eq!(Typed::parse("paul jones"), Typed::default());
        assert_eq!(Typed::parse("R99x").code, None);
    }
}
