//! What a bulk action is called while it is planned, runs and has ended, and what it came to, in words.

use super::model::{BulkAct, BulkRow, BulkState};
use crate::{
    kernel::{count::grouped, text::capitalised},
    web::ui::{Tag, Tone},
};

/// "Assign 493 exceptions".
pub(super) fn title(row: &BulkRow) -> String {
    deed(row.act, row.items)
}

/// The title with where it stands, so that the preview, the run and the result are told apart.
pub(super) fn heading(row: &BulkRow) -> String {
    let stands = match row.state {
        BulkState::Planned => "preview",
        BulkState::Queued => "waiting to run",
        BulkState::Running => "running",
        BulkState::Done => "result",
        BulkState::Cancelled => "cancelled",
    };
    format!("{}: {stands}", title(row))
}

/// What the button says that runs it: what is done with those that the plan did not skip.
pub(super) fn button(row: &BulkRow) -> String {
    match row.planned {
        0 => row.act.label().to_owned(),
        n => deed(row.act, n),
    }
}

/// An act on so many.
fn deed(act: BulkAct, n: i64) -> String {
    let many = if n == 1 { "" } else { "s" };
    let n = grouped(n);
    match act {
        BulkAct::Assign => format!("Assign {n} exception{many}"),
        BulkAct::Release => format!("Release {n} exception{many}"),
        BulkAct::Resolve => format!("Resolve {n} exception{many}"),
        BulkAct::WriteOff => format!("Write off {n} exception{many}"),
        BulkAct::SuspendAccount => format!("Suspend the accounts of {n} exception{many}"),
        BulkAct::Retry => format!("Retry {n} exception{many}"),
        BulkAct::ForceMatch => format!("Force a match of {n} exception{many}"),
        BulkAct::Severity => format!("Set the severity of {n} exception{many}"),
        BulkAct::Snooze => format!("Snooze {n} exception{many}"),
        BulkAct::Comment => format!("Comment on {n} exception{many}"),
        BulkAct::Dispatch => format!("Dispatch {n} exception{many}"),
        BulkAct::Approve => format!("Approve {n} review{many}"),
    }
}

/// What leads back to the page that it was chosen on is called by that page.
pub(super) fn origin_words(origin: &str) -> &'static str {
    match origin.split_once('?').map_or(origin, |(page, _)| page) {
        "/workload" => "Back to the workload",
        "/reviews" => "Back to the reviews",
        _ => "Back to the list",
    }
}

/// A state as a badge.
pub(super) fn tag(state: BulkState) -> Tag {
    let (tone, icon, text) = match state {
        BulkState::Planned => (Tone::Blue, "list-checks", "Planned"),
        BulkState::Queued => (Tone::Violet, "hourglass", "Waiting to run"),
        BulkState::Running => (Tone::Violet, "play", "Running"),
        BulkState::Done => (Tone::Green, "circle-check", "Done"),
        BulkState::Cancelled => (Tone::Amber, "ban", "Cancelled"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}

/// What is to be done with a plan before it runs, and how many that leaves.
pub(super) fn effect(row: &BulkRow, with: &[(&'static str, String)]) -> String {
    let items = grouped(row.items);
    let next = match with.first().filter(|_| row.act.hangs_on_input()) {
        Some((_, with)) => format!(
            "Below is what each gets with “{with}”: {} of {items} will be done. Run it when that is right.",
            grouped(row.planned)
        ),
        None if row.act.hangs_on_input() => {
            "Fill in the form, and look at what each gets with it; then run it.".to_owned()
        }
        None => "Look below at what each will get, then run it.".to_owned(),
    };
    match row.skipped {
        0 => format!("Nothing is changed yet. {next}"),
        1 => format!(
            "Nothing is changed yet. {next} 1 of {items} will be left as it is, for the reason below."
        ),
        n => format!(
            "Nothing is changed yet. {next} {} of {items} will be left as they are, for the reasons below.",
            grouped(n)
        ),
    }
}

/// What it came to when it has ended: in which tone, with which icon, in a sentence.
pub(super) fn ended(row: &BulkRow) -> (Tone, &'static str, String) {
    let left = row.items - row.done - row.waiting;
    let (tone, icon) = match row.state {
        BulkState::Cancelled => (Tone::Amber, "ban"),
        _ if row.waiting > 0 => (Tone::Amber, "hourglass"),
        _ if left == 0 => (Tone::Green, "circle-check"),
        _ => (Tone::Amber, "triangle-alert"),
    };
    let what = if row.items == 1 { of_one(row) } else { of_many(row) };
    let text = match row.state {
        BulkState::Cancelled => format!("It was cancelled: {what}"),
        _ => what,
    };
    (tone, icon, capitalised(&text))
}

fn of_one(row: &BulkRow) -> String {
    match (row.done, row.waiting, row.state) {
        (0, 0, BulkState::Cancelled) => "it is as it was.".into(),
        (0, 0, _) => "it is as it was, for the reason below.".into(),
        (0, ..) => "it waits for approval.".into(),
        _ => "it is done.".into(),
    }
}

fn of_many(row: &BulkRow) -> String {
    let (done, items) = (grouped(row.done), grouped(row.items));
    if row.done == row.items {
        return format!("all {items} are done.");
    }
    let are = if row.done == 1 { "is" } else { "are" };
    let waiting = match row.waiting {
        0 => String::new(),
        1 => ", 1 waits for approval".into(),
        n => format!(", {} wait for approval", grouped(n)),
    };
    let others = match (row.items - row.done - row.waiting, row.state) {
        (0, _) => "",
        (1, BulkState::Cancelled) => "; the other is as it was",
        (_, BulkState::Cancelled) => "; the others are as they were",
        (1, _) => "; the other is as it was, for the reason below",
        _ => "; the others are as they were, for the reasons below",
    };
    format!("{done} of {items} {are} done{waiting}{others}.")
}
