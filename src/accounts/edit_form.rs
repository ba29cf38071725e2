//! The page that changes a financial account.

use actix_web::web::Data;
use askama::Template;

use super::{
    AccountRow,
    add::AccountFields,
    add_form::{AccountForm, Fields},
    edit::{self, Reach},
    queries,
    words::Reached,
};
use crate::{
    app::App,
    approvals::{self, Gated},
    auth::{permission::Transact, principal::May},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{FinancialAccountId, noun},
        text::AccountNumber,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Problem, Section, Shell, problems},
    },
};

#[derive(Template)]
#[template(path = "accounts/edit.html")]
pub struct EditPage {
    shell: Shell,
    back: String,
    short: String,
    number_hint: String,
    version: String,
    reach: String,
    reached: Reached,
    problems: Vec<Problem>,
    fields: Fields,
}

/// `GET /accounts/{id}/edit`
pub async fn show(
    app: Data<App>,
    who: May<Transact>,
    id: PathId<noun::FinancialAccount>,
    kept: Kept,
) -> AppResult<Page<EditPage>> {
    let typed = kept.form::<AccountForm>();
    page(&app, &who, id.0, typed.as_ref(), &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /accounts/{id}/edit`
pub async fn submit(
    app: Data<App>,
    sent: Submit<Transact, AccountForm>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Answer<EditPage>> {
    let Submit { who, form: typed } = sent;
    let id = id.0;
    let errors = match change(&app, &who, id, &typed).await {
        Ok(next) => return Ok(Answer::Next(next)),
        Err(AppError::Invalid(errors)) => errors,
        Err(AppError::Refused(Code::Duplicate | Code::Stale, why)) => FieldErrors::one("name", why),
        Err(error) => return Err(error),
    };
    let page = page(&app, &who, id, Some(&typed), &errors).await?;
    Ok(Answer::Again(Page::with_status(page, 422)))
}

async fn change(
    app: &App,
    who: &May<Transact>,
    id: FinancialAccountId,
    typed: &AccountForm,
) -> AppResult<SeeOther> {
    let number = match typed.account_number.trim() {
        "" => None,
        text => Some(AccountNumber::parse_typed(text).map_err(|why| AppError::field("account_number", why))?),
    };
    let (actor, vault, fields) = (who.actor(), app.vault.clone(), typed.fields.clone());
    let read = typed.version.parse().ok();
    let done = app
        .db
        .write(who.account(), move |tx| {
            edit::change(tx, &vault, &actor, id, read, &fields, number.clone())
        })
        .await?;
    let page = SeeOther::to(format!("/accounts/{id}"));
    Ok(match done {
        Gated::Done(row) => page.done(format!("{} is changed.", row.label())),
        Gated::Waits(_) => page.notice(approvals::show::WAITS),
    })
}

async fn page(
    app: &App,
    who: &May<Transact>,
    id: FinancialAccountId,
    typed: Option<&AccountForm>,
    errors: &FieldErrors,
) -> AppResult<EditPage> {
    let account = who.account();
    let (row, reach): (AccountRow, Reach) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let reach = Reach::of(conn, account, id)?;
            Ok((row, reach))
        })
        .await?;
    let fields = typed.map_or_else(|| AccountFields::of(&row), |t| t.fields.clone());
    Ok(EditPage {
        shell: who.shell(app, format!("Change {}", row.label()), Section::Accounts),
        back: format!("/accounts/{}", row.id),
        short: row.label(),
        number_hint: format!("Now {}. Empty: it stays.", row.masked()),
        version: row.version.to_string(),
        reached: Reached::of(id, &reach),
        reach: reach.words(),
        problems: problems(errors),
        fields: Fields::of(&fields, errors),
    })
}
