//! A message as it is written: one view, once as text and once as HTML.

use askama::Template;

use crate::kernel::error::{AppError, AppResult};

/// A subject has at most so many characters.
const LONGEST_SUBJECT: usize = 120;

/// A run of so many digits may be an account number.
const LONGEST_NUMBER: usize = 6;

/// What is said, ready to print. Every text in it went through [`plain`].
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub subject: String,
    /// Its heading.
    pub title: String,
    pub lead: String,
    pub figures: Vec<Figure>,
    pub groups: Vec<Group>,
    /// What to do, after all the rest.
    pub advice: String,
    /// Why its reader gets it.
    pub why: String,
    /// Where to choose otherwise.
    pub settings: String,
}

/// A number that leads to the rows behind it.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: &'static str,
    pub n: String,
    pub href: String,
}

/// Things of one kind.
#[derive(Clone, Debug)]
pub struct Group {
    /// Empty for the only one.
    pub heading: String,
    pub lines: Vec<Line>,
    /// How many more there are; empty when that is all.
    pub more: String,
    pub href: String,
}

impl Group {
    /// All there is of it.
    pub fn of(heading: &str, lines: Vec<Line>) -> Self {
        Self {
            heading: heading.to_owned(),
            lines,
            more: String::new(),
            href: String::new(),
        }
    }
}

/// One thing that is told.
#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    /// When it happened, in its reader's time.
    pub at: String,
    pub href: String,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct AsText<'a> {
    said: &'a Said,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct AsHtml<'a> {
    said: &'a Said,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Where its reader can choose to get no more of them.
    pub settings: String,
}

impl Letter {
    /// Writes it.
    ///
    /// # Errors
    /// When a template fails.
    pub fn of(said: &Said) -> AppResult<Self> {
        let failed = |e: askama::Error| AppError::Internal(format!("template of an e-mail: {e}"));
        Ok(Self {
            subject: plain(&said.subject).chars().take(LONGEST_SUBJECT).collect(),
            text: AsText { said }.render().map_err(failed)?,
            html: AsHtml { said }.render().map_err(failed)?,
            settings: said.settings.clone(),
        })
    }
}

/// A text as an e-mail may carry it: on one line, without control characters, and of what may be an account number the
/// last four digits only, as mail leaves the house.
pub fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        push_number(&mut line, &mut digits);
        // The two are line ends to some; the rest would turn the order of letters.
        let is_odd = c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_odd || c.is_whitespace() {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(c);
        }
    }
    push_number(&mut line, &mut digits);
    line.trim().to_owned()
}

fn push_number(line: &mut String, digits: &mut String) {
    if digits.len() > LONGEST_NUMBER {
        line.push_str("••••");
        line.push_str(&digits[digits.len() - 4..]);
    } else {
        line.push_str(digits);
    }
    digits.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_without_account_numbers() {
        assert_eq!(
            plain("Eve\r\nBcc: all@example.com\u{2028}x\t y\0"),
            "Eve Bcc: all@example.com x y"
        );
        assert_eq!(
            plain("ACME 00836410275 and 4920017365500."),
            "ACME ••••0275 and ••••5500."
        );
        assert_eq!(
            plain("$123,456.00, 72 h, 2026, 123456"),
            "$123,456.00, 72 h, 2026, 123456"
        );
        assert_eq!(plain("1234567"), "••••4567");
        assert_eq!(plain(" "), "");
    }

    #[test]
    fn the_text_of_a_letter_is_text_and_its_html_is_escaped() {
        let said = Said {
            subject: "A\r\nB".into(),
            title: "Fish & <Chips>".into(),
            groups: vec![Group::of(
                "",
                vec![Line {
                    text: "<b>x</b>".into(),
                    at: "today".into(),
                    href: "https://docket.test/a?b=1&c=2".into(),
                }],
            )],
            ..Said::default()
        };
        let letter = Letter::of(&said).unwrap();
        assert_eq!(letter.subject, "A B");
        assert!(letter.text.contains("Fish & <Chips>"), "{}", letter.text);
        assert!(letter.text.contains("https://docket.test/a?b=1&c=2"));
        assert!(!letter.html.contains("<b>x</b>"), "{}", letter.html);
        assert!(!letter.html.contains("<Chips>"));
    }
}
