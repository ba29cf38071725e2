//! The list of transactions: filters, a page of rows.

use std::collections::HashMap;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;

use super::{
    Kind, Solution, Status, TransactionRow,
    filter::{Edge, Filter, RawFilter, SortBy},
    payment_reasons,
    search::{self, Found},
    words,
};
use crate::{
    accounts::{self, AccountRow},
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    db::AnyConnection,
    exceptions::about::{self, Mention},
    kernel::{
        clock::Ts,
        count::up_to,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, FinancialAccountId},
    },
    web::{
        form::Query,
        page::Page,
        shell::{Problem, Section, Shell, problems},
        time,
        ui::{Chip, Choice, Column, Empty, Link, Order, Pager, Tag},
    },
};

#[derive(Template)]
#[template(path = "transactions/list.html")]
pub struct TransactionsPage {
    shell: Shell,
    can_make: bool,
    export: String,
    filters: TransactionFilters,
    chips: Vec<Chip>,
    problems: Vec<Problem>,
    columns: Vec<Column>,
    rows: Vec<Line>,
    pager: Pager,
    empty: Option<Empty>,
}

struct TransactionFilters {
    open: bool,
    keep: Vec<(&'static str, String)>,
    statuses: Vec<Choice>,
    types: Vec<Choice>,
    solutions: Vec<Choice>,
    accounts: Vec<Choice>,
    q: String,
    trace: String,
    amount_from: String,
    amount_to: String,
    created_from: String,
    created_to: String,
}

/// One row, ready to print; accounts' pages list them too.
pub struct Line {
    pub id: String,
    pub title: String,
    pub from: String,
    pub to: String,
    pub amount: String,
    pub status: Tag,
    pub settles: String,
    /// "1 open", leading to the transaction's exceptions.
    pub exceptions: Option<Link>,
    pub created: String,
}

/// What the rows of a list need beside themselves.
pub struct Beside {
    accounts: HashMap<FinancialAccountId, AccountRow>,
    reasons: HashMap<String, String>,
    mentions: Vec<Mention>,
}

impl Beside {
    /// Reads it for these rows.
    pub fn read(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        rows: &[TransactionRow],
    ) -> AppResult<Self> {
        let mut ids: Vec<_> = rows
            .iter()
            .flat_map(|t| [t.debit_account_id, t.credit_account_id])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let accounts = accounts::queries::list_by_ids(conn, account, &ids)?;
        let transactions: Vec<_> = rows.iter().map(|t| t.id).collect();
        Ok(Self {
            accounts: accounts.into_iter().map(|a| (a.id, a)).collect(),
            reasons: payment_reasons::labels(conn, account)?,
            mentions: about::transactions(conn, account, &transactions)?,
        })
    }

    /// An account as it is called.
    pub fn account(&self, id: FinancialAccountId) -> String {
        self.accounts.get(&id).map(AccountRow::label).unwrap_or_default()
    }

    /// A payment reason as it is called.
    pub fn reason(&self, slug: &str) -> String {
        self.reasons.get(slug).cloned().unwrap_or_else(|| slug.to_owned())
    }

