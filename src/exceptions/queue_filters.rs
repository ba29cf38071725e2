//! The queue's filters: the form as it stands, and a chip for each that is set.

use super::{
    filter::{Filter, NO_CODE, RawFilter},
    model::{Kind, Severity, Source, Status},
    queries::Worker,
};
use crate::{
    desk::teams::Team,
    kernel::{count::grouped, error::FieldErrors},
    search,
    web::ui::{Chip, Choice},
};

/// Whether what is resolved was so by its due time.
const IN_TIME: [(&str, &str); 2] = [("yes", "Resolved in time"), ("no", "Resolved late")];

/// The filter form as it stands.
pub struct QueueFilters {
    pub open: bool,
    pub keep: Vec<(&'static str, String)>,
    pub types: Vec<Choice>,
    pub code: String,
    pub severities: Vec<Choice>,
    pub assignees: Vec<Choice>,
    /// Empty when there is no team.
    pub teams: Vec<Choice>,
    pub statuses: Vec<Choice>,
    pub sources: Vec<Choice>,
    pub amount_from: String,
    pub amount_to: String,
    pub text: String,
    pub created_from: String,
    pub created_to: String,
    pub due_from: String,
    pub due_to: String,
    pub resolved_from: String,
    pub resolved_to: String,
    pub in_time: Vec<Choice>,
}

pub(super) fn filters(
    raw: &RawFilter,
    filter: &Filter,
    errors: &FieldErrors,
    workers: &[Worker],
    teams: &[Team],
) -> QueueFilters {
    let choices = |all: &mut dyn Iterator<Item = (String, String)>, selected: &str| {
        all.map(|(value, label)| Choice {
            selected: value == selected,
            value,
            label,
        })
        .collect::<Vec<_>>()
    };
    let nobody = std::iter::once(("UNASSIGNED".to_owned(), "Nobody".to_owned()));
    QueueFilters {
        open: !errors.is_empty(),
        keep: raw
            .set_fields()
            .into_iter()
            .filter(|(name, _)| matches!(*name, "tab" | "sort" | "import"))
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
        types: choices(
            &mut Kind::ALL.iter().map(|k| (k.to_string(), k.label().to_owned())),
            &raw.r#type,
        ),
        code: filter.code.clone().unwrap_or_default(),
        severities: choices(
            &mut Severity::ALL
                .iter()
                .rev()
                .map(|s| (s.as_str().to_owned(), s.word().to_owned())),
            &raw.severity,
        ),
        assignees: choices(
            &mut nobody.chain(workers.iter().map(|w| (w.id.to_string(), w.name()))),
            &raw.assignee,
        ),
        teams: if teams.is_empty() {
            Vec::new()
        } else {
            choices(
                &mut teams.iter().map(|t| (t.row.id.to_string(), t.row.name.clone())),
                &raw.team,
            )
        },
        statuses: choices(
            &mut Status::ALL.iter().map(|s| (s.to_string(), s.word().to_owned())),
            &raw.status,
        ),
        sources: choices(
            &mut Source::ALL.iter().map(|s| (s.to_string(), s.label().to_owned())),
            &raw.source,
        ),
        amount_from: raw.amount_from.clone(),
        amount_to: raw.amount_to.clone(),
        text: raw.text.clone(),
        created_from: raw.created_from.clone(),
        created_to: raw.created_to.clone(),
        due_from: raw.due_from.clone(),
        due_to: raw.due_to.clone(),
        resolved_from: raw.resolved_from.clone(),
        resolved_to: raw.resolved_to.clone(),
        in_time: choices(
            &mut IN_TIME
                .into_iter()
                .map(|(value, label)| (value.to_owned(), label.to_owned())),
            &raw.in_time,
        ),
    }
}

pub(super) fn chips(raw: &RawFilter, workers: &[Worker], teams: &[Team], is_cut: bool) -> Vec<Chip> {
    let worded = |name: &str, value: &str| -> Option<String> {
        Some(match name {
            "type" => Kind::parse(value)?.label().to_owned(),
            "code" if value.trim().eq_ignore_ascii_case(NO_CODE) => "Without a code".to_owned(),
            "code" if value.contains(',') => format!("{} codes", value.split(',').count()),
            "code" => format!("Code {}", value.trim().to_uppercase()),
            "severity" => format!("Severity {}", Severity::parse(value)?.word()),
            "assignee" if value == "UNASSIGNED" => "Nobody has it".to_owned(),
            "assignee" => workers.iter().find(|w| w.id.to_string() == value)?.name(),
            "team" => {
                let team = teams.iter().find(|t| t.row.id.to_string() == value)?;
                format!("Team {}", team.row.name)
            }
            "status" => format!("Status {}", Status::parse(value)?.word()),
            "source" => format!("Source {}", Source::parse(value)?.label()),
            "import" => "From one import".to_owned(),
            "text" if is_cut => format!("“{value}” (the newest {})", grouped(search::queries::MOST)),
            "text" => format!("“{value}”"),
            "amount_from" => format!("From {value}"),
            "amount_to" => format!("Up to {value}"),
            "created_from" => format!("Created from {value}"),
            "created_to" => format!("Created up to {value}"),
            "due_from" => format!("Due from {value}"),
            "due_to" => format!("Due up to {value}"),
            "resolved_from" => format!("Resolved from {value}"),
            "resolved_to" => format!("Resolved up to {value}"),
            "in_time" => {
                let (_, label) = IN_TIME.into_iter().find(|(known, _)| *known == value)?;
                label.to_owned()
            }
            _ => return None,
        })
    };
    raw.set_fields()
        .into_iter()
        .filter_map(|(name, value)| {
            Some(Chip {
                text: worded(name, value)?,
                href: raw.address(&[(name, "")]),
            })
        })
        .collect()
}
