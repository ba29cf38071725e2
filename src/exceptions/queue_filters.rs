//! The queue's filters: the form as it stands, and a chip for each that is set.

use super::{
    by_words::{self, ByWords, Ordered, Words},
    filter::{Filter, Holder, NO_CODE, RawFilter, Sort, SortBy},
    model::{Kind, Severity, Source, Status},
    queries::Worker,
    words::sentence_case,
};
use crate::{
    desk::teams::Team,
    kernel::{
        clock::written_day,
        count::grouped,
        error::FieldErrors,
        id::{TeamId, TeamMemberId},
    },
    search,
    web::ui::{Chip, Choice},
};

/// Whether what is resolved was so by its due time.
const IN_TIME: [(&str, &str); 2] = [("yes", "Resolved in time"), ("no", "Resolved late")];

/// The orders to choose from, each with whether the largest or latest comes first; and those of a queue that is short.
const SORTS: [(SortBy, bool, &str); 10] = [
    (SortBy::Due, false, "Due soonest first"),
    (SortBy::Due, true, "Due latest first"),
    (SortBy::Severity, true, "Most severe first"),
    (SortBy::Severity, false, "Least severe first"),
    (SortBy::Amount, true, "Largest amount first"),
    (SortBy::Amount, false, "Smallest amount first"),
    (SortBy::Created, true, "Newest first"),
    (SortBy::Created, false, "Oldest first"),
    (SortBy::Updated, true, "Updated latest first"),
    (SortBy::Updated, false, "Updated longest ago first"),
];

const SORTS_BY_WORDS: [(Words, bool, &str); 8] = [
    (Words::Exception, false, "Exception A to Z"),
    (Words::Exception, true, "Exception Z to A"),
    (Words::Party, false, "Party A to Z"),
    (Words::Party, true, "Party Z to A"),
    (Words::Status, false, "Status, new ones first"),
    (Words::Status, true, "Status, new ones last"),
    (Words::Assignee, false, "Assignee A to Z"),
    (Words::Assignee, true, "Assignee Z to A"),
];

/// What stands for a team member who has left, or never was here.
const NOT_HERE: &str = "somebody who is not here";

/// What stands for a team that was removed.
const NO_TEAM: &str = "a team that is not here";

/// The filter form as it stands; the wrong ones say what is wrong with each end of a range, or nothing.
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
    pub wrong_amount: (String, String),
    pub text: String,
    pub created_from: String,
    pub created_to: String,
    pub wrong_created: (String, String),
    pub due_from: String,
    pub due_to: String,
    pub wrong_due: (String, String),
    pub resolved_from: String,
    pub resolved_to: String,
    pub wrong_resolved: (String, String),
    pub in_time: Vec<Choice>,
    pub sorts: Vec<Choice>,
}

pub(super) fn filters(
    raw: &RawFilter,
    filter: &Filter,
    errors: &FieldErrors,
    (workers, teams): (&[Worker], &[Team]),
    ordered: Ordered,
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
    let wrong = |from: &str, to: &str| {
        let at = |end: &str| errors.of(end).unwrap_or_default();
        (at(from), at(to))
    };
    QueueFilters {
        open: !errors.is_empty(),
        keep: raw
            .set_fields()
            .into_iter()
            .filter(|(name, _)| matches!(*name, "tab" | "import"))
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
            &mut nobody
                .chain(workers.iter().map(|w| (w.id.to_string(), w.name())))
                .chain(missing_worker(raw, filter, workers)),
            &raw.assignee,
        ),
        teams: choices(
            &mut teams
                .iter()
                .map(|t| (t.row.id.to_string(), t.row.name.clone()))
                .chain(missing_team(raw, filter, teams)),
            &raw.team,
        ),
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
        wrong_amount: wrong("amount_from", "amount_to"),
        text: raw.text.clone(),
        created_from: raw.created_from.clone(),
        created_to: raw.created_to.clone(),
        wrong_created: wrong("created_from", "created_to"),
        due_from: raw.due_from.clone(),
        due_to: raw.due_to.clone(),
        wrong_due: wrong("due_from", "due_to"),
        resolved_from: raw.resolved_from.clone(),
        resolved_to: raw.resolved_to.clone(),
        wrong_resolved: wrong("resolved_from", "resolved_to"),
        in_time: choices(
            &mut IN_TIME
                .into_iter()
                .map(|(value, label)| (value.to_owned(), label.to_owned())),
            &raw.in_time,
        ),
        sorts: sorts(filter, ordered),
    }
}

