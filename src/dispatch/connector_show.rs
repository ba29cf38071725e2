//! One connector's page: where it is, whether it works, and what can be done.

use actix_web::web::Data;
use askama::Template;

use super::{
    connector::ConnectorRow,
    connector_list::{HERE, state},
    connector_queries as queries,
    model::Target,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{ConnectorId, noun},
    },
    web::{
        form::PathId,
        page::Page,
        settings,
        shell::{Problem, Section, Shell},
        time::stamp,
        ui::{Fact, Stamp, Tab, Tag},
    },
    webhooks::model::OVERLAP,
};

#[derive(Template)]
#[template(path = "dispatch/connector.html")]
pub struct ShowPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    /// Just made, and shown this once.
    secret: Option<String>,
    id: String,
    version: String,
    title: &'static str,
    named: &'static str,
    state: Tag,
    is_enabled: bool,
    facts: Vec<Fact>,
    tested: Option<Tested>,
    test_note: &'static str,
    overlap_hours: u64,
    /// Until when the former secret is good too.
    former_until: Option<Stamp>,
}

struct Tested {
    at: Stamp,
    tone: &'static str,
    icon: &'static str,
    words: String,
}

/// `GET /settings/connectors/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::Connector>,
) -> AppResult<Page<ShowPage>> {
    Ok(Page::ok(view(&app, &who, id.0, None, None).await?))
}

/// The page as it is now, with why something was refused, or with a secret that was just made.
pub async fn view(
    app: &App,
    who: &May<Administer>,
    id: ConnectorId,
    refusal: Option<String>,
    secret: Option<String>,
) -> AppResult<ShowPage> {
    let account = who.account();
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let now = app.clock.now();
    let at = |at: Ts| stamp(at, now, who.own_zone());
    Ok(ShowPage {
        shell: who.shell(app, row.target.label(), Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: refusal.into_iter().map(general).collect(),
        secret,
        id: row.id.to_string(),
        version: row.version.to_string(),
        title: row.target.label(),
        named: row.target.named(),
        state: state(&row),
        is_enabled: row.is_enabled,
        facts: facts(&row),
        tested: row.tested_at.map(|tested| Tested {
            at: at(tested),
            tone: if row.test_passed { "green" } else { "red" },
            icon: if row.test_passed {
                "circle-check"
            } else {
                "circle-alert"
            },
            words: row.test_outcome.clone(),
        }),
        test_note: test_note(row.target),
        overlap_hours: OVERLAP.as_secs() / 3600,
        former_until: row.previous_until.filter(|until| *until > now).map(at),
    })
}

fn general(text: String) -> Problem {
    Problem {
        field: String::new(),
        text,
    }
}

const fn test_note(target: Target) -> &'static str {
    match target {
        Target::Jira => "Asks who we are there, and for the project and its issue types. Nothing is made.",
        Target::ServiceNow => "Asks for one incident. Nothing is made.",
        Target::Webhook | Target::Manual => "Sends a signed message of the type docket.test.",
    }
}

fn facts(row: &ConnectorRow) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Address", &row.url)];
    if row.credential.is_some() {
        let how = if row.account.is_empty() {
            "With a bearer token".to_owned()
        } else {
            format!("As {}", row.account)
        };
        facts.push(Fact {
            note: "The token or password is sealed, and never shown.".into(),
            ..Fact::new("Signs in", how)
        });
    }
    if row.target == Target::Jira {
        facts.push(Fact::new("Project", &row.project));
        facts.push(Fact::new("Issue type", &row.issue_type));
    }
    facts.push(Fact {
        note: "Named in callbacks that are signed.".into(),
        fixed: true,
        ..Fact::new("Id", row.id.to_string())
    });
    facts
}
