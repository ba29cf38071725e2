//! The page that adds a financial account.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    Category, Subtype,
    add::{AccountFields, add},
};
use crate::{
    app::App,
    auth::{permission::Transact, principal::May},
    idempotency::{self, Outcome},
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
    },
    web::{
        form::Submit,
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::Choice,
    },
};

#[derive(Template)]
#[template(path = "accounts/new.html")]
pub struct AddPage {
    shell: Shell,
    problems: Vec<Problem>,
    fields: Fields,
    category: Field,
    categories: Vec<Choice>,
}

/// The fields that adding and changing have in common.
pub struct Fields {
    pub name: Field,
    pub holder_name: Field,
    pub subtype: Field,
    pub subtypes: Vec<Choice>,
    pub routing_number: Field,
    /// Never filled: what was typed as a number does not come back.
    pub account_number: Field,
}

/// The form as it is sent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountForm {
    #[serde(flatten)]
    pub fields: AccountFields,
    pub account_number: String,
    pub version: String,
    /// Of the page: what is sent twice is added once.
    pub idempotency_key: String,
}

impl AccountForm {
    /// What was typed, so that it can be compared and not be read: an account number is among it.
    fn content(&self, vault: &Vault) -> Vec<u8> {
        let typed = (&self.fields, &self.account_number);
        vault.lookup(&serde_json::to_string(&typed).unwrap_or_default())
    }
}

impl Fields {
    /// With what was typed and what is wrong.
    pub fn of(typed: &AccountFields, errors: &FieldErrors) -> Self {
        let field = |value: &str, name: &str| Field::of(value, name, errors);
        Self {
            name: field(&typed.name, "name"),
            holder_name: field(&typed.holder_name, "holder_name"),
            subtype: field("", "subtype"),
            subtypes: Subtype::ALL
                .iter()
                .map(|s| Choice {
                    value: s.as_str().into(),
                    label: s.label().into(),
                    selected: s.as_str() == typed.subtype,
                })
                .collect(),
            routing_number: field(&typed.routing_number, "routing_number"),
            account_number: field("", "account_number"),
        }
    }
}

/// `GET /accounts/new`
pub async fn show(app: Data<App>, who: May<Transact>, kept: Kept) -> AppResult<Page<AddPage>> {
    let typed = kept.form::<AccountForm>().unwrap_or_default();
    Ok(Page::ok(page(&app, &who, &typed, &FieldErrors::default())))
}

/// `POST /accounts/new`
pub async fn submit(app: Data<App>, sent: Submit<Transact, AccountForm>) -> AppResult<Answer<AddPage>> {
    let Submit { who, form: typed } = sent;
    let errors = match send(&app, &who, &typed).await {
        Ok(done) => {
            let to = SeeOther::to(done.location.unwrap_or_else(|| "/accounts".into()));
            return Ok(Answer::Next(to.done(done.body)));
        }
        Err(AppError::Invalid(errors)) => errors,
        Err(AppError::Refused(Code::Duplicate, why)) => FieldErrors::one("account_number", why),
        Err(error) => return Err(error),
    };
    let page = page(&app, &who, &typed, &errors);
    Ok(Answer::Again(Page::with_status(page, 422)))
}

/// Adds what was typed: once, also when it is sent twice.
async fn send(app: &App, who: &May<Transact>, typed: &AccountForm) -> AppResult<Outcome> {
    let new = typed.fields.parse(&typed.account_number)?;
    let (content, vault) = (typed.content(&app.vault), app.vault.clone());
    idempotency::done_once(app, who, &typed.idempotency_key, &content, move |tx, actor| {
        let row = add(tx, &vault, actor, &new)?;
        let (to, told) = (
            format!("/accounts/{}", row.id),
            format!("{} is added.", row.label()),
        );
        Ok(Outcome::new(303, Some(to), told))
    })
    .await
}

fn page(app: &App, who: &May<Transact>, typed: &AccountForm, errors: &FieldErrors) -> AddPage {
    AddPage {
        shell: who.shell(app, "Add an account", Section::Accounts),
        problems: problems(errors),
        fields: Fields::of(&typed.fields, errors),
        category: Field::of("", "category", errors),
        categories: [Category::External, Category::Internal]
            .map(|c| Choice {
                value: c.as_str().into(),
                label: c.label().into(),
                selected: c.as_str() == typed.fields.category,
            })
            .into(),
    }
}
