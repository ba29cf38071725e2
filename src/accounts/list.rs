//! The list of financial accounts.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    AccountRow, AccountState, Category, Verification, index,
    queries::{self, Filter, Found},
    words,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    exceptions::about,
    kernel::{
        count::{grouped, up_to},
        error::AppResult,
        id::FinancialAccountId,
    },
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        ui::{Chip, Choice, Column, Empty, Link, Pager, Tag},
    },
};

#[derive(Template)]
#[template(path = "accounts/list.html")]
pub struct AccountsPage {
    shell: Shell,
    can_add: bool,
    filters: AccountFilters,
    chips: Vec<Chip>,
    columns: Vec<Column>,
    rows: Vec<Line>,
    pager: Pager,
    empty: Option<Empty>,
}

struct AccountFilters {
    categories: Vec<Choice>,
    states: Vec<Choice>,
    verifications: Vec<Choice>,
    text: String,
}

struct Line {
    id: String,
    name: String,
    holder: String,
    masked: String,
    bank: String,
    category: &'static str,
    state: Tag,
    verification: Tag,
    exceptions: Option<Link>,
}

/// The address's query as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawFilter {
    category: String,
    state: String,
    verification: String,
    text: String,
    after: String,
    before: String,
}

impl RawFilter {
    fn parse(&self) -> Filter {
        Filter {
            category: Category::parse(&self.category),
            state: AccountState::parse(&self.state),
            verification: Verification::parse(&self.verification),
            // A blank after the last word ends it.
            text: Some(self.text.clone()).filter(|t| !t.trim().is_empty()),
            after: self.after.parse().ok(),
            before: self.before.parse().ok(),
        }
    }

    fn address(&self, otherwise: &[(&str, &str)]) -> String {
        let set = [
            ("category", self.category.as_str()),
            ("state", &self.state),
            ("verification", &self.verification),
            ("text", &self.text),
        ];
        let kept = set
            .into_iter()
            .filter(|(name, _)| !otherwise.iter().any(|(n, _)| n == name));
        let pairs: Vec<_> = kept
            .chain(otherwise.iter().copied())
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        if pairs.is_empty() {
            return "/accounts".into();
        }
        format!(
            "/accounts?{}",
            serde_urlencoded::to_string(pairs).unwrap_or_default()
        )
    }
}

/// `GET /accounts`
pub async fn list(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<Page<AccountsPage>> {
    let Query(raw) = query;
    let (account, filter) = (who.account(), raw.parse());
    index::refresh(&app, &raw.text).await?;
    let (found, open) = app
        .db
        .read(move |conn| {
            let found = queries::list(conn, account, &filter)?;
            let ids: Vec<_> = found.rows.iter().map(|a| a.id).collect();
            let open = about::count_open(conn, account, &ids)?;
            Ok((found, open))
        })
        .await?;
    let count = |id: FinancialAccountId| open.get(&id).copied().unwrap_or(0);
    Ok(Page::ok(AccountsPage {
        shell: who.shell(&app, "Accounts", Section::Accounts),
        can_add: who.who.actor.may(Right::Transact),
        filters: filters(&raw),
        chips: chips(&raw, found.is_cut),
        columns: columns(),
        rows: found.rows.iter().map(|a| line(a, count(a.id))).collect(),
        pager: pager(&raw, &found),
        empty: found.rows.is_empty().then(|| empty(&raw)),
    }))
}

fn line(row: &AccountRow, open: usize) -> Line {
    Line {
        id: row.id.to_string(),
        name: row.name.clone(),
        holder: row.holder_name.clone(),
        masked: row.masked(),
        bank: row.routing_number.clone(),
        category: row.category.label(),
        state: words::state_tag(row.state),
        verification: words::verification_tag(row.verification),
        exceptions: (open > 0).then(|| Link {
            href: format!("/accounts/{}#exceptions", row.id),
            label: format!("{open} open"),
        }),
    }
}

fn filters(raw: &RawFilter) -> AccountFilters {
    AccountFilters {
        categories: choices(
            Category::ALL.iter().map(|c| (c.as_str(), c.label())),
            &raw.category,
        ),
        states: choices(
            AccountState::ALL.iter().map(|s| (s.as_str(), s.label())),
            &raw.state,
        ),
        verifications: choices(
            Verification::ALL.iter().map(|v| (v.as_str(), v.label())),
            &raw.verification,
        ),
        text: raw.text.clone(),
    }
}

fn choices<'a>(options: impl Iterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    options
        .map(|(value, label)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == chosen,
        })
        .collect()
}

fn chips(raw: &RawFilter, is_cut: bool) -> Vec<Chip> {
    let category = Category::parse(&raw.category).map(|c| ("category", "Category", c.label()));
    let state = AccountState::parse(&raw.state).map(|s| ("state", "State", s.label()));
    let verification =
        Verification::parse(&raw.verification).map(|v| ("verification", "Verification", v.label()));
    let text = Some(raw.text.trim())
        .filter(|t| !t.is_empty())
        .map(|t| ("text", "Text", t));
    [category, state, verification, text]
        .into_iter()
        .flatten()
        .map(|(name, label, value)| Chip {
            text: match name {
                "text" if is_cut => format!("{label}: {value} ({} of those found)", grouped(queries::MOST)),
                _ => format!("{label}: {value}"),
            },
            href: raw.address(&[(name, "")]),
        })
        .collect()
}

fn columns() -> Vec<Column> {
    [
        "Name",
        "Holder",
        "Account",
        "Bank",
        "Category",
        "State",
        "Verification",
        // What is about a payment is on the payment's page: an account of ours is in every payment.
        "Exceptions about it",
    ]
    .map(Column::plain)
    .into()
}

fn pager(raw: &RawFilter, found: &Found) -> Pager {
    let edge =
        |row: Option<&AccountRow>, name: &'static str| row.map(|a| raw.address(&[(name, &a.id.to_string())]));
    Pager {
        shown: found.rows.len().to_string(),
        total: up_to(found.total),
        previous: found
            .has_previous
            .then(|| edge(found.rows.first(), "before"))
            .flatten(),
        next: found.has_next.then(|| edge(found.rows.last(), "after")).flatten(),
    }
}

fn empty(raw: &RawFilter) -> Empty {
    let is_filtered = raw.address(&[]) != "/accounts";
    Empty {
        icon: "landmark",
        title: if is_filtered {
            "No account matches".into()
        } else {
            "No accounts yet".into()
        },
        text: match (is_filtered, raw.text.trim()) {
            (false, _) => "They come with imported ACH files, or are added here.",
            (true, "") => "Take away a filter, or look at all of them.",
            (true, _) => {
                "Names are found by whole words, of which the last may be cut short. Take away a filter, or look at \
                 all of them."
            }
        }
        .into(),
        action: is_filtered.then(|| Link {
            href: "/accounts".into(),
            label: "Clear the filters".into(),
        }),
    }
}
