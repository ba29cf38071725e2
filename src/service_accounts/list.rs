//! The list of service accounts of a business account.

use std::collections::HashMap;

use actix_web::web::Data;
use askama::Template;

use super::{
    model::{Key, KeyState, ServiceAccount},
    queries,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{clock::Ts, error::AppResult, id::ServiceAccountId},
    web::{
        page::Page,
        settings,
        shell::{Section, Shell},
        time::stamp,
        ui::{Column, Empty, Link, Stamp, Tab, Tag, Tone},
    },
};

/// The list's address.
pub const HERE: &str = "/settings/service-accounts";

#[derive(Template)]
#[template(path = "service_accounts/list.html")]
pub struct ListPage {
    shell: Shell,
    pages: Vec<Tab>,
    business_account: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    empty: Option<Empty>,
}

struct Row {
    name: Link,
    role: &'static str,
    state: Tag,
    keys: String,
    used: Option<Stamp>,
    /// When the first of its good keys ends.
    ends: Option<Stamp>,
    ends_soon: bool,
    off: bool,
}

/// `GET /settings/service-accounts`
pub async fn list(app: Data<App>, who: May<Administer>) -> AppResult<Page<ListPage>> {
    let (account, now) = (who.account(), app.clock.now());
    let (found, keys) = app
        .db
        .read(move |conn| Ok((queries::list(conn, account)?, queries::all_keys(conn, account)?)))
        .await?;
    let mut by_owner: HashMap<ServiceAccountId, Vec<Key>> = HashMap::new();
    for key in keys {
        by_owner.entry(key.service_account).or_default().push(key);
    }
    let row = |a: &ServiceAccount| row(a, by_owner.get(&a.id).map_or(&[], Vec::as_slice), &who, now);
    Ok(Page::ok(ListPage {
        shell: who.shell(&app, "Service accounts", Section::People),
        pages: settings::pages(&who.who, HERE),
        business_account: who.who.account.name.clone(),
        columns: columns(),
        rows: found.iter().map(row).collect(),
        empty: found.is_empty().then(nothing_yet),
    }))
}

fn columns() -> Vec<Column> {
    ["Name", "Role", "State", "Good keys", "Last used", "Next key ends"]
        .into_iter()
        .map(Column::plain)
        .collect()
}

fn nothing_yet() -> Empty {
    Empty {
        icon: "key-round",
        title: "No service accounts yet".into(),
        text: "A service account is how another system raises exceptions and follows them through the API."
            .into(),
        action: Some(Link {
            href: format!("{HERE}/new"),
            label: "Add the first".into(),
        }),
    }
}

fn row(account: &ServiceAccount, keys: &[Key], who: &May<Administer>, now: Ts) -> Row {
    let good: Vec<&Key> = keys.iter().filter(|key| key.state(now).is_good()).collect();
    let at = |at: Ts| stamp(at, now, who.own_zone());
    Row {
        name: Link {
            href: format!("{HERE}/{}", account.id),
            label: account.name.clone(),
        },
        role: account.role.label(),
        state: state(account),
        keys: good.len().to_string(),
        used: keys.iter().filter_map(|key| key.last_used_at).max().map(at),
        ends: good.iter().filter_map(|key| key.expires_at).min().map(at),
        ends_soon: good.iter().any(|key| key.state(now) == KeyState::EndsSoon),
        off: !account.is_active(),
    }
}

/// Whether it may act, as a badge.
pub fn state(account: &ServiceAccount) -> Tag {
    let (tone, icon, text) = if account.is_active() {
        (Tone::Green, "circle-check", "Active")
    } else {
        (Tone::Grey, "ban", "Disabled")
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}
