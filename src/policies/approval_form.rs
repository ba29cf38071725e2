//! The form of the approval rules: so many rules as there are, and an empty one to fill.

use super::{
    approval::{By, MOST_PEOPLE, MOST_RULES, NAMES, RawRule, Subject},
    rules_form::{Form, value},
};
use crate::{
    kernel::error::FieldErrors,
    web::{shell::Field, ui::Choice},
};

/// The rules of a form; a place where nothing is chosen is none.
pub fn rules(form: &Form) -> Vec<RawRule> {
    NAMES
        .iter()
        .map(|names| RawRule {
            of: value(form, names.of).to_owned(),
            from: value(form, names.from).to_owned(),
            elsewhere: value(form, names.elsewhere).to_owned(),
            by: value(form, names.by).to_owned(),
            people: value(form, names.people).to_owned(),
        })
        .filter(|rule| !rule.of.is_empty())
        .collect()
}

/// The rules as fields that are not shown.
pub fn hidden(rules: &[RawRule]) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    for (names, rule) in NAMES.iter().zip(rules) {
        fields.extend([
            (names.of, rule.of.clone()),
            (names.from, rule.from.clone()),
            (names.elsewhere, rule.elsewhere.clone()),
            (names.by, rule.by.clone()),
            (names.people, rule.people.clone()),
        ]);
    }
    fields
}

/// One rule as the page shows it.
pub struct RuleFields {
    pub legend: String,
    pub of: &'static str,
    pub of_field: Field,
    pub subjects: Vec<Choice>,
    pub from: &'static str,
    pub from_field: Field,
    pub by: &'static str,
    pub by_field: Field,
    pub makers: Vec<Choice>,
    pub people: &'static str,
    pub people_field: Field,
    pub numbers: Vec<Choice>,
    pub elsewhere: &'static str,
    pub is_elsewhere: bool,
}

/// The rules that there are, and one more as long as it fits.
pub fn fields(rules: &[RawRule], errors: &FieldErrors) -> Vec<RuleFields> {
    let empty = RawRule {
        by: By::TeamMember.as_str().into(),
        people: "1".into(),
        ..RawRule::default()
    };
    let shown = (rules.len() + 1).min(MOST_RULES);
    NAMES
        .iter()
        .take(shown)
        .enumerate()
        .map(|(at, names)| {
            let rule = rules.get(at).unwrap_or(&empty);
            let legend = if at < rules.len() {
                format!("Rule {}", at + 1)
            } else {
                "A new rule".into()
            };
            RuleFields {
                legend,
                of: names.of,
                of_field: Field::of("", names.of, errors),
                subjects: subjects(&rule.of),
                from: names.from,
                from_field: Field::of(&rule.from, names.from, errors),
                by: names.by,
                by_field: Field::of("", names.by, errors),
                makers: choices(By::ALL.iter().map(|b| (b.as_str(), b.label())), &rule.by),
                people: names.people,
                people_field: Field::of("", names.people, errors),
                numbers: numbers(&rule.people),
                elsewhere: names.elsewhere,
                is_elsewhere: rule.elsewhere == "1",
            }
        })
        .collect()
}

fn choices<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    all.map(|(value, label)| Choice {
        value: value.into(),
        label: label.into(),
        selected: value == chosen,
    })
    .collect()
}

fn subjects(chosen: &str) -> Vec<Choice> {
    let all = Subject::ALL.iter().map(|s| (s.as_str(), s.label()));
    choices(std::iter::once(("", "No rule")).chain(all), chosen)
}

fn numbers(chosen: &str) -> Vec<Choice> {
    (1..=MOST_PEOPLE)
        .map(|n| Choice {
            value: n.to_string(),
            label: match n {
                1 => "One other person".into(),
                n => format!("{n} other people"),
            },
            selected: n.to_string() == chosen,
        })
        .collect()
}
