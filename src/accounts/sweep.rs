//! When a bank's routing number changes, one notification tells it for one account; the others at that bank are looked
//! at together here (ach-codes.md section 9, C02). Each that is chosen becomes a change of its own, which waits for a
//! second person like any other.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{AccountRow, AccountState, Category, add::AccountFields, edit, queries, words};
use crate::{
    ach::routing::{CheckDigit, check_digit},
    app::App,
    approvals::{self, ApprovalRow, Gated, Request},
    auth::{actor::Actor, permission::Transact, principal::May},
    db::Tx,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::FinancialAccountId,
        text::RoutingNumber,
    },
    transactions,
    web::{
        form::{Query, Submit},
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Empty, Link, Tag},
    },
};

/// The accounts that are shown and changed at once; the next come when these have moved.
const MOST: i64 = 100;

/// The page's address.
const HERE: &str = "/accounts/sweep";

#[derive(Template)]
#[template(path = "accounts/sweep.html")]
pub struct SweepPage {
    shell: Shell,
    problems: Vec<Problem>,
    from: Field,
    to: Field,
    lead: String,
    rows: Vec<Line>,
    empty: Option<Empty>,
}

struct Line {
    pick: String,
    id: String,
    name: String,
    holder: String,
    masked: String,
    state: Tag,
    /// Payments that can still be taken back and would go to the new number.
    open: i64,
    /// The list of these.
    payments: String,
    picked: bool,
    /// Why it is not ticked at first, or cannot be.
    why: String,
    /// The change that waits: another is not asked for beside it.
    waits: Option<Link>,
}

/// A form with `pick` once for each account, as id and version.
type Picked = Vec<(String, String)>;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SweepQuery {
    from: String,
    to: String,
}

/// Where the accounts with the routing number `from` are changed to `to`.
pub fn address(from: &str, to: &str) -> String {
    let query = serde_urlencoded::to_string([("from", from), ("to", to)]).unwrap_or_default();
    format!("{HERE}?{query}")
}

/// Why an account is not changed by a sweep.
const WAITS: &str = "A change of it waits for approval already.";

/// The change of the account `id` that is among what waits.
fn waits(waiting: &[ApprovalRow], id: FinancialAccountId) -> Option<&ApprovalRow> {
    waiting.iter().find(|row| {
        let is_change = matches!(
            row.request(),
            Ok(Request::AccountChange { .. } | Request::Resolution { .. })
        );
        let record = [Some(row.entity_id), row.concerns_id];
        is_change && record.into_iter().flatten().any(|of| of.uuid() == id.uuid())
    })
}

/// Why an account is not ticked at first: a bank's new number is seldom for these.
fn left_out(row: &AccountRow) -> Option<Left> {
    match (row.category, row.state) {
        (Category::Internal, _) => Some(Left::Own),
        (_, AccountState::Suspended) => Some(Left::Suspended),
        _ => None,
    }
}

/// Why an account is left out at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// It is one of our own.
    Own,
    /// No payment uses it.
    Suspended,
    /// A change of it waits.
    Waits,
}

impl Left {
    const ALL: [Self; 3] = [Self::Own, Self::Suspended, Self::Waits];

    /// On the account's line.
    const fn line(self) -> &'static str {
        match self {
            Self::Own => "Our own account: tick it only when our bank's number changes.",
            Self::Suspended => "Suspended: no payment uses it.",
            Self::Waits => WAITS,
        }
    }

    /// In the sentence over the list.
    fn words(self, n: usize) -> String {
        match (self, n) {
            (Self::Own, 1) => "1 is our own".into(),
            (Self::Own, n) => format!("{n} are our own"),
            (Self::Suspended, 1) => "1 is suspended".into(),
            (Self::Suspended, n) => format!("{n} are suspended"),
            (Self::Waits, 1) => "for 1 a change waits for approval already".into(),
            (Self::Waits, n) => format!("for {n} a change waits for approval already"),
        }
    }
}

/// What came of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Changes that wait now.
    pub waits: usize,
    /// Changes that needed nobody.
    pub done: usize,
    /// Accounts that were left, each with the reason.
    pub left: Vec<String>,
}

