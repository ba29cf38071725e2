//! Texts that people type: trimmed, bounded in characters, free of control characters. Each type says in a sentence
//! what it refuses; a value of the type is proof that it was checked.

use std::fmt;

use crate::ach;

/// Checks a text of at most `max` characters, as typed but for blanks at its ends.
///
/// # Errors
/// A sentence for the field.
fn bounded(what: &str, typed: &str, max: usize) -> Result<String, String> {
    let text = typed.trim();
    // What has no article is several: "A reason", but "Notes".
    let is_one = what.starts_with("A ") || what.starts_with("An ");
    let (is, has) = if is_one { ("is", "has") } else { ("are", "have") };
    if text.is_empty() {
        return Err(format!("{what} {is} required."));
    }
    let length = text.chars().count();
    if length > max {
        return Err(format!("{what} {has} {length} characters; at most {max} fit."));
    }
    // Line ends and tabs are part of a text; NUL and the rest would be lost or do harm on the way.
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(format!("{what} {has} a control character; remove it."));
    }
    Ok(text.to_owned())
}

macro_rules! bounded_text {
    ($($(#[$doc:meta])* $name:ident($what:literal, $max:literal)),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name(String);

            impl $name {
                /// The most characters it may have.
                pub const MAX: usize = $max;

                /// Checks what was typed.
                ///
                /// # Errors
                /// A sentence for the field.
                pub fn parse(typed: &str) -> Result<Self, String> {
                    bounded($what, typed, $max).map(Self)
                }

                /// The text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }
        )+
    };
}

bounded_text! {
    /// What a dispute is about, and what it came to.
    DisputeText("A text", 5000),
    /// What a piece of evidence shows.
    EvidenceText("A comment", 1000),
    /// Why something was done.
    Reason("A reason", 1000),
    /// What was done to resolve an exception.
    ResolutionNotes("Notes", 1000),
    /// A remark on an exception.
    CommentText("A comment", 5000),
    /// A note's title.
    NoteTitle("A title", 128),
    /// A note's text.
    NoteText("A note", 1000),
    /// A first or last name.
    PersonName("A name", 40),
    /// The name of a business account, financial account or service account.
    Title("A name", 100),
}

/// An e-mail address, in lower case: it is how people are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks what was typed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let text = bounded("An e-mail address", typed, 254)?.to_lowercase();
        let well_formed = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty())
                && !text.chars().any(char::is_whitespace)
        });
        if well_formed {
            Ok(Self(text))
        } else {
            Err("Give an e-mail address such as ada@example.com.".into())
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bank's routing number whose check digit is right (ach-codes.md section 9, rule 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingNumber(String);

impl RoutingNumber {
    /// Checks what was typed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let text = typed.trim();
        if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err("A routing number has nine digits.".into());
        }
        if !ach::routing::check_digit(text).is_valid() {
            return Err("The routing number's check digit is wrong; compare it with the source.".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An account number. It masks itself wherever it is printed; `reveal` is the one way to the digits.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountNumber(String);

impl AccountNumber {
    /// Checks what was typed or read: 1 to 35 letters, digits, hyphens and inner blanks.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let text = typed.trim_end();
        let allowed = |c: char| c.is_ascii_graphic() || c == ' ';
        if text.trim().is_empty() || text.chars().count() > 35 || !text.chars().all(allowed) {
            return Err("An account number has 1 to 35 letters and digits.".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// Checks what a person typed: 4 to 17 letters, digits and hyphens, as an ACH entry holds them (ach-codes.md
    /// section 9). Real ones have four at least; what a bank sends may be shorter, and is taken by [`Self::parse`].
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse_typed(typed: &str) -> Result<Self, String> {
        let text = typed.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let digits = text.chars().filter(char::is_ascii_alphanumeric).count();
        if digits < 4 || text.chars().count() > 17 || !text.chars().all(allowed) {
            return Err("An account number has 4 to 17 letters, digits and hyphens.".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole number: for sealing and comparing only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters; fewer when the number has no more than four, so that it is never shown whole.
    pub fn tail(&self) -> String {
        account_tail(&self.0)
    }
}

/// The part of an account number that may be shown: at most its last four characters, and never all of it.
pub fn account_tail(number: &str) -> String {
    let characters: Vec<char> = number.trim().chars().collect();
    let shown = 4.min(characters.len() / 2);
    characters.iter().skip(characters.len() - shown).collect()
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "••••{}", self.tail())
    }
}

/// A client's key that makes a write safe to repeat: 6 to 255 visible ASCII characters other than quotation
/// marks, in which it may be put (http-api.md, Idempotency).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks a header's or hidden field's value; a quoted string is taken without its quotes.
    ///
    /// # Errors
    /// A sentence for the client.
    pub fn parse(value: &str) -> Result<Self, String> {
        let key = value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .unwrap_or(value);
        if (6..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic() && b != b'"') {
            Ok(Self(key.to_owned()))
        } else {
            Err("An idempotency key has 6 to 255 visible ASCII characters, no quotation marks.".into())
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text with its first letter large, as a sentence begins.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_large_letter() {
        for (text, expected) in [
            ("it is done.", "It is done."),
            ("It is done.", "It is done."),
            ("éa", "Éa"),
            ("ß", "SS"),
            ("2 of 3", "2 of 3"),
            ("", ""),
        ] {
            assert_eq!(capitalised(text), expected);
        }
    }

    #[test]
    fn an_account_number_that_is_typed_has_four_to_seventeen_letters_digits_and_hyphens() {
        for good in ["1234", "12-3456-A", "12345678901234567", " 0001 "] {
            assert!(AccountNumber::parse_typed(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "12",
            "123",
            "----",
            "abc def!",
            "1234 567",
            "123456789012345678",
            "12345é",
        ] {
            let refused = AccountNumber::parse_typed(wrong).unwrap_err();
            assert!(refused.contains("4 to 17"), "{wrong}");
        }
        // A bank's own may have inner blanks, and be short.
        assert!(AccountNumber::parse("1234 567").is_ok() && AccountNumber::parse("12").is_ok());
    }

    #[test]
    fn a_reason_is_trimmed_and_counted_in_characters() {
        assert_eq!(Reason::parse("  because \n").unwrap().as_str(), "because");
        assert!(Reason::parse(&"ä".repeat(1000)).is_ok());
        assert_eq!(
            Reason::parse(&"ä".repeat(1001)).unwrap_err(),
            "A reason has 1001 characters; at most 1000 fit."
        );
        assert_eq!(Reason::parse(" \t ").unwrap_err(), "A reason is required.");
        assert!(Reason::parse("a\0b").is_err());
        assert_eq!(ResolutionNotes::parse(" ").unwrap_err(), "Notes are required.");
        assert_eq!(Email::parse("").unwrap_err(), "An e-mail address is required.");
    }

    #[test]
    fn an_account_number_never_prints_itself() {
        let number = AccountNumber::parse("123456789").unwrap();
        assert_eq!(format!("{number} {number:?}"), "••••6789 ••••6789");
        assert_eq!(AccountNumber::parse("1234").unwrap().to_string(), "••••34");
    }

    #[test]
    fn a_routing_number_has_a_check_digit() {
        assert!(RoutingNumber::parse("123456780").is_ok());
        assert!(RoutingNumber::parse("123456789").is_err());
        assert!(RoutingNumber::parse("12345678").is_err());
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii() {
        assert!(IdempotencyKey::parse("12345").is_err());
        assert!(IdempotencyKey::parse("123456").is_ok());
        assert_eq!(IdempotencyKey::parse("\"abcdef\"").unwrap().as_str(), "abcdef");
        assert!(IdempotencyKey::parse("with blank").is_err());
        assert!(IdempotencyKey::parse("abc\"def").is_err());
        assert!(IdempotencyKey::parse("\"abcde\"").is_err());
        assert!(IdempotencyKey::parse(&"k".repeat(256)).is_err());
    }

    #[test]
    fn an_email_is_lower_case_and_has_a_domain() {
        assert_eq!(
            Email::parse(" Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
        for bad in [
            "ada",
            "@example.com",
            "ada@com",
            "ada@@example.com",
            "a da@example.com",
            "ada@example..com",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
