//! The audit log as pages.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    EntityType, Event, EventKind,
    queries::{self, Filter, Place},
    values::Names,
    verify::{self, Anchor},
};
use crate::{
    app::App,
    auth::{
        permission::{Audit, Right},
        principal::May,
    },
    exceptions::{told, words::sentence_case},
    kernel::error::{AppResult, FieldErrors},
    reviews::{self, model::Reader},
    web::{
        form::Query,
        page::Page,
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        time::stamp,
        ui::{Chip, Choice, Empty, Fact, Link, Pager, Stamp, Tab},
    },
};

const HERE: &str = "/settings/history";
const EVENTS_PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "history/log.html")]
pub struct AuditLogPage {
    shell: Shell,
    pages: Vec<Tab>,
    filters: AuditFilters,
    chips: Vec<Chip>,
    problems: Vec<Problem>,
    events: Vec<AuditRow>,
    pager: Pager,
    empty: Option<Empty>,
}

struct AuditFilters {
    open: bool,
    kinds: Vec<Choice>,
    entities: Vec<Choice>,
}

struct AuditRow {
    sequence: String,
    at: Stamp,
    actor: String,
    kind: String,
    text: String,
    entity: Option<Link>,
    change: Option<(String, String)>,
    request: String,
}

/// The log's query: every field may be missing or wrong.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    kind: String,
    entity: String,
    before: String,
    after: String,
}

impl LogQuery {
    fn parse(&self) -> (Filter, Place, FieldErrors) {
        let mut errors = FieldErrors::default();
        let known = |found: bool| {
            if found {
                Ok(())
            } else {
                Err("There is no such kind.".to_owned())
            }
        };
        let kind = EventKind::parse(&self.kind);
        let entity_type = EntityType::parse(&self.entity);
        errors.take("kind", known(kind.is_some() || self.kind.is_empty()));
        errors.take("entity", known(entity_type.is_some() || self.entity.is_empty()));
        let place = match (self.before.parse(), self.after.parse()) {
            (Ok(seq), _) => Place::Before(seq),
            (_, Ok(seq)) => Place::After(seq),
            _ => Place::Newest,
        };
        (Filter { kind, entity_type }, place, errors)
    }
}

/// The log's address with these filters, at `place`.
fn address(filter: &Filter, place: Option<(&str, i64)>) -> String {
    let pairs = [
        filter.kind.map(|k| ("kind", k.as_str().to_owned())),
        filter.entity_type.map(|e| ("entity", e.as_str().to_owned())),
        place.map(|(name, seq)| (name, seq.to_string())),
    ];
    let query = serde_urlencoded::to_string(pairs.into_iter().flatten().collect::<Vec<_>>());
    match query {
        Ok(query) if !query.is_empty() => format!("{HERE}?{query}"),
        _ => HERE.to_owned(),
    }
}

/// `GET /settings/history`
pub async fn list(app: Data<App>, who: May<Audit>, query: Query<LogQuery>) -> AppResult<Page<AuditLogPage>> {
    let (filter, place, errors) = query.0.parse();
    let (account, actor, wanted) = (who.account(), who.actor(), filter.clone());
    // A rare kind is searched for through the whole history.
    let (mut events, names, total) = app
        .db
        .read_slow(move |conn| {
            let limit = i64::try_from(EVENTS_PER_PAGE).unwrap_or(i64::MAX) + 1;
            let events = queries::list(conn, account, &wanted, place, limit)?;
            let events = reviews::blind::veiled(conn, account, Reader::Person(&actor), events)?;
            let names = Names::of(conn, account, &events)?;
            Ok((events, names, queries::head(conn, account)?.seq))
        })
        .await?;
    let pager = pager(&filter, place, &mut events, total);
    Ok(Page::ok(AuditLogPage {
        shell: who.shell(&app, "Audit log", Section::History),
        pages: settings::pages(&who.who, HERE),
        chips: chips(&filter),
        problems: problems(&errors),
        empty: events.is_empty().then(|| nothing(&filter)),
        events: events.iter().map(|e| row(e, &names, &app, &who)).collect(),
        filters: filters(&filter),
        pager,
    }))
}

