//! Opening a dispute from the exception that it is about.

use actix_web::web::Data;
use askama::Template;
use serde::{Deserialize, Serialize};

use super::{commands, model::DisputeCategory};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    exceptions::{
        self,
        head::{ExceptionHead, head, titled},
    },
    idempotency::{self, Claim, Outcome},
    kernel::{
        crypto,
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, noun},
        text::DisputeText,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

#[derive(Template)]
#[template(path = "disputes/new.html")]
pub struct NewPage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    idempotency_key: String,
    category: Field,
    categories: Vec<Choice>,
    description: Field,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewForm {
    category: String,
    description: String,
    #[serde(skip_serializing)]
    idempotency_key: String,
}

/// `GET /exceptions/{id}/disputes`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<NewPage>> {
    let typed = kept.form::<NewForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /exceptions/{id}/disputes`
pub async fn create(
    app: Data<App>,
    sent: Submit<Work, NewForm>,
    id: PathId<noun::Exception>,
) -> AppResult<Answer<NewPage>> {
    let Submit { who, form: typed } = sent;
    match open(&app, &who, id.0, &typed).await {
        Ok(done) => {
            let next = done.location.unwrap_or_else(|| "/disputes".into());
            Ok(Answer::Next(SeeOther::to(next).done(done.body)))
        }
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &who, id.0, &typed, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn open(app: &App, who: &May<Work>, id: ExceptionId, typed: &NewForm) -> AppResult<Outcome> {
    let mut errors = FieldErrors::default();
    let category = DisputeCategory::parse(&typed.category);
    let category = errors.take(
        "category",
        category.ok_or_else(|| "Choose what it is about.".into()),
    );
    let description = errors.take("description", DisputeText::parse(&typed.description));
    let (Some(category), Some(description)) = (category, description) else {
        return Err(errors.into());
    };
    let actor = who.actor();
    let claim = Claim::of_form(&actor, who.request().path(), &typed.idempotency_key, typed)?;
    app.db
        .write(who.account(), move |tx| {
            idempotency::once(tx, Some(&claim), |tx| {
                let row = commands::open(tx, &actor, id, category, &description)?;
                let to = format!("/disputes/{}", row.id);
                Ok(Outcome::new(303, Some(to), "The dispute is open.".into()))
            })
        })
        .await
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &NewForm,
    errors: &FieldErrors,
) -> AppResult<NewPage> {
    let account = who.account();
    let row = app
        .db
        .read(move |conn| exceptions::queries::get(conn, account, id))
        .await?;
    let all = DisputeCategory::ALL.iter().map(|c| (c.as_str(), c.label()));
    Ok(NewPage {
        shell: who.shell(app, titled("Open a dispute", &row), Section::Disputes),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        problems: problems(errors),
        idempotency_key: crypto::new_token()?,
        category: Field::of("", "category", errors),
        categories: std::iter::once(("", "Choose"))
            .chain(all)
            .map(|(value, label)| Choice {
                value: value.into(),
                label: label.into(),
                selected: value == typed.category,
            })
            .collect(),
        description: Field::of(&typed.description, "description", errors),
    })
}
