//! One service account's page: its keys, role and access.

use actix_web::web::Data;
use askama::Template;

use super::{
    commands::NewKey,
    list::{self, HERE},
    model::{Key, KeyState, Overlap, ServiceAccount},
    new::life_choices,
    queries,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{ServiceAccountId, noun},
    },
    members::{
        model::may_give,
        people::{RoleChoice, role_choices},
    },
    web::{
        form::PathId,
        page::Page,
        settings,
        shell::{Field, Problem, Section, Shell},
        time::stamp,
        ui::{Choice, Column, Stamp, Tab, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "service_accounts/show.html")]
pub struct ShowPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    /// Just made, and shown this once.
    new_key: Option<NewKey>,
    id: String,
    version: String,
    name: String,
    role_label: &'static str,
    state: Tag,
    added: Stamp,
    is_active: bool,
    columns: Vec<Column>,
    keys: Vec<KeyRow>,
    /// The good keys, one of which can be rotated.
    good_keys: Vec<Choice>,
    overlaps: Vec<Choice>,
    lives: Vec<Choice>,
    plain: Field,
    role: Field,
    role_choices: Vec<RoleChoice>,
    /// Why this person may change nothing here.
    closed: Option<String>,
}

struct KeyRow {
    key_id: String,
    state: Tag,
    made: Stamp,
    used: Option<Stamp>,
    ends: Option<Stamp>,
    may_revoke: bool,
    off: bool,
}

/// `GET /settings/service-accounts/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::ServiceAccount>,
) -> AppResult<Page<ShowPage>> {
    Ok(Page::ok(view(&app, &who, id.0, None, None).await?))
}

/// The page as it is now, with why something was refused, or with a key that was just made.
pub async fn view(
    app: &App,
    who: &May<Administer>,
    id: ServiceAccountId,
    refusal: Option<String>,
    new_key: Option<NewKey>,
) -> AppResult<ShowPage> {
    let account = who.account();
    let (found, keys) = app
        .db
        .read(move |conn| {
            Ok((
                queries::get(conn, account, id)?,
                queries::keys(conn, account, id)?,
            ))
        })
        .await?;
    let mut page = page(app, who, &found, &keys);
    page.new_key = new_key;
    page.problems.extend(refusal.map(|text| Problem {
        field: String::new(),
        text,
    }));
    Ok(page)
}

fn page(app: &App, who: &May<Administer>, found: &ServiceAccount, keys: &[Key]) -> ShowPage {
    let (actor, now) = (&who.who.actor, app.clock.now());
    let closed = may_give(actor, found.role).err().map(|e| e.sentence());
    ShowPage {
        shell: who.shell(app, found.name.clone(), Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: Vec::new(),
        new_key: None,
        id: found.id.to_string(),
        version: found.version.to_string(),
        name: found.name.clone(),
        role_label: found.role.label(),
        state: list::state(found),
        added: stamp(found.created_at, now, who.own_zone()),
        is_active: found.is_active(),
        columns: columns(),
        keys: keys
            .iter()
            .map(|key| key_row(key, who, now, closed.is_none()))
            .collect(),
        good_keys: good_keys(keys, now),
        overlaps: overlaps(),
        lives: life_choices(""),
        plain: Field::default(),
        role: Field::default(),
        role_choices: role_choices(actor, Some(found.role)),
        closed,
    }
}

fn columns() -> Vec<Column> {
    ["Key", "State", "Made", "Last used", "Ends", "Act"]
        .into_iter()
        .map(|label| Column::plain(label).hidden(label == "Act"))
        .collect()
}

fn key_row(key: &Key, who: &May<Administer>, now: Ts, may_change: bool) -> KeyRow {
    let at = |at: Ts| stamp(at, now, who.own_zone());
    let state = key.state(now);
    KeyRow {
        key_id: key.key_id.clone(),
        state: tag(state),
        made: at(key.created_at),
        used: key.last_used_at.map(at),
        ends: key.revoked_at.or(key.expires_at).map(at),
        may_revoke: may_change && state.is_good(),
        off: !state.is_good(),
    }
}

fn tag(state: KeyState) -> Tag {
    let (tone, icon, text) = match state {
        KeyState::Good => (Tone::Green, "circle-check", "Good"),
        KeyState::EndsSoon => (Tone::Amber, "hourglass", "Ends soon"),
        KeyState::Expired => (Tone::Grey, "clock", "Expired"),
        KeyState::Revoked => (Tone::Grey, "ban", "Revoked"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}

fn good_keys(keys: &[Key], now: Ts) -> Vec<Choice> {
    keys.iter()
        .filter(|key| key.state(now).is_good())
        .map(|key| Choice {
            value: key.key_id.clone(),
            label: key.key_id.clone(),
            selected: false,
        })
        .collect()
}

fn overlaps() -> Vec<Choice> {
    Overlap::OFFERED
        .iter()
        .map(|(_, value, label)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            selected: false,
        })
        .collect()
}