/// Takes the one event too many off, which only says that there are more.
fn pager(filter: &Filter, place: Place, events: &mut Vec<Event>, total: i64) -> Pager {
    let more = events.len() > EVENTS_PER_PAGE;
    if more && matches!(place, Place::After(_)) {
        events.remove(0);
    } else {
        events.truncate(EVENTS_PER_PAGE);
    }
    let newer = match place {
        Place::Newest => false,
        Place::Before(_) => true,
        Place::After(_) => more,
    };
    let older = more || matches!(place, Place::After(_));
    let is_filtered = filter.kind.is_some() || filter.entity_type.is_some();
    let (first, last) = (events.first().map(|e| e.seq), events.last().map(|e| e.seq));
    Pager {
        shown: events.len().to_string(),
        total: if is_filtered {
            String::new()
        } else {
            total.to_string()
        },
        previous: first
            .filter(|_| newer)
            .map(|seq| address(filter, Some(("after", seq)))),
        next: last
            .filter(|_| older)
            .map(|seq| address(filter, Some(("before", seq)))),
    }
}

fn filters(filter: &Filter) -> AuditFilters {
    AuditFilters {
        open: false,
        kinds: EventKind::ALL
            .iter()
            .map(|k| choice(k.as_str(), filter.kind == Some(*k)))
            .collect(),
        entities: EntityType::ALL
            .iter()
            .map(|e| choice(e.as_str(), filter.entity_type == Some(*e)))
            .collect(),
    }
}

fn choice(value: &str, selected: bool) -> Choice {
    Choice {
        value: value.to_owned(),
        label: sentence_case(value),
        selected,
    }
}

fn chips(filter: &Filter) -> Vec<Chip> {
    let kind = filter.kind.map(|k| Chip {
        text: format!("Event: {}", sentence_case(k.as_str())),
        href: address(
            &Filter {
                kind: None,
                ..filter.clone()
            },
            None,
        ),
    });
    let entity = filter.entity_type.map(|e| Chip {
        text: format!("About: {}", sentence_case(e.as_str())),
        href: address(
            &Filter {
                entity_type: None,
                ..filter.clone()
            },
            None,
        ),
    });
    kind.into_iter().chain(entity).collect()
}

fn nothing(filter: &Filter) -> Empty {
    let is_filtered = filter.kind.is_some() || filter.entity_type.is_some();
    Empty {
        icon: "history",
        title: "No events here".into(),
        text: if is_filtered {
            "No event matches these filters."
        } else {
            "There are none beyond this."
        }
        .into(),
        action: Some(Link {
            href: HERE.into(),
            label: "Newest events".into(),
        }),
    }
}

fn row(event: &Event, names: &Names, app: &App, who: &May<Audit>) -> AuditRow {
    let zone = who.own_zone();
    let changed = !event.previous.is_empty() || !event.new.is_empty();
    let value = |value: &str| short(&names.written(event, value, zone));
    AuditRow {
        sequence: event.seq.to_string(),
        at: stamp(event.created_at, app.clock.now(), zone),
        actor: event.actor_name.clone(),
        kind: event.kind.as_str().to_owned(),
        text: told::description(event, zone).into_owned(),
        entity: link(event, who),
        change: changed.then(|| (value(&event.previous), value(&event.new))),
        request: event.request_id.clone(),
    }
}

/// A value as the log's line shows it: the whole of a long text is where it was said, and in the database.
fn short(value: &str) -> String {
    const SHOWN: usize = 120;
    let mut letters = value.chars();
    let mut text: String = letters.by_ref().take(SHOWN).collect();
    if letters.next().is_some() {
        text.push('…');
    }
    text
}

