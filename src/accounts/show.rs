//! One financial account: what it is, its exceptions, its latest transactions, its history.

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;

use super::{
    AccountRow,
    acts::ActForm,
    past::{Deed, Past},
    queries, words,
};
use crate::{
    app::App,
    approvals::{self, ApprovalRow},
    auth::{
        actor::Actor,
        permission::{Read, Right},
        principal::May,
    },
    db::AnyConnection,
    exceptions::about::{self, ExceptionLine, Mention},
    kernel::{
        clock::Ts,
        error::{AppResult, FieldErrors},
        id::{FinancialAccountId, noun},
    },
    notes::{self, NoteRow, Noted, NotesCard},
    transactions::{self, TransactionRow, list::Beside, list::Line},
    web::{
        form::PathId,
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge as _, Choice, Fact, Link, Notice, Tag},
    },
};

#[derive(Template)]
#[template(path = "accounts/show.html")]
pub struct AccountPage {
    shell: Shell,
    here: String,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    /// Whether this person may do something with it.
    may_act: bool,
    acts: Acts,
    name: String,
    masked: String,
    state: Tag,
    verification: Tag,
    facts: Vec<Fact>,
    /// About the account itself.
    exceptions: Vec<ExceptionLine>,
    /// About its latest payments, and how many of those were looked at.
    of_payments: Vec<ExceptionLine>,
    looked_at: String,
    transactions: Vec<Line>,
    all_transactions: Option<Link>,
    notes: NotesCard,
    history: Vec<Deed>,
    about: Vec<Fact>,
}

#[derive(Default)]
struct Acts {
    reveal: bool,
    /// Suspend; else lift that.
    suspend: bool,
    verifications: Vec<Choice>,
    verification: Field,
    reason: Field,
}

/// So many transactions are on the account's page; the rest is in the list.
const SHOWN: i64 = 10;
/// The exceptions of so many transactions, the newest, are looked up.
const LOOKED_AT: i64 = 100;

struct Seen {
    row: AccountRow,
    mentions: Vec<Mention>,
    of_payments: Vec<Mention>,
    transactions: Vec<TransactionRow>,
    beside: Beside,
    notes: Vec<NoteRow>,
    past: Past,
    waiting: Vec<ApprovalRow>,
}

/// `GET /accounts/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Page<AccountPage>> {
    page(&app, &who, id.0, &ActForm::default(), &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// The page, with what was typed into its form and what is wrong with it.
pub(super) async fn page(
    app: &App,
    who: &May<Read>,
    id: FinancialAccountId,
    typed: &ActForm,
    errors: &FieldErrors,
) -> AppResult<AccountPage> {
    let (asks, zone) = (who.actor(), who.own_zone());
    let seen = app.db.read(move |conn| read(conn, &asks, id)).await?;
    let shell = who.shell(app, &seen.row.name, Section::Accounts);
    let actor = &who.who.actor;
    let acts = acts(&seen.row, actor, typed, errors);
    let mut page = view(shell, seen, actor, app.clock.now(), (who.zone(), zone));
    page.acts = acts;
    page.problems = problems(errors);
    Ok(page)
}

fn acts(row: &AccountRow, actor: &Actor, typed: &ActForm, errors: &FieldErrors) -> Acts {
    Acts {
        reveal: actor.may(Right::Reveal),
        suspend: row.can_suspend().is_ok(),
        verifications: std::iter::once(("", "Choose"))
            .chain(
                row.other_verifications()
                    .into_iter()
                    .map(|v| (v.as_str(), v.label())),
            )
            .map(|(value, label)| Choice {
                value: value.into(),
                label: label.into(),
                selected: value == typed.verification,
            })
            .collect(),
        verification: Field::of("", "verification", errors),
        reason: Field::of(&typed.reason, "reason", errors),
    }
}

fn read(conn: &mut AnyConnection, actor: &Actor, id: FinancialAccountId) -> AppResult<Seen> {
    let account = actor.business_account;
    let row = queries::get(conn, account, id)?;
    let mut latest = transactions::queries::list_of_account(conn, account, id, LOOKED_AT)?;
    let ids: Vec<_> = latest.iter().map(|t| t.id).collect();
    let mentions = about::financial_accounts(conn, account, &[id])?;
    let mut of_payments = about::transactions(conn, account, &ids)?;
    of_payments.retain(|one| mentions.iter().all(|m| m.id != one.id));
    latest.truncate(usize::try_from(SHOWN).unwrap_or(0));
    Ok(Seen {
        beside: Beside::read(conn, account, &latest)?,
        notes: notes::queries::list(conn, account, (Noted::FinancialAccount, id.uuid()), notes::SHOWN)?,
        past: Past::read(conn, actor, id)?,
        waiting: approvals::queries::waiting_on(conn, account, id.uuid())?,
        transactions: latest,
        mentions,
        of_payments,
        row,
    })
}

/// Its days are told in the zone `days`, its times of day in `zone`.
fn view(shell: Shell, seen: Seen, actor: &Actor, now: Ts, (days, zone): (Tz, Tz)) -> AccountPage {
    let row = &seen.row;
    let here = format!("/accounts/{}", row.id);
    AccountPage {
        notices: approvals::show::banners(&seen.waiting),
        problems: Vec::new(),
        may_act: actor.may(Right::Transact),
        acts: Acts::default(),
        name: row.name.clone(),
        masked: row.masked(),
        state: words::state_tag(row.state),
        verification: words::verification_tag(row.verification),
        facts: vec![
            Fact::new("Holder", row.holder_name.clone()),
            Fact::new(words::ACCOUNT_NUMBER, row.masked()),
            Fact::new("Bank", row.routing_number.clone()).fixed(true),
            Fact::new("Category", row.category.label()),
            Fact::new(words::KIND_OF_ACCOUNT, row.subtype.label()),
        ],
        exceptions: seen.mentions.iter().map(|m| m.line(days)).collect(),
        of_payments: seen.of_payments.iter().map(|m| m.line(days)).collect(),
        looked_at: LOOKED_AT.to_string(),
        transactions: seen
            .transactions
            .iter()
            .map(|t| seen.beside.line(t, now, zone))
            .collect(),
        all_transactions: (!seen.transactions.is_empty()).then(|| Link {
            href: format!("/transactions?account={}", row.id),
            label: "All of them".into(),
        }),
        notes: NotesCard::new(&here, seen.notes, actor, now, zone),
        history: seen.past.lines(now, zone),
        about: vec![
            Fact::new("Added", row.created_at.written_in(zone)),
            Fact::new("Last changed", row.updated_at.written_in(zone)),
            Fact::new("Id", row.id.to_string()).fixed(true),
        ],
        here,
        shell,
    }
}