    /// A row, ready to print.
    pub fn line(&self, row: &TransactionRow, now: Ts, zone: Tz) -> Line {
        let about: Vec<_> = self.mentions.iter().filter(|m| m.names(row.id)).collect();
        let open = about.iter().filter(|m| m.is_open).count();
        let label = match (open, about.len()) {
            (_, 0) => None,
            (0, all) => Some(format!("{all} resolved")),
            (open, _) => Some(format!("{open} open")),
        };
        Line {
            id: row.id.to_string(),
            title: words::title(row, &self.reason(&row.payment_reason)),
            from: self.account(row.debit_account_id),
            to: self.account(row.credit_account_id),
            amount: row.money().to_string(),
            status: words::status_tag(row.status),
            settles: words::settles(row),
            exceptions: label.map(|label| Link {
                href: format!("/transactions/{}#exceptions", row.id),
                label,
            }),
            created: time::short(row.created_at, now, zone),
        }
    }
}

/// `GET /transactions`
pub async fn list(
    app: Data<App>,
    who: May<Read>,
    query: Query<RawFilter>,
) -> AppResult<Page<TransactionsPage>> {
    let Query(raw) = query;
    let (account, zone) = (who.account(), who.zone());
    let (filter, errors) = raw.parse(zone);
    let asked = filter.clone();
    let (found, total, beside, choices) = app
        .db
        .read(move |conn| {
            let found = search::list(conn, account, &asked)?;
            let total = search::count_up_to(conn, account, &asked)?;
            let beside = Beside::read(conn, account, &found.rows)?;
            Ok((found, total, beside, account_choices(conn, account, &asked)?))
        })
        .await?;
    let now = app.clock.now();
    let rows = found.rows.iter().map(|t| beside.line(t, now, zone)).collect();
    Ok(Page::ok(TransactionsPage {
        shell: who.shell(&app, "Transactions", Section::Transactions),
        can_make: who.who.actor.may(Right::Transact),
        export: raw.export_address(),
        chips: chips(&raw, &choices),
        problems: problems(&errors),
        columns: columns(&raw, &filter),
        empty: found.rows.is_empty().then(|| empty(&raw)),
        pager: pager(&raw, &filter, &found, total),
        filters: filters(&raw, choices, &errors),
        rows,
    }))
}

/// Our own accounts, and the one asked for.
fn account_choices(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    filter: &Filter,
) -> AppResult<Vec<Choice>> {
    let mut offered = accounts::queries::list_own(conn, account)?;
    if let Some(id) = filter.account.filter(|id| offered.iter().all(|a| a.id != *id)) {
        offered.extend(accounts::queries::find(conn, account, id)?);
    }
    Ok(offered
        .into_iter()
        .map(|a| Choice {
            selected: filter.account == Some(a.id),
            value: a.id.to_string(),
            label: a.label(),
        })
        .collect())
}

fn filters(raw: &RawFilter, accounts: Vec<Choice>, errors: &FieldErrors) -> TransactionFilters {
    TransactionFilters {
        open: !errors.is_empty(),
        keep: Some(("sort", raw.sort.clone()))
            .filter(|(_, sort)| !sort.is_empty())
            .into_iter()
            .collect(),
        statuses: words::choices(Status::ALL.iter().map(|s| (s.as_str(), s.label())), &raw.status),
        types: words::choices(Kind::ALL.iter().map(|k| (k.as_str(), k.word())), &raw.r#type),
        solutions: words::choices(
            Solution::ALL.iter().map(|s| (s.as_str(), s.label())),
            &raw.solution,
        ),
        accounts,
        q: raw.q.clone(),
        trace: raw.trace.clone(),
        amount_from: raw.amount_from.clone(),
        amount_to: raw.amount_to.clone(),
        created_from: raw.created_from.clone(),
        created_to: raw.created_to.clone(),
    }
}

/// The active filters in words, each with the list without it.
fn chips(raw: &RawFilter, accounts: &[Choice]) -> Vec<Chip> {
    let chip = |(name, value): (&'static str, &str)| {
        let text = match name {
            "sort" => return None,
            "status" => format!("Status: {}", Status::parse(value)?.label()),
            "type" => format!("Type: {}", Kind::parse(value)?.word()),
            "solution" => format!("Sent by: {}", Solution::parse(value)?.label()),
            "account" => {
                let known = accounts.iter().find(|c| c.value == value)?;
                format!("Account: {}", known.label)
            }
            "q" => format!("Text: {value}"),
            "trace" => format!("Trace number: {value}"),
            "amount_from" => format!("Amount from {value}"),
            "amount_to" => format!("Amount to {value}"),
            "created_from" => format!("Created from {value}"),
            _ => format!("Created to {value}"),
        };
        Some(Chip {
            text,
            href: raw.address(&[(name, "")]),
        })
    };
    raw.set_fields().into_iter().filter_map(chip).collect()
}

fn columns(raw: &RawFilter, filter: &Filter) -> Vec<Column> {
    let plain = |label| Column::plain(label);
    let sorted = |label, by: SortBy| {
        let is_current = filter.sort.by == by;
        // The largest and the latest come first on the first click; a second click turns it round.
        let next = if is_current && filter.sort.descending {
            by.to_string()
        } else {
            format!("-{by}")
        };
        Column {
            href: Some(raw.address(&[("sort", &next)])),
            order: match (is_current, filter.sort.descending) {
                (false, _) => Order::None,
                (true, true) => Order::Down,
                (true, false) => Order::Up,
            },
            ..plain(label)
        }
    };
    vec![
        plain("Transaction"),
        plain("From"),
        plain("To"),
        Column {
            right: true,
            ..sorted("Amount", SortBy::Amount)
        },
        plain("Status"),
        plain("Settles"),
        plain("Exceptions"),
        sorted("Created", SortBy::Created),
    ]
}

fn pager(raw: &RawFilter, filter: &Filter, found: &Found, total: i64) -> Pager {
    let edge = |row: Option<&TransactionRow>, name: &'static str| {
        row.map(|t| raw.address(&[(name, &Edge::spelled(t.sort_value(filter.sort.by), t.id))]))
    };
    Pager {
        shown: found.rows.len().to_string(),
        total: up_to(total),
        previous: found
            .has_previous
            .then(|| edge(found.rows.first(), "before"))
            .flatten(),
        next: found.has_next.then(|| edge(found.rows.last(), "after")).flatten(),
    }
}

fn empty(raw: &RawFilter) -> Empty {
    let is_filtered = raw.set_fields().iter().any(|(name, _)| *name != "sort") || !raw.after.is_empty();
    if is_filtered {
        return Empty {
            icon: "search",
            title: "No transaction matches".into(),
            text: "Take away a filter, or look at all of them.".into(),
            action: Some(Link {
                href: "/transactions".into(),
                label: "Clear the filters".into(),
            }),
        };
    }
    Empty {
        icon: "arrow-left-right",
        title: "No transactions yet".into(),
        text: "They come from imported ACH files and through the API.".into(),
        action: None,
    }
}