/// The orders; that of the tab itself is not in the address. Those by words are for a queue that is short.
fn sorts(filter: &Filter, ordered: Ordered) -> Vec<Choice> {
    let kept = SORTS.into_iter().map(|(by, descending, label)| {
        let sort = Sort { by, descending };
        Choice {
            value: if sort == Sort::of_tab(filter.tab) {
                String::new()
            } else {
                sort.spelled()
            },
            label: label.to_owned(),
            selected: filter.by_words.is_none() && sort == filter.sort,
        }
    });
    let by_words = SORTS_BY_WORDS.into_iter().map(|(by, descending, label)| {
        let order = ByWords { by, descending };
        Choice {
            value: order.spelled(),
            label: if ordered.is_short {
                label.to_owned()
            } else {
                format!("{label}, when {} or fewer", grouped(by_words::MOST))
            },
            selected: filter.by_words == Some(order),
        }
    });
    // What is asked for stays, for when the queue is narrowed.
    kept.chain(by_words.filter(|choice| ordered.is_short || choice.selected))
        .collect()
}

/// The assignee that is asked for, when nobody here has the id: the form keeps what it does not know.
fn missing_worker(raw: &RawFilter, filter: &Filter, workers: &[Worker]) -> Option<(String, String)> {
    let Some(Holder::Member(id)) = filter.holder else {
        return None;
    };
    let is_here = workers.iter().any(|w| w.id == id);
    (!is_here).then(|| (raw.assignee.clone(), sentence_case(NOT_HERE)))
}

/// The team that is asked for, when there is none with the id.
fn missing_team(raw: &RawFilter, filter: &Filter, teams: &[Team]) -> Option<(String, String)> {
    let Some(Holder::Team(id)) = filter.holder else {
        return None;
    };
    let is_here = teams.iter().any(|t| t.row.id == id);
    (!is_here).then(|| (raw.team.clone(), sentence_case(NO_TEAM)))
}

pub(super) fn chips(
    raw: &RawFilter,
    filter: &Filter,
    errors: &FieldErrors,
    (workers, teams): (&[Worker], &[Team]),
    is_cut: bool,
    ordered: Ordered,
) -> Vec<Chip> {
    let day = |value: &str| {
        value
            .trim()
            .parse()
            .map_or_else(|_| value.to_owned(), written_day)
    };
    let worded = |name: &str, value: &str| -> Option<String> {
        Some(match name {
            "type" => Kind::parse(value)?.label().to_owned(),
            "code" if value.trim().eq_ignore_ascii_case(NO_CODE) => "Without a code".to_owned(),
            "code" if value.contains(',') => format!("{} codes", value.split(',').count()),
            "code" => format!("Code {}", value.trim().to_uppercase()),
            "severity" => format!("Severity {}", Severity::parse(value)?.word()),
            "assignee" if value == "UNASSIGNED" => "Nobody has it".to_owned(),
            "assignee" => {
                let id: TeamMemberId = value.parse().ok()?;
                let worker = workers.iter().find(|w| w.id == id);
                worker.map_or_else(|| format!("Assignee: {NOT_HERE}"), Worker::name)
            }
            "team" => {
                let id: TeamId = value.parse().ok()?;
                let team = teams.iter().find(|t| t.row.id == id);
                team.map_or_else(
                    || format!("Team: {NO_TEAM}"),
                    |team| format!("Team {}", team.row.name),
                )
            }
            "status" => format!("Status {}", Status::parse(value)?.word()),
            "source" => format!("Source {}", Source::parse(value)?.label()),
            "import" => "From one import".to_owned(),
            "sort" => {
                let asked = filter.by_words.filter(|_| ordered.by_words.is_none())?;
                format!(
                    "Not sorted by {}: more than {}",
                    asked.by,
                    grouped(by_words::MOST)
                )
            }
            "text" if is_cut => format!("“{value}” (the newest {})", grouped(search::queries::MOST)),
            "text" => format!("“{value}”"),
            "amount_from" => format!("From {value}"),
            "amount_to" => format!("Up to {value}"),
            "created_from" => format!("Created from {}", day(value)),
            "created_to" => format!("Created up to {}", day(value)),
            "due_from" => format!("Due from {}", day(value)),
            "due_to" => format!("Due up to {}", day(value)),
            "resolved_from" => format!("Resolved from {}", day(value)),
            "resolved_to" => format!("Resolved up to {}", day(value)),
            "in_time" => {
                let (_, label) = IN_TIME.into_iter().find(|(known, _)| *known == value)?;
                label.to_owned()
            }
            _ => return None,
        })
    };
    raw.set_fields()
        .into_iter()
        // What cannot be understood is left out, and told.
        .filter(|(name, _)| errors.of(name).is_none())
        .filter_map(|(name, value)| {
            Some(Chip {
                text: worded(name, value)?,
                href: raw.address(&[(name, "")]),
            })
        })
        .collect()
}
