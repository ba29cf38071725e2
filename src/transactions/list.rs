//! The list of transactions: filters, a page of rows.

use std::collections::HashMap;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;

use super::{
    Kind, Solution, Status, TransactionRow,
    filter::{DayOf, Edge, Filter, NO_COMPANY, RawFilter, SortBy},
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
    /// None while something is wrong with the filters: a file could not say so.
    export: Option<String>,
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
    days: Vec<Choice>,
    raw: RawFilter,
    errors: FieldErrors,
}

impl TransactionFilters {
    /// What is wrong with a field; empty when nothing is.
    fn error(&self, field: &str) -> String {
        self.errors.of(field).unwrap_or_default()
    }
}

/// One row, ready to print; accounts' pages list them too.
pub struct Line {
    pub id: String,
    pub title: String,
    pub from: String,
    pub to: String,
    pub amount: String,
    pub currency: &'static str,
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
        let (from, to) = row.from_and_to();
        Line {
            id: row.id.to_string(),
            title: words::title(row, &self.reason(&row.payment_reason)),
            from: self.account(from),
            to: self.account(to),
            amount: row.money().to_string(),
            currency: row.currency.beside_amount(),
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
    let raw = query.0.renamed();
    let (account, zone) = (who.account(), who.zone());
    let asked = raw.clone();
    accounts::index::refresh(&app, &raw.party).await?;
    let (filter, errors, found, total, beside, choices) = app
        .db
        .read(move |conn| {
            let (filter, errors) = search::read(conn, account, &asked, zone)?;
            let found = search::list(conn, account, &filter)?;
            let total = search::count_up_to(conn, account, &filter)?;
            let beside = Beside::read(conn, account, &found.rows)?;
            let choices = account_choices(conn, account, &filter)?;
            Ok((filter, errors, found, total, beside, choices))
        })
        .await?;
    let (now, own_zone) = (app.clock.now(), who.own_zone());
    let rows = (found.rows.iter())
        .map(|t| beside.line(t, now, own_zone))
        .collect();
    Ok(Page::ok(TransactionsPage {
        shell: who.shell(&app, "Transactions", Section::Transactions),
        can_make: who.who.actor.may(Right::Transact),
        export: errors.is_empty().then(|| raw.export_address()),
        chips: chips(&raw, &errors, &choices),
        problems: problems(&errors),
        columns: columns(&raw, &filter),
        empty: found.rows.is_empty().then(|| empty(&raw)),
        pager: pager(&raw, &filter, &found, total),
        filters: filters(raw, choices, errors),
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

/// Statuses that are asked for together, with what they are called.
const TOGETHER: [(&str, &str); 2] = [
    ("NEW,PENDING", "New or Pending"),
    ("PROCESSING,APPROVED,SETTLED,CLEARED,REVERSED", "Sent"),
];

/// What statuses are called together.
fn status_words(value: &str) -> Option<String> {
    let together = TOGETHER.iter().find(|(spelled, _)| *spelled == value);
    if let Some((_, label)) = together {
        return Some((*label).to_owned());
    }
    let each: Option<Vec<&str>> = value
        .split(',')
        .map(|word| Status::parse(word.trim()).map(Status::label))
        .collect();
    each.map(|labels| labels.join(" or "))
}

fn filters(raw: RawFilter, accounts: Vec<Choice>, errors: FieldErrors) -> TransactionFilters {
    let each = Status::ALL.iter().map(|s| (s.as_str(), s.label()));
    let mut statuses = words::choices(each.chain(TOGETHER), &raw.status);
    // Others together come by an address, and stay as they are when the form is sent.
    if !raw.status.is_empty()
        && statuses.iter().all(|c| !c.selected)
        && let Some(label) = status_words(&raw.status)
    {
        statuses.push(Choice {
            value: raw.status.clone(),
            label,
            selected: true,
        });
    }
    TransactionFilters {
        open: !errors.is_empty(),
        keep: Some(("sort", raw.sort.clone()))
            .filter(|(_, sort)| !sort.is_empty())
            .into_iter()
            .collect(),
        statuses,
        types: words::choices(Kind::ALL.iter().map(|k| (k.as_str(), k.word())), &raw.r#type),
        solutions: words::choices(
            Solution::ALL.iter().map(|s| (s.as_str(), s.label())),
            &raw.solution,
        ),
        accounts,
        days: words::choices(
            DayOf::ALL.iter().map(|d| (d.as_str(), d.label())),
            if raw.date.is_empty() {
                DayOf::Created.as_str()
            } else {
                &raw.date
            },
        ),
        raw,
        errors,
    }
}

/// The active filters in words, each with the list without it; what is left out has none.
fn chips(raw: &RawFilter, errors: &FieldErrors, accounts: &[Choice]) -> Vec<Chip> {
    let day_of = DayOf::parse(&raw.date).unwrap_or(DayOf::Created).label();
    let chip = |(name, value): (&'static str, &str)| {
        if errors.of(name).is_some() {
            return None;
        }
        let text = match name {
            "sort" | "date" => return None,
            "status" => format!("Status: {}", status_words(value)?),
            "type" => format!("Type: {}", Kind::parse(value)?.word()),
            "solution" => format!("Sent by: {}", Solution::parse(value)?.label()),
            "account" => {
                let known = accounts.iter().find(|c| c.value == value)?;
                format!("Account: {}", known.label)
            }
            "party" => format!("Account with: {value}"),
            "q" => format!("Text: {value}"),
            "trace" => format!("Trace number: {value}"),
            "company" if value == NO_COMPANY => "Without a company id".into(),
            "company" => format!("Company id: {value}"),
            "amount_from" => format!("Amount from {value}"),
            "amount_to" => format!("Amount to {value}"),
            "date_from" => format!("{day_of} from {value}"),
            _ => format!("{day_of} to {value}"),
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
    let is_filtered = raw
        .set_fields()
        .iter()
        .any(|(name, _)| !matches!(*name, "sort" | "date"))
        || !raw.after.is_empty();
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
