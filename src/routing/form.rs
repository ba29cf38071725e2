//! The form of the routing rules: as many as there are, and an empty one to fill.

use super::rules::{Known, MOST_RULES, NAMES, RawRule, Target};
use crate::{
    exceptions::model::{Kind, Severity, Source},
    kernel::error::FieldErrors,
    policies::rules_form::{Form, value},
    web::{shell::Field, ui::Choice},
};

/// The rules of a form in the order of their places; one that is taken away, or that nothing was typed into, is none.
pub fn rules(form: &Form) -> Vec<RawRule> {
    let mut placed: Vec<(i64, RawRule)> = NAMES
        .iter()
        .zip(1_i64..)
        .map(|(names, at)| {
            let rule = RawRule {
                name: value(form, names.name).to_owned(),
                kind: value(form, names.kind).to_owned(),
                codes: value(form, names.codes).to_owned(),
                severity: value(form, names.severity).to_owned(),
                amount_from: value(form, names.amount_from).to_owned(),
                amount_to: value(form, names.amount_to).to_owned(),
                source: value(form, names.source).to_owned(),
                to: value(form, names.to).to_owned(),
            };
            let place = value(form, names.place);
            (
                if place == GONE {
                    -1
                } else {
                    place.parse().unwrap_or(at)
                },
                rule,
            )
        })
        .filter(|(place, rule)| *place >= 0 && *rule != RawRule::default())
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, rule)| rule).collect()
}

/// Chosen as a place, it takes the rule away.
const GONE: &str = "gone";

/// The rules as fields that are not shown.
pub fn hidden(rules: &[RawRule]) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    for (names, rule) in NAMES.iter().zip(rules) {
        fields.extend([
            (names.name, rule.name.clone()),
            (names.kind, rule.kind.clone()),
            (names.codes, rule.codes.clone()),
            (names.severity, rule.severity.clone()),
            (names.amount_from, rule.amount_from.clone()),
            (names.amount_to, rule.amount_to.clone()),
            (names.source, rule.source.clone()),
            (names.to, rule.to.clone()),
        ]);
    }
    fields
}

/// One rule as the page shows it.
pub struct RuleFields {
    pub legend: String,
    pub is_new: bool,
    pub place: Select,
    pub name: &'static str,
    pub name_field: Field,
    pub kind: Select,
    pub codes: &'static str,
    pub codes_field: Field,
    pub severity: Select,
    pub amount_from: &'static str,
    pub amount_from_field: Field,
    pub amount_to: &'static str,
    pub amount_to_field: Field,
    pub source: Select,
    pub to: Select,
}

/// A field with choices.
pub struct Select {
    pub name: &'static str,
    pub field: Field,
    pub choices: Vec<Choice>,
}

fn select(
    name: &'static str,
    first: &str,
    all: impl IntoIterator<Item = (String, String)>,
    chosen: &str,
    errors: &FieldErrors,
) -> Select {
    Select {
        name,
        field: Field::of("", name, errors),
        choices: std::iter::once((String::new(), first.to_owned()))
            .chain(all)
            .map(|(value, label)| Choice {
                selected: value == chosen,
                value,
                label,
            })
            .collect(),
    }
}

/// The rules that there are, and one more as long as it fits.
pub fn fields(rules: &[RawRule], known: &Known, errors: &FieldErrors) -> Vec<RuleFields> {
    let empty = RawRule::default();
    let shown = (rules.len() + 1).min(MOST_RULES);
    NAMES
        .iter()
        .take(shown)
        .enumerate()
        .map(|(at, names)| {
            let rule = rules.get(at).unwrap_or(&empty);
            let is_new = at >= rules.len();
            RuleFields {
                legend: if is_new {
                    "A new rule".into()
                } else {
                    format!("Rule {}", at + 1)
                },
                is_new,
                place: places(names.place, at, shown, errors),
                name: names.name,
                name_field: Field::of(&rule.name, names.name, errors),
                kind: select(
                    names.kind,
                    "Any type",
                    Kind::ALL.iter().map(|k| (k.to_string(), k.label().to_owned())),
                    &rule.kind,
                    errors,
                ),
                codes: names.codes,
                codes_field: Field::of(&rule.codes, names.codes, errors),
                severity: select(
                    names.severity,
                    "Any severity",
                    Severity::ALL
                        .iter()
                        .rev()
                        .map(|s| (s.as_str().to_owned(), format!("{} or higher", s.word()))),
                    &rule.severity,
                    errors,
                ),
                amount_from: names.amount_from,
                amount_from_field: Field::of(&rule.amount_from, names.amount_from, errors),
                amount_to: names.amount_to,
                amount_to_field: Field::of(&rule.amount_to, names.amount_to, errors),
                source: select(
                    names.source,
                    "Any source",
                    Source::ALL.iter().map(|s| (s.to_string(), s.label().to_owned())),
                    &rule.source,
                    errors,
                ),
                to: select(names.to, "Choose", targets(known), &rule.to, errors),
            }
        })
        .collect()
}

/// The place among the rules; the last choice takes it away.
fn places(name: &'static str, at: usize, shown: usize, errors: &FieldErrors) -> Select {
    let mut all: Vec<(String, String)> = (1..=shown).map(|n| (n.to_string(), n.to_string())).collect();
    all.push((GONE.into(), "Take it away".into()));
    let mut select = select(name, "", all, &(at + 1).to_string(), errors);
    select.choices.remove(0);
    select
}

fn targets(known: &Known) -> Vec<(String, String)> {
    let mut all = vec![(
        Target::Nobody.spelled(),
        "Nobody: it stays for everybody".to_owned(),
    )];
    for team in &known.teams {
        for target in [Target::LeastLoaded(team.row.id), Target::InTurn(team.row.id)] {
            all.extend(known.name(target).map(|name| (target.spelled(), name)));
        }
    }
    all.extend(known.workers.iter().map(|w| (w.id.to_string(), w.name())));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_order_the_rules_and_the_last_choice_takes_one_away() {
        let form: Form = [
            ("rule1_name", "First"),
            ("rule1_place", "3"),
            ("rule2_name", "Second"),
            ("rule2_place", "gone"),
            ("rule3_name", "Third"),
            ("rule3_place", "1"),
            ("rule4_place", "4"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec();
        let names: Vec<String> = rules(&form).into_iter().map(|r| r.name).collect();
        assert_eq!(names, ["Third", "First"]);
    }
}
