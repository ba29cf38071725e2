//! One dispute: what it is about, its evidence, what can be done with it now, and its history.

use actix_web::web::Data;
use askama::Template;

use super::{
    files::TAKEN_WORDS,
    list,
    model::{DisputeAct, DisputeRow, DisputeState, EvidenceRow},
    queries,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    exceptions::{self, row::ExceptionRow},
    history::{self, Event},
    kernel::{
        clock::Ts,
        crypto::hex,
        error::{AppResult, FieldErrors},
        id::{DisputeId, noun},
    },
    notifications::model::brief,
    web::{
        form::PathId,
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
        time,
        ui::{Entry, Fact, Stamp, Tag},
    },
};

/// Events are shown up to here; the rest is in the audit log.
const EVENTS: i64 = 200;

#[derive(Template)]
#[template(path = "disputes/show.html")]
#[allow(clippy::struct_excessive_bools)] // one for each form
pub struct DisputePage {
    shell: Shell,
    id: String,
    version: i64,
    title: &'static str,
    state: Tag,
    problems: Vec<Problem>,
    description: String,
    outcome: Option<(&'static str, String)>,
    evidence: Vec<EvidenceView>,
    events: Vec<Entry>,
    about: Vec<Fact>,
    can_add: bool,
    can_ask: bool,
    can_close: bool,
    can_reopen: bool,
    closed: &'static str,
    taken: &'static str,
    comment: Field,
    file: Field,
    ask: Field,
    resolution: Field,
    won: Field,
    reason: Field,
}

struct EvidenceView {
    who: String,
    at: Stamp,
    comment: String,
    file: Option<FileView>,
    /// A file elsewhere.
    url: Option<String>,
}

struct FileView {
    href: String,
    name: String,
    size: String,
    sha256: String,
}

/// What was typed into the forms of the page.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    pub version: String,
    pub comment: String,
    pub ask: String,
    pub resolution: String,
    pub won: String,
    pub reason: String,
}

/// What the page is made from.
struct Found {
    row: DisputeRow,
    exception: ExceptionRow,
    evidence: Vec<EvidenceRow>,
    events: Vec<Event>,
}

/// `GET /disputes/{id}`
pub async fn show(app: Data<App>, who: May<Read>, id: PathId<noun::Dispute>) -> AppResult<Page<DisputePage>> {
    page(&app, &who, id.0, &Typed::default(), &FieldErrors::default())
        .await
        .map(Page::ok)
}

pub(super) async fn page(
    app: &App,
    who: &May<Read>,
    id: DisputeId,
    typed: &Typed,
    errors: &FieldErrors,
) -> AppResult<DisputePage> {
    let account = who.account();
    let found = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            Ok(Found {
                exception: exceptions::queries::get(conn, account, row.exception_id)?,
                evidence: queries::evidence_of(conn, account, id)?,
                events: history::queries::list_of(conn, account, id.uuid(), EVENTS)?,
                row,
            })
        })
        .await?;
    Ok(view(app, who, found, typed, errors))
}

fn view(app: &App, who: &May<Read>, found: Found, typed: &Typed, errors: &FieldErrors) -> DisputePage {
    let Found {
        row,
        exception,
        evidence,
        events,
    } = found;
    let works = who.who.actor.may(Right::Work);
    let can = |act| works && row.state.after(act).is_ok();
    let stamp = |at: Ts| time::stamp(at, app.clock.now(), who.own_zone());
    let field = |name: &str, value: &str| Field::of(value, name, errors);
    DisputePage {
        shell: who.shell(
            app,
            format!("Dispute: {}", row.category.label()),
            Section::Disputes,
        ),
        id: row.id.to_string(),
        version: row.version,
        title: row.category.label(),
        state: list::tag(row.state),
        problems: problems(errors),
        outcome: outcome(&row),
        evidence: evidence.into_iter().map(|e| evidence_view(e, stamp)).collect(),
        events: events
            .into_iter()
            .map(|event| Entry {
                icon: "history",
                who: event.actor_name,
                what: event.description,
                at: stamp(event.created_at),
                text: None,
            })
            .collect(),
        about: about(&row, &exception, |at| at.written_in(who.own_zone())),
        can_add: can(DisputeAct::AddEvidence),
        can_ask: can(DisputeAct::RequestEvidence),
        can_close: can(DisputeAct::Win),
        can_reopen: can(DisputeAct::Reopen),
        closed: closed(works, row.state),
        taken: TAKEN_WORDS,
        comment: field("comment", &typed.comment),
        file: field("file", ""),
        ask: field("ask", &typed.ask),
        resolution: field("resolution", &typed.resolution),
        won: field("won", &typed.won),
        reason: field("reason", &typed.reason),
        description: row.description,
    }
}

fn closed(works: bool, state: DisputeState) -> &'static str {
    match (works, state) {
        (false, _) => "Your role does not work on disputes.",
        (true, DisputeState::Won) => "It was won: nothing changes any more.",
        _ => "",
    }
}

fn outcome(row: &DisputeRow) -> Option<(&'static str, String)> {
    match (&row.resolution, &row.reopen_reason) {
        (Some(resolution), _) => Some(("What it came to", resolution.clone())),
        (None, Some(reason)) => Some(("Why it was reopened", reason.clone())),
        (None, None) => None,
    }
}

fn evidence_view(row: EvidenceRow, stamp: impl Fn(Ts) -> Stamp) -> EvidenceView {
    let file = row.file_name.map(|name| FileView {
        href: format!("/evidence/{}/file", row.id),
        name,
        size: size(row.file_size.unwrap_or_default()),
        sha256: row.sha256.map(|hash| hex(&hash)).unwrap_or_default(),
    });
    EvidenceView {
        who: row.submitted_by_name,
        at: stamp(row.submitted_at),
        comment: row.comment,
        file,
        url: row.file_url,
    }
}

/// `812 bytes`, `12 KiB`, `3.4 MiB`.
fn size(bytes: i64) -> String {
    match bytes {
        1 => "1 byte".into(),
        ..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

fn about(row: &DisputeRow, exception: &ExceptionRow, written: impl Fn(Ts) -> String) -> Vec<Fact> {
    let fact = |label: &str, value: String, href: Option<String>| Fact {
        href,
        ..Fact::new(label, value)
    };
    vec![
        fact(
            "Exception",
            brief(exception),
            Some(format!("/exceptions/{}", exception.id)),
        ),
        fact("Opened by", row.opened_by_name.clone(), None),
        fact("Opened", written(row.created_at), None),
        fact("Changed", written(row.updated_at), None),
        fact("Id", row.id.to_string(), None).fixed(true),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_their_largest_unit() {
        for (bytes, written) in [
            (1, "1 byte"),
            (1_023, "1023 bytes"),
            (1_024, "1 KiB"),
            (1_048_575, "1023 KiB"),
            (1_048_576, "1.0 MiB"),
            (10_485_760, "10.0 MiB"),
            (3_565_159, "3.4 MiB"),
        ] {
            assert_eq!(size(bytes), written);
        }
    }
}