/// Asks for the change of each chosen account; one that cannot be is left, and the others go on.
///
/// # Errors
/// `FORBIDDEN`; what the database says.
pub fn sweep(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    (from, to): (&str, &RoutingNumber),
    picks: &[(FinancialAccountId, i64)],
) -> AppResult<Swept> {
    let mut swept = Swept::default();
    for (id, version) in picks {
        let outcome = tx.attempt(|tx| {
            let row = queries::get(tx.conn, actor.business_account, *id)?;
            let refused = |why: &str| Err(AppError::refused(Code::RuleRefuses, why));
            if row.routing_number != from {
                return refused("It has another routing number by now.");
            }
            if waits(
                &approvals::queries::waiting_about(tx.conn, actor.business_account, &[*id])?,
                *id,
            )
            .is_some()
            {
                return refused(WAITS);
            }
            let fields = AccountFields {
                routing_number: to.as_str().to_owned(),
                ..AccountFields::of(&row)
            };
            edit::change(tx, vault, actor, *id, Some(*version), &fields, None)
        })?;
        match outcome {
            Ok(Gated::Waits(_)) => swept.waits += 1,
            Ok(Gated::Done(_)) => swept.done += 1,
            Err(error @ (AppError::Forbidden(_) | AppError::LoginRequired)) => return Err(error),
            Err(refusal) => {
                let name = queries::find(tx.conn, actor.business_account, *id)?.map(|row| row.label());
                let name = name.unwrap_or_else(|| "An account that is not here".to_owned());
                swept.left.push(format!("{name}: {}", refusal.sentence()));
            }
        }
    }
    Ok(swept)
}

impl Swept {
    /// What came of it, in sentences.
    fn words(&self) -> String {
        let came_of_it = match (self.done, self.waits) {
            (0, 0) => "Nothing was changed.".to_owned(),
            (0, 1) => "1 change waits for a second person.".to_owned(),
            (0, n) => format!("{n} changes wait for a second person."),
            (1, 0) => "1 account was changed.".to_owned(),
            (n, 0) => format!("{n} accounts were changed."),
            (done, waits) => {
                let are = if done == 1 { "is" } else { "are" };
                let wait = if waits == 1 { "waits" } else { "wait" };
                let all = done + waits;
                format!("Of {all} changes {done} {are} made and {waits} {wait} for a second person.")
            }
        };
        match self.left.len() {
            0 => came_of_it,
            n => format!("{came_of_it} {n} left: {}", self.left.join(" ")),
        }
    }
}

/// `GET /accounts/sweep`
pub async fn show(
    app: Data<App>,
    who: May<Transact>,
    query: Query<SweepQuery>,
) -> AppResult<Page<SweepPage>> {
    let SweepQuery { from, to } = query.0;
    page(
        &app,
        &who,
        (from.trim(), to.trim()),
        None,
        &FieldErrors::default(),
    )
    .await
    .map(Page::ok)
}

/// `POST /accounts/sweep`
pub async fn submit(app: Data<App>, sent: Submit<Transact, Picked>) -> AppResult<Answer<SweepPage>> {
    let Submit { who, form } = sent;
    let value = |name: &str| {
        let found = form.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.trim()).to_owned()
    };
    let (from, typed) = (value("from"), value("to"));
    let picks = picks(&form);
    let mut errors = FieldErrors::default();
    let to = errors.take("to", RoutingNumber::parse(&typed));
    if to.as_ref().is_some_and(|to| to.as_str() == from) {
        errors.add("to", "The new routing number is the old one.");
    }
    if picks.is_empty() {
        errors.add("accounts", "Choose the accounts to change.");
    }
    let (true, Some(to)) = (errors.is_empty(), to) else {
        let page = page(&app, &who, (&from, &typed), Some(&picks), &errors).await?;
        return Ok(Answer::Again(Page::with_status(page, 422)));
    };
    let (actor, vault) = (who.actor(), app.vault.clone());
    let swept = app
        .db
        .write(who.account(), move |tx| {
            sweep(tx, &vault, &actor, (&from, &to), &picks)
        })
        .await?;
    let next = if swept.waits > 0 {
        "/approvals"
    } else {
        "/accounts"
    };
    let next = SeeOther::to(next);
    Ok(Answer::Next(if swept.left.is_empty() {
        next.done(swept.words())
    } else {
        next.notice(swept.words())
    }))
}

fn picks(form: &Picked) -> Vec<(FinancialAccountId, i64)> {
    let picked = form.iter().filter(|(name, _)| name == "pick");
    let each = picked.filter_map(|(_, value)| {
        let (id, version) = value.split_once('.')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    });
    let mut all: Vec<_> = each.collect();
    all.truncate(usize::try_from(MOST).unwrap_or(0));
    all
}