/// The page of the thing that an event is about, if it has one that this person may open.
fn link(event: &Event, who: &May<Audit>) -> Option<Link> {
    let id = event.entity_id;
    let (href, label) = match event.entity_type {
        EntityType::Exception => (format!("/exceptions/{id}"), "Exception"),
        EntityType::Transaction => (format!("/transactions/{id}"), "Transaction"),
        EntityType::FinancialAccount => (format!("/accounts/{id}"), "Account"),
        EntityType::Import => (format!("/imports/{id}"), "Import"),
        EntityType::Dispute => (format!("/disputes/{id}"), "Dispute"),
        EntityType::Bulk => (format!("/bulk/{id}"), "Bulk action"),
        EntityType::TeamMember if who.who.actor.may(Right::Administer) => {
            (format!("/settings/people/{id}"), "Team member")
        }
        // One that was deleted has no page.
        EntityType::TeamMember
        | EntityType::WebhookSubscription
        | EntityType::Connector
        | EntityType::ServiceAccount
        | EntityType::SavedQueue
        | EntityType::BusinessAccount
        | EntityType::Customer
        | EntityType::Recipient
        | EntityType::ScheduledTransaction => return None,
    };
    Some(Link {
        href,
        label: label.into(),
    })
}

#[derive(Template)]
#[template(path = "history/verify.html")]
pub struct VerifyPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    verdict: Verdict,
    facts: Vec<Fact>,
    anchor: Field,
}

/// What the page says of the history.
enum Verdict {
    Never,
    Whole { text: String },
    Broken { text: String, event: Link },
}

/// The verification's query: an anchor that was noted down before, or none.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct VerifyQuery {
    anchor: String,
}

/// `GET /settings/history/verify`
pub async fn verify(
    app: Data<App>,
    who: May<Audit>,
    query: Query<VerifyQuery>,
) -> AppResult<Page<VerifyPage>> {
    let typed = query.0.anchor.trim().to_owned();
    let parsed = (!typed.is_empty()).then(|| typed.parse::<Anchor>()).transpose();
    let mut errors = FieldErrors::default();
    let (verdict, facts) = match errors.take("anchor", parsed) {
        Some(anchor) => verified(&app, &who, anchor).await?,
        None => (Verdict::Never, Vec::new()),
    };
    let view = VerifyPage {
        shell: who.shell(&app, "Verify the audit log", Section::History),
        pages: settings::pages(&who.who, HERE),
        problems: problems(&errors),
        anchor: Field::of(&typed, "anchor", &errors),
        verdict,
        facts,
    };
    Ok(Page::with_status(view, if errors.is_empty() { 200 } else { 422 }))
}

async fn verified(app: &App, who: &May<Audit>, anchor: Option<Anchor>) -> AppResult<(Verdict, Vec<Fact>)> {
    let (account, compared) = (who.account(), anchor.is_some());
    let verdict = app
        .db
        .read_slow(move |conn| verify::verify(conn, account, anchor.as_ref()))
        .await?;
    Ok(match verdict {
        verify::Verdict::Whole(end) => {
            let anchored = if compared {
                " The anchor's event is among them."
            } else {
                ""
            };
            let text = format!("The audit log is whole: all {} events fit.{anchored}", end.seq);
            (Verdict::Whole { text }, facts(&Anchor::from(&end)))
        }
        verify::Verdict::Broken { seq, why } => {
            let text = format!("The audit log is not whole: event {seq} {why}.");
            let event = Link {
                href: address(&Filter::default(), Some(("before", seq + 1))),
                label: "See the events from there back".into(),
            };
            (Verdict::Broken { text, event }, Vec::new())
        }
    })
}

fn facts(end: &Anchor) -> Vec<Fact> {
    vec![Fact {
        note: "Note it down outside Docket. Given back below, it proves that nothing up to this event was rewritten."
            .into(),
        fixed: true,
        ..Fact::new("Anchor", end.to_string())
    }]
}
