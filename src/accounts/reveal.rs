//! Showing an account number in full: by who has the right, with a reason, written down. It is on one page, for a
//! minute, and in no address.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::header, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{AccountRow, commands, queries};
use crate::{
    app::App,
    auth::{permission::Reveal, principal::May},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{FinancialAccountId, noun},
        text::Reason,
    },
    web::{
        budget::Budgets,
        form::{PathId, Submit},
        kept::Kept,
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
    },
};

/// The number is shown for so long; then the browser goes back to the account.
const SECONDS: u32 = 60;

#[derive(Template)]
#[template(path = "accounts/reveal.html")]
pub struct RevealPage {
    shell: Shell,
    back: String,
    short: String,
    problems: Vec<Problem>,
    reason: Field,
    /// The number, once the reason was given.
    number: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevealForm {
    reason: String,
}

/// The page with the number, which leaves by itself.
pub struct Shown {
    page: Page<RevealPage>,
    /// Where to, when there is a number on it.
    leaves_to: Option<String>,
}

impl Responder for Shown {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.page.respond_to(request);
        let refresh = self
            .leaves_to
            .and_then(|to| header::HeaderValue::from_str(&format!("{SECONDS}; url={to}")).ok());
        if let Some(refresh) = refresh {
            response.headers_mut().insert(header::REFRESH, refresh);
        }
        response
    }
}

/// `GET /accounts/{id}/reveal`: asks for the reason.
pub async fn draft(
    app: Data<App>,
    who: May<Reveal>,
    id: PathId<noun::FinancialAccount>,
    kept: Kept,
) -> AppResult<Page<RevealPage>> {
    let typed = kept.form::<RevealForm>().unwrap_or_default();
    let row = read(&app, &who, id.0).await?;
    Ok(Page::ok(page(
        &app,
        &who,
        &row,
        (&typed, &FieldErrors::default()),
        None,
    )))
}

/// `POST /accounts/{id}/reveal`
pub async fn create(
    app: Data<App>,
    sent: Submit<Reveal, RevealForm>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Shown> {
    let Submit { who, form: typed } = sent;
    let row = read(&app, &who, id.0).await?;
    let (actor, vault, id) = (who.actor(), app.vault.clone(), id.0);
    let outcome = match Reason::parse(&typed.reason) {
        Ok(reason) => {
            app.memos.of::<Budgets>().reveal(who.who.member)?;
            app.db
                .write(who.account(), move |tx| {
                    commands::show_number(tx, &vault, &actor, id, &reason)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("reason", sentence)),
    };
    match outcome {
        Ok(number) => Ok(Shown {
            page: Page::ok(page(
                &app,
                &who,
                &row,
                (&typed, &FieldErrors::default()),
                Some(number),
            )),
            leaves_to: Some(format!("/accounts/{id}")),
        }),
        Err(AppError::Invalid(errors)) => Ok(Shown {
            page: Page::with_status(page(&app, &who, &row, (&typed, &errors), None), 422),
            leaves_to: None,
        }),
        Err(error) => Err(error),
    }
}

async fn read(app: &App, who: &May<Reveal>, id: FinancialAccountId) -> AppResult<AccountRow> {
    let account = who.account();
    app.db.read(move |conn| queries::get(conn, account, id)).await
}

fn page(
    app: &App,
    who: &May<Reveal>,
    row: &AccountRow,
    (typed, errors): (&RevealForm, &FieldErrors),
    number: Option<String>,
) -> RevealPage {
    RevealPage {
        shell: who.shell(app, format!("Account number of {}", row.name), Section::Accounts),
        back: format!("/accounts/{}", row.id),
        short: row.label(),
        problems: problems(errors),
        reason: Field::of(&typed.reason, "reason", errors),
        number,
    }
}
