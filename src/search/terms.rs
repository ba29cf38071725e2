//! Words: how a text is cut into them, and what is asked of the index.

use crate::kernel::id::BusinessAccountId;

/// More words than this narrow nothing.
const MOST_WORDS: usize = 8;

/// In characters; what is longer is cut, in texts and in questions alike.
const LONGEST: usize = 64;

/// A last word of at least so many letters may be the beginning of a longer one.
const SHORTEST_BEGINNING: usize = 3;

/// Cuts a text into words, in small letters.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).flat_map(char::to_lowercase).collect())
}

/// The word that every document of a business account has, so that another's are passed over by the index itself.
pub fn mark_of(account: BusinessAccountId) -> String {
    format!("a{}", account.uuid().simple())
}

/// Words that are looked for: a document has all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    words: Vec<String>,
    /// The last one may be the beginning of a word.
    begins: bool,
}

/// A piece of a text that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// It is one of the words.
    pub is_hit: bool,
}

impl Terms {
    /// What is typed, if there is a word in it.
    pub fn parse(typed: &str) -> Option<Self> {
        let words: Vec<String> = words_of(typed).take(MOST_WORDS).collect();
        let last = words.last()?;
        Some(Self {
            begins: last.chars().count() >= SHORTEST_BEGINNING && !typed.ends_with(char::is_whitespace),
            words,
        })
    }

    /// As FTS5 asks. Words have letters and digits alone, so nothing in them is an operator.
    pub fn for_sqlite(&self, account: BusinessAccountId) -> String {
        let words: Vec<String> = self.words.iter().map(|word| format!("\"{word}\"")).collect();
        let star = if self.begins { "*" } else { "" };
        format!("\"{}\" AND {}{star}", mark_of(account), words.join(" AND "))
    }

    /// As `to_tsquery` asks.
    pub fn for_postgres(&self, account: BusinessAccountId) -> String {
        let star = if self.begins { ":*" } else { "" };
        format!("{} & {}{star}", mark_of(account), self.words.join(" & "))
    }

    fn is_hit(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let (last, others) = self
            .words
            .split_last()
            .map_or(("", &[][..]), |(l, o)| (l.as_str(), o));
        others.contains(&word) || word == last || (self.begins && word.starts_with(last))
    }

    /// The part of a text around its first hit, cut into pieces; none when there is no hit in it.
    pub fn excerpt(&self, text: &str, longest: usize) -> Option<Vec<Piece>> {
        let pieces = self.pieces(text);
        let first = pieces.iter().position(|p| p.is_hit)?;
        let mut from = first;
        let mut before = 0;
        while from > 0 && before < longest / 4 {
            from -= 1;
            before += pieces[from].text.chars().count();
        }
        let mut shown = Vec::new();
        if from > 0 {
            shown.push(Piece {
                text: "… ".into(),
                is_hit: false,
            });
        }
        let mut length = 0;
        for piece in &pieces[from..] {
            if length > longest {
                shown.push(Piece {
                    text: "…".into(),
                    is_hit: false,
                });
                break;
            }
            let kept: String = piece.text.chars().take(longest).collect();
            length += kept.chars().count();
            shown.push(Piece {
                text: kept,
                is_hit: piece.is_hit,
            });
        }
        Some(shown)
    }

    /// Words and what is between them.
    fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for part in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            if !word.is_empty() {
                pieces.push(Piece {
                    text: word.to_owned(),
                    is_hit: self.is_hit(word),
                });
            }
            let rest = &part[word.len()..];
            if !rest.is_empty() {
                pieces.push(Piece {
                    text: rest.to_owned(),
                    is_hit: false,
                });
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_small_letters() {
        let words: Vec<String> = words_of("R01 Insufficient-Funds: $1,204.50 to Zoë").collect();
        assert_eq!(
            words,
            ["r01", "insufficient", "funds", "1", "204", "50", "to", "zoë"]
        );
        assert!(Terms::parse(" -*\"& ").is_none());
    }

    #[test]
    fn a_question_has_no_operators_but_ours() {
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let mark = "a00000000000000000000000000000000";
        let terms = Terms::parse("Paul* OR \"jon").unwrap();
        assert_eq!(
            terms.for_sqlite(account),
            format!("\"{mark}\" AND \"paul\" AND \"or\" AND \"jon\"*")
        );
        assert_eq!(terms.for_postgres(account), format!("{mark} & paul & or & jon:*"));
        assert_eq!(
            Terms::parse("r1").unwrap().for_postgres(account),
            format!("{mark} & r1"),
            "too short to begin something"
        );
        assert!(!Terms::parse("jones ").unwrap().begins, "a blank ends the word");
    }

    #[test]
    fn the_part_around_the_hit_is_shown() {
        let terms = Terms::parse("bank call").unwrap();
        let text = |pieces: Option<Vec<Piece>>| -> String {
            pieces
                .unwrap()
                .iter()
                .map(|p| {
                    if p.is_hit {
                        format!("[{}]", p.text)
                    } else {
                        p.text.clone()
                    }
                })
                .collect()
        };
        assert_eq!(
            text(terms.excerpt("The bank calls back.", 80)),
            "The [bank] [calls] back."
        );
        let long = format!("{} the bank {}", "before ".repeat(50), "after ".repeat(50));
        let shown = text(terms.excerpt(&long, 80));
        assert!(shown.starts_with("… ") && shown.contains("[bank]") && shown.ends_with('…'));
        assert!(shown.chars().count() < 140, "{shown}");
        assert_eq!(terms.excerpt("nothing", 80), None);
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in ".{0,80}") {
            let terms = Terms::parse("some words").unwrap();
            let joined: String = terms.pieces(&text).into_iter().map(|p| p.text).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
