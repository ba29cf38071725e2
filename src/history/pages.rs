//! The audit log as pages.

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    EntityType, Event, EventKind,
    queries::{self, By, Filter, Place},
    values::Names,
    verify::{self, Anchor},
};
use crate::{
    app::App,
    auth::{
        permission::{Audit, Right},
        principal::May,
    },
    db::AnyConnection,
    exceptions::{told, words::sentence_case},
    kernel::{
        clock::{Ts, read_day, written_day},
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, Id},
    },
    members,
    reviews::{self, model::Reader},
    service_accounts,
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
    actors: Vec<Choice>,
    days: [String; 2],
    /// What is wrong with each end of the days.
    wrong: [String; 2],
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
    who: String,
    date_from: String,
    date_to: String,
    before: String,
    after: String,
}

/// How the address spells what Docket does by itself.
const DOCKET: &str = "DOCKET";

impl LogQuery {
    /// Days are days in `zone`, both ends included.
    fn parse(&self, zone: Tz) -> (Filter, Place, FieldErrors) {
        let mut errors = FieldErrors::default();
        let known = |text: &str, is_known: bool, sentence: &str| {
            if is_known || text.is_empty() {
                Ok(())
            } else {
                Err(sentence.to_owned())
            }
        };
        let kind = EventKind::parse(&self.kind);
        let entity_type = EntityType::parse(&self.entity);
        let actor = match self.who.as_str() {
            DOCKET => Some(By::Docket),
            id => id.parse().ok().map(|id| By::One(Id::from_uuid(id))),
        };
        let no_kind = "There is no such kind.";
        errors.take("kind", known(&self.kind, kind.is_some(), no_kind));
        errors.take("entity", known(&self.entity, entity_type.is_some(), no_kind));
        errors.take(
            "who",
            known(&self.who, actor.is_some(), "Choose who did it from the list."),
        );
        let (from, to) = errors.take_range(
            ["date_from", "date_to"],
            [read_day(&self.date_from), read_day(&self.date_to)],
            "The last day is before the first.",
        );
        let place = match (self.before.parse(), self.after.parse()) {
            (Ok(seq), _) => Place::Before(seq),
            (_, Ok(seq)) => Place::After(seq),
            _ => Place::Newest,
        };
        let filter = Filter {
            kind,
            entity_type,
            actor,
            between: (
                from.map(|day| Ts::start_of(day, zone)),
                to.map(|day| Ts::end_of(day, zone)),
            ),
        };
        (filter, place, errors)
    }

    /// What could be read of these filters.
    fn clean(mut self, errors: &FieldErrors) -> Self {
        let fields = [
            ("kind", &mut self.kind),
            ("entity", &mut self.entity),
            ("who", &mut self.who),
            ("date_from", &mut self.date_from),
            ("date_to", &mut self.date_to),
        ];
        for (name, value) in fields {
            if errors.of(name).is_some() {
                value.clear();
            }
        }
        self
    }

    fn is_filtered(&self) -> bool {
        !self.fields().is_empty()
    }

