//! What somebody wanted whose resolve form comes too late, for the page that tells of the change: all that was typed
//! goes on in its hidden fields, and what was chosen is told in words.

use super::{
    conflict::{Seen, Wish},
    model::ResolutionKind,
    queries,
    resolution::asked::NO_COUNTERPART,
    resolve_form::{self, ResolveForm},
    row::ExceptionRow,
    words::sentence_case,
};
use crate::{
    accounts::{
        self, AccountRow,
        words::{ACCOUNT_NUMBER, KIND_OF_ACCOUNT, ROUTING_NUMBER},
    },
    app::App,
    auth::{permission::Work, principal::May},
    db::AnyConnection,
    kernel::{
        clock::written_day,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, TransactionId},
        text::AccountNumber,
    },
    transactions::{self, payment_reasons},
};

/// Each with its label, or with its name in the form.
type Named = Vec<(&'static str, String)>;

/// The wish of a resolve form.
///
/// # Errors
/// `NotFound`; the database's.
pub async fn of(app: &App, who: &May<Work>, id: ExceptionId, typed: ResolveForm) -> AppResult<Wish> {
    let (account, form) = (who.account(), typed.clone());
    let (row, rest) = app
        .db
        .read(move |conn| Ok((queries::get(conn, account, id)?, rest(conn, account, &form)?)))
        .await?;
    let asked = &typed.asked;
    let words = [
        asked.reason.trim(),
        asked.suspend_reason.trim(),
        asked.write_off_reason.trim(),
        asked.notes.trim(),
    ];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    let mut kept = asked.fields();
    kept.extend(number(app, &row, &typed)?);
    kept.extend(filled([
        ("find", typed.find.clone()),
        ("found", typed.found.clone()),
    ]));
    Ok(Wish {
        action: "resolve",
        seen: Seen::read(&typed.seen),
        status: Some("Resolved"),
        rest,
        comment: words.join("\n"),
        kept,
        ..Wish::default()
    })
}

fn filled<const N: usize>(fields: [(&'static str, String); N]) -> Named {
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// Where the new account number comes from. A typed one goes on sealed; what is none is asked for again.
fn number(app: &App, row: &ExceptionRow, typed: &ResolveForm) -> AppResult<Named> {
    let read = AccountNumber::parse_typed(&typed.account_number);
    let (from, sealed) = match (typed.number_from.as_str(), read) {
        ("typed", Ok(number)) => ("sealed", resolve_form::seal(&app.vault, row, &number)?),
        (from, _) => (from, typed.number_sealed.clone()),
    };
    Ok(filled([
        ("number_from", from.to_owned()),
        ("number_sealed", sealed),
    ]))
}

/// What was chosen, as the form names it: of the chosen way to resolve alone.
fn rest(conn: &mut AnyConnection, account: BusinessAccountId, typed: &ResolveForm) -> AppResult<Named> {
    let asked = &typed.asked;
    let Some(kind) = ResolutionKind::parse(&asked.resolution_type) else {
        return Ok(Named::new());
    };
    let own = match kind {
        ResolutionKind::NoAction | ResolutionKind::SuspendAccount | ResolutionKind::WriteOff => Named::new(),
        ResolutionKind::ForceMatch => vec![
            (
                "Match it with",
                counterpart(conn, account, &asked.counterpart_transaction_id)?,
            ),
            ("Why this match is right", sentence_case(&asked.override_reason)),
        ],
        ResolutionKind::AdjustEntry => vec![
            ("What is corrected", sentence_case(&asked.reason_code)),
            ("Amount", asked.amount.clone()),
            ("Currency", asked.currency.clone()),
            ("Direction", sentence_case(&asked.direction)),
            ("Effective date", asked.effective_at.clone()),
        ],
        ResolutionKind::Retry => vec![
            ("Send it on", asked.retry_date.clone()),
            ("The receiver agreed on", asked.receiver_consent_on.clone()),
            ("What caused the return was put right", yes(&asked.fault_removed)),
        ],
        ResolutionKind::ReplaceTransaction => {
            let reason = &asked.payment_reason_id;
            let known = payment_reasons::list(conn, account)?;
            let known = known.into_iter().find(|r| r.slug == *reason);
            vec![
                (
                    "From account",
                    label(conn, account, &asked.debit_financial_account_id)?,
                ),
                (
                    "To account",
                    label(conn, account, &asked.credit_financial_account_id)?,
                ),
                ("New amount", asked.replace_amount.clone()),
                (
                    "Payment reason",
                    known.map_or_else(|| reason.clone(), |r| r.label),
                ),
                (
                    "New authorization of the receiver",
                    asked.new_authorization_on.clone(),
                ),
                ("What caused the return was put right", yes(&asked.put_right)),
                ("Find an account", typed.find.clone()),
            ]
        }
        ResolutionKind::CorrectAccount => vec![
            (ROUTING_NUMBER, asked.routing_number.clone()),
            (ACCOUNT_NUMBER, number_words(&typed.number_from)),
            (KIND_OF_ACCOUNT, sentence_case(&asked.subtype)),
            ("Holder", asked.holder_name.clone()),
        ],
    };
    let kind = ("Resolution", kind.label().to_owned());
    Ok(std::iter::once(kind).chain(own).collect())
}

fn yes(ticked: &str) -> String {
    let word = if ticked.is_empty() { "" } else { "Yes" };
    word.to_owned()
}

/// Never the number itself.
fn number_words(from: &str) -> String {
    let words = match from {
        "notice" => "The one from the bank",
        "typed" | "sealed" => "Another one, which is not shown",
        _ => "",
    };
    words.to_owned()
}

fn counterpart(conn: &mut AnyConnection, account: BusinessAccountId, id: &str) -> AppResult<String> {
    if id == NO_COUNTERPART {
        return Ok("None of them".into());
    }
    let found = match id.parse::<TransactionId>() {
        Ok(id) => transactions::queries::find(conn, account, id)?,
        Err(_) => None,
    };
    let named = found.map(|t| format!("{}, {}, {}", t.title(), t.money(), written_day(t.value_day())));
    Ok(named.unwrap_or_default())
}

fn label(conn: &mut AnyConnection, account: BusinessAccountId, id: &str) -> AppResult<String> {
    let found = match id.parse::<FinancialAccountId>() {
        Ok(id) => accounts::queries::find(conn, account, id)?,
        Err(_) => None,
    };
    Ok(found.as_ref().map(AccountRow::label).unwrap_or_default())
}
