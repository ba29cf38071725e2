//! Words: how a text is cut into them, and what is asked of the index.

use std::{borrow::Cow, fmt::Write as _};

use crate::kernel::id::BusinessAccountId;

/// More words than this narrow nothing.
pub const MOST_WORDS: usize = 8;

/// In characters; what is longer is cut, in texts and in questions alike.
const LONGEST: usize = 64;

/// A last word of at least so many letters may be the beginning of a longer one.
const SHORTEST_BEGINNING: usize = 3;

/// The same of a number: a trace number begins with eight digits of its bank; shorter ones are said whole.
const SHORTEST_BEGINNING_OF_NUMBER: usize = 8;

/// At most so many words are named in place of their beginning.
pub const MOST_NAMED: usize = 32;

/// Cuts a text into words, in small letters.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).flat_map(char::to_lowercase).collect())
}

/// What tells the words of a business account from another's. On PostgreSQL every document has it as a word; on SQLite
/// every word begins with it, as FTS5 walks through all documents of a word that is in all of them.
pub fn mark_of(account: BusinessAccountId) -> String {
    format!("a{}", account.uuid().simple())
}

/// A word as FTS5 has it, which is a business account's own.
pub fn marked(mark: &str, word: &str) -> String {
    format!("{mark}{}", for_fts(word))
}

/// Words as FTS5 has them: its tokenizer knows the letters of an older Unicode than ours and would cut some words in
/// pieces, so letters other than ASCII's are written by their numbers.
pub fn for_fts(words: &str) -> Cow<'_, str> {
    if words.is_ascii() {
        return words.into();
    }
    let mut written = String::new();
    for c in words.chars() {
        if c.is_ascii() {
            written.push(c);
        } else {
            let _ = write!(written, "x{:x}x", u32::from(c));
        }
    }
    written.into()
}

/// Whether a word belongs in the vocabulary, where beginnings are looked up. Numbers do not: each is a new one, and they
/// would be most of it.
pub fn is_of_vocabulary(word: &str) -> bool {
    !is_number(word)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a last word may be the beginning of a longer one.
pub fn may_begin_another(word: &str) -> bool {
    let shortest = if is_number(word) {
        SHORTEST_BEGINNING_OF_NUMBER
    } else {
        SHORTEST_BEGINNING
    };
    word.chars().count() >= shortest
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
            begins: may_begin_another(last) && !typed.ends_with(char::is_whitespace),
            words,
        })
    }

    /// The last word as FTS5 has it, where it may be the beginning of one in the vocabulary.
    pub fn beginning(&self, account: BusinessAccountId) -> Option<String> {
        let last = self.words.last().filter(|_| self.begins)?;
        is_of_vocabulary(last).then(|| marked(&mark_of(account), last))
    }

    /// As FTS5 asks. Words have letters and digits alone, so nothing in them is an operator. `begun` are the words of
    /// the vocabulary with this [`beginning`](Self::beginning), more than [`MOST_NAMED`] when they are too many to name.
    pub fn for_sqlite(&self, account: BusinessAccountId, begun: &[String]) -> String {
        let mark = mark_of(account);
        let mut words: Vec<String> = self
            .words
            .iter()
            .map(|word| quoted(&marked(&mark, word)))
            .collect();
        if let Some(last) = words.last_mut().filter(|_| self.begins) {
            // A star makes FTS5 join all documents of what begins so before it looks at anything else.
            if self.beginning(account).is_none() || begun.len() > MOST_NAMED {
                last.push('*');
            } else if !begun.is_empty() {
                // The word itself too: it may be the last that has come.
                let others = begun.iter().map(|word| quoted(word)).filter(|word| word != last);
                let named: Vec<String> = std::iter::once(last.clone()).chain(others).collect();
                *last = format!("({})", named.join(" OR "));
            }
        }
        words.join(" AND ")
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

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
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
            terms.for_sqlite(account, &[]),
            format!("\"{mark}paul\" AND \"{mark}or\" AND \"{mark}jon\"")
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
    fn words_that_begin_so_are_named_where_they_are_not_too_many() {
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let mark = mark_of(account);
        let asked = |typed: &str, begun: &[String]| {
            let begun: Vec<String> = begun.iter().map(|word| marked(&mark, word)).collect();
            let asked = Terms::parse(typed).unwrap().for_sqlite(account, &begun);
            asked.replace(&mark, "")
        };
        let two = ["insufficient".to_owned(), "insufficiently".to_owned()];
        assert_eq!(
            asked("malik insuff", &two),
            "\"malik\" AND (\"insuff\" OR \"insufficient\" OR \"insufficiently\")"
        );
        assert_eq!(asked("insufficient", &two[..1]), "(\"insufficient\")");
        assert_eq!(asked("insuff", &[]), "\"insuff\"", "nothing begins so");
        assert_eq!(asked("insuff ", &[]), "\"insuff\"", "a blank ends the word");
        let many: Vec<String> = (0..=MOST_NAMED).map(|n| format!("insuff{n}")).collect();
        assert!(asked("insuff", &many[1..]).ends_with(" OR \"insuff32\")"));
        assert_eq!(asked("insuff", &many), "\"insuff\"*");
        assert_eq!(asked("09100001", &[]), "\"09100001\"*");
        assert_eq!(asked("0910000", &[]), "\"0910000\"");
    }

    #[test]
    fn a_number_begins_another_from_eight_digits_on() {
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let terms = |typed: &str| Terms::parse(typed).unwrap();
        for (typed, begins, beginning) in [
            ("insuff", true, Some("insuff")),
            ("r0", false, None),
            ("r01", true, Some("r01")),
            ("4711", false, None),
            ("0910000", false, None),
            ("09100001", true, None),
            ("091000010000001", true, None),
            ("09100001 ", false, None),
            ("0910x", true, Some("0910x")),
        ] {
            let terms = terms(typed);
            assert_eq!(
                (terms.begins, terms.beginning(account)),
                (begins, beginning.map(|word| marked(&mark_of(account), word))),
                "{typed}"
            );
            assert_eq!(terms.for_postgres(account).ends_with(":*"), begins, "{typed}");
        }
        let hits = |typed: &str, text: &str| -> Vec<String> {
            let shown = terms(typed).excerpt(text, 80).unwrap_or_default();
            shown.into_iter().filter(|p| p.is_hit).map(|p| p.text).collect()
        };
        assert_eq!(hits("471", "471 is not 4711"), ["471"]);
        assert_eq!(hits("09100001", "Trace 091000010000001"), ["091000010000001"]);
        assert_eq!(hits("insuff", "Insufficient funds"), ["Insufficient"]);
    }

    #[test]
    fn letters_that_fts5_may_not_know_are_written_by_their_numbers() {
        assert_eq!(for_fts("zoe r01"), "zoe r01");
        assert_eq!(for_fts("zoë"), "zoxebx");
        assert!(for_fts("हिन्दी").bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let asked = Terms::parse("zoë vane").unwrap().for_sqlite(account, &[]);
        let mark = mark_of(account);
        assert_eq!(asked, format!("\"{mark}zoxebx\" AND \"{mark}vane\""));
        assert_eq!(
            Terms::parse("zoë").unwrap().beginning(account),
            Some(format!("{mark}zoxebx"))
        );
    }

    #[test]
    fn numbers_are_not_in_the_vocabulary() {
        assert!(is_of_vocabulary("insufficient") && is_of_vocabulary("r01") && is_of_vocabulary("zoë"));
        assert!(!is_of_vocabulary("4711"));
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