async fn page(
    app: &App,
    who: &May<Transact>,
    (from, to): (&str, &str),
    picks: Option<&[(FinancialAccountId, i64)]>,
    errors: &FieldErrors,
) -> AppResult<SweepPage> {
    let (account, bank) = (who.account(), from.to_owned());
    let (all, waiting, count) = app
        .db
        .read(move |conn| {
            let all = queries::list_at_bank(conn, account, &bank, MOST)?;
            let ids: Vec<_> = all.iter().map(|row| row.id).collect();
            let waiting = approvals::queries::waiting_about(conn, account, &ids)?;
            let mut rows = Vec::with_capacity(all.len());
            for row in all {
                let (open, _) = transactions::queries::open_of_account(conn, account, row.id, 0)?;
                rows.push((row, open));
            }
            Ok((rows, waiting, queries::count_all_at_bank(conn, account, &bank)?))
        })
        .await?;
    let left: Vec<Option<Left>> = all
        .iter()
        .map(|(row, _)| match waits(&waiting, row.id) {
            Some(_) => Some(Left::Waits),
            None => left_out(row),
        })
        .collect();
    let is_picked = |row: &AccountRow, left: Option<Left>| match picks {
        None => left.is_none(),
        Some(picks) => picks.iter().any(|(id, _)| *id == row.id),
    };
    let rows: Vec<Line> = all
        .iter()
        .zip(&left)
        .map(|((row, open), left)| {
            let picked = is_picked(row, *left);
            line(row, *open, (picked, *left), waits(&waiting, row.id))
        })
        .collect();
    Ok(SweepPage {
        shell: who.shell(app, "Another routing number for many accounts", Section::Accounts),
        problems: problems(errors),
        lead: format!("{}{}", lead(from, rows.len(), count), not_ticked(&left)),
        empty: rows.is_empty().then(|| nothing(from)),
        from: Field {
            value: from.to_owned(),
            error: None,
        },
        to: Field::of(to, "to", errors),
        rows,
    })
}

fn lead(from: &str, shown: usize, count: i64) -> String {
    let check = match check_digit(from) {
        CheckDigit::Valid => "",
        _ => " Its check digit is not right.",
    };
    match usize::try_from(count) {
        Ok(count) if count > shown => {
            format!(
                "{count} accounts have the routing number {from}; these are the first {shown} by name.{check}"
            )
        }
        _ if shown == 1 => format!("1 account has the routing number {from}.{check}"),
        _ => format!("{shown} accounts have the routing number {from}.{check}"),
    }
}

/// What is left out, and why.
fn not_ticked(left: &[Option<Left>]) -> String {
    let count = |of: Left| left.iter().filter(|l| **l == Some(of)).count();
    let each: Vec<String> = Left::ALL
        .into_iter()
        .filter(|of| count(*of) > 0)
        .map(|of| of.words(count(of)))
        .collect();
    match left.iter().flatten().count() {
        0 => String::new(),
        1 => format!(" One of them is not ticked: {}.", each.join(", ")),
        n => format!(" {n} of them are not ticked: {}.", each.join(", ")),
    }
}

fn nothing(from: &str) -> Empty {
    Empty {
        icon: "landmark",
        title: "No account has this routing number".into(),
        text: if from.is_empty() {
            "Say which routing number is the old one.".into()
        } else {
            format!("None of the accounts here has {from}: there is nothing to change.")
        },
        action: Some(Link {
            href: "/accounts".into(),
            label: "All accounts".into(),
        }),
    }
}

fn line(
    row: &AccountRow,
    open: i64,
    (picked, left): (bool, Option<Left>),
    waiting: Option<&ApprovalRow>,
) -> Line {
    Line {
        pick: format!("{}.{}", row.id, row.version),
        id: row.id.to_string(),
        name: row.name.clone(),
        holder: row.holder_name.clone(),
        masked: row.masked(),
        state: words::state_tag(row.state),
        open,
        payments: words::open_payments(row.id),
        picked,
        why: left.map(|left| left.line().to_owned()).unwrap_or_default(),
        waits: waiting.map(|row| Link {
            href: format!("/approvals/{}", row.id),
            label: "Open the approval".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::Swept;

    #[test]
    fn what_came_of_it_is_counted_as_it_is() {
        let words = |done, waits, left: &[&str]| {
            let left = left.iter().map(|l| (*l).to_owned()).collect();
            Swept { waits, done, left }.words()
        };
        assert_eq!(words(0, 0, &[]), "Nothing was changed.");
        assert_eq!(words(0, 1, &[]), "1 change waits for a second person.");
        assert_eq!(words(1, 0, &[]), "1 account was changed.");
        assert_eq!(
            words(2, 0, &["Ann: It is closed."]),
            "2 accounts were changed. 1 left: Ann: It is closed."
        );
        assert_eq!(
            words(1, 1, &[]),
            "Of 2 changes 1 is made and 1 waits for a second person."
        );
        assert_eq!(
            words(2, 3, &[]),
            "Of 5 changes 2 are made and 3 wait for a second person."
        );
    }
}