    fn fields(&self) -> Vec<(&'static str, &str)> {
        [
            ("kind", self.kind.as_str()),
            ("entity", &self.entity),
            ("who", &self.who),
            ("date_from", &self.date_from),
            ("date_to", &self.date_to),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// The log's address with these filters, at `place`.
    fn address(&self, place: (&str, i64)) -> String {
        let seq = place.1.to_string();
        let mut fields = self.fields();
        fields.push((place.0, &seq));
        address(&fields)
    }

    /// The log's address without one of these filters.
    fn without(&self, name: &str) -> String {
        let mut fields = self.fields();
        fields.retain(|(field, _)| *field != name);
        address(&fields)
    }
}

fn address(fields: &[(&str, &str)]) -> String {
    match serde_urlencoded::to_string(fields) {
        Ok(query) if !query.is_empty() => format!("{HERE}?{query}"),
        _ => HERE.to_owned(),
    }
}

/// `GET /settings/history`
pub async fn list(app: Data<App>, who: May<Audit>, query: Query<LogQuery>) -> AppResult<Page<AuditLogPage>> {
    let (filter, place, errors) = query.0.parse(who.own_zone());
    let (account, actor) = (who.account(), who.actor());
    // A rare kind is searched for through the whole history.
    let (mut events, names, total, actors) = app
        .db
        .read_slow(move |conn| {
            let limit = i64::try_from(EVENTS_PER_PAGE).unwrap_or(i64::MAX) + 1;
            let events = queries::list(conn, account, &filter, place, limit)?;
            let events = reviews::blind::veiled(conn, account, Reader::Person(&actor), events)?;
            let names = Names::of(conn, account, &events)?;
            let actors = actors(conn, account)?;
            Ok((events, names, queries::head(conn, account)?.seq, actors))
        })
        .await?;
    let wrong = ["date_from", "date_to"].map(|name| errors.of(name).unwrap_or_default());
    let days = [query.0.date_from.clone(), query.0.date_to.clone()];
    let asked = query.0.clean(&errors);
    let filters = filters(&asked, actors, days, wrong);
    Ok(Page::ok(AuditLogPage {
        shell: who.shell(&app, "Audit log", Section::History),
        pages: settings::pages(&who.who, HERE),
        chips: chips(&asked, &filters.actors),
        problems: problems(&errors),
        pager: pager(&asked, place, &mut events, total),
        empty: events.is_empty().then(|| nothing(asked.is_filtered())),
        events: events.iter().map(|e| row(e, &names, &app, &who)).collect(),
        filters,
    }))
}

/// Who can have done something, by name: people, service accounts, and Docket itself.
fn actors(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<(String, String)>> {
    let people = members::queries::list(conn, account)?
        .into_iter()
        .map(|m| (m.id.to_string(), m.name()));
    let services = service_accounts::queries::list(conn, account)?
        .into_iter()
        .map(|s| (s.id.to_string(), format!("{} (service account)", s.name)));
    let docket = (DOCKET.to_owned(), "Docket itself".to_owned());
    Ok(people.chain(services).chain([docket]).collect())
}

/// Takes the one event too many off, which only says that there are more.
fn pager(asked: &LogQuery, place: Place, events: &mut Vec<Event>, total: i64) -> Pager {
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
    let (first, last) = (events.first().map(|e| e.seq), events.last().map(|e| e.seq));
    Pager {
        shown: events.len().to_string(),
        total: if asked.is_filtered() {
            String::new()
        } else {
            total.to_string()
        },
        previous: first.filter(|_| newer).map(|seq| asked.address(("after", seq))),
        next: last.filter(|_| older).map(|seq| asked.address(("before", seq))),
    }
}

fn filters(
    asked: &LogQuery,
    actors: Vec<(String, String)>,
    days: [String; 2],
    wrong: [String; 2],
) -> AuditFilters {
    let choice = |value: String, label: String, chosen: &str| Choice {
        selected: value == chosen,
        value,
        label,
    };
    let spelled = |word: &str, chosen: &str| choice(word.to_owned(), sentence_case(word), chosen);
    AuditFilters {
        open: wrong.iter().any(|text| !text.is_empty()),
        kinds: EventKind::ALL
            .iter()
            .map(|k| spelled(k.as_str(), &asked.kind))
            .collect(),
        entities: EntityType::ALL
            .iter()
            .map(|e| spelled(e.as_str(), &asked.entity))
            .collect(),
        actors: actors
            .into_iter()
            .map(|(id, name)| choice(id, name, &asked.who))
            .collect(),
        days,
        wrong,
    }
}

fn chips(asked: &LogQuery, actors: &[Choice]) -> Vec<Chip> {
    asked
        .fields()
        .into_iter()
        .map(|(name, value)| Chip {
            text: match name {
                "kind" => format!("Event: {}", sentence_case(value)),
                "entity" => format!("About: {}", sentence_case(value)),
                "who" => {
                    let known = actors.iter().find(|choice| choice.selected);
                    let name =
                        known.map_or("somebody who is not on the team", |choice| choice.label.as_str());
                    format!("By: {name}")
                }
                "date_from" => format!("From: {}", day(value)),
                _ => format!("To: {}", day(value)),
            },
            href: asked.without(name),
        })
        .collect()
}

fn day(typed: &str) -> String {
    read_day(typed)
        .ok()
        .flatten()
        .map_or_else(|| typed.to_owned(), written_day)
}

fn nothing(is_filtered: bool) -> Empty {
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
        kind: sentence_case(event.kind.as_str()),
        text: told::description(event, zone).into_owned(),
        entity: link(event, names, who),
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
fn link(event: &Event, names: &Names, who: &May<Audit>) -> Option<Link> {
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
        // What came to be is named by the event itself.
        label: names
            .about(event)
            .filter(|_| event.kind != EventKind::Create)
            .unwrap_or(label)
            .to_owned(),
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
                href: LogQuery::default().address(("before", seq + 1)),
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
