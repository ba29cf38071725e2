//! Payment reasons under the settings: what there is, a new one, another label.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::payment_reasons::{self, PaymentReason, Slug};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    idempotency::{self, Outcome},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        text::Title,
    },
    web::{
        form::Submit,
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::Tab,
    },
};

/// The page's address.
const HERE: &str = "/settings/payment-reasons";

#[derive(Template)]
#[template(path = "transactions/payment_reasons.html")]
pub struct ReasonsPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    reasons: Vec<PaymentReason>,
    new_slug: Field,
    new_label: Field,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReasonForm {
    slug: String,
    label: String,
    /// Of the page: what is sent twice is done once.
    idempotency_key: String,
}

/// `GET /settings/payment-reasons`
pub async fn show(app: Data<App>, who: May<Administer>, kept: Kept) -> AppResult<Page<ReasonsPage>> {
    let typed = kept.form::<ReasonForm>().unwrap_or_default();
    page(&app, &who, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /settings/payment-reasons`: adds one, or gives the one of that slug another label.
pub async fn save(app: Data<App>, sent: Submit<Administer, ReasonForm>) -> AppResult<Answer<ReasonsPage>> {
    let Submit { who, form: typed } = sent;
    let mut errors = FieldErrors::default();
    let slug = errors.take("slug", Slug::parse(&typed.slug));
    let label = errors.take("label", Title::parse(&typed.label));
    let outcome = match (slug, label) {
        (Some(slug), Some(label)) => {
            let (key, content) = (&typed.idempotency_key, [&typed.slug, &typed.label]);
            idempotency::done_once(&app, &who, key, &content, move |tx, actor| {
                payment_reasons::save(tx, actor, &slug, &label)?;
                Ok(Outcome::new(303, None, String::new()))
            })
            .await
        }
        _ => Err(errors.into()),
    };
    let errors = match outcome {
        Ok(_) => return Ok(Answer::Next(SeeOther::to(HERE).done("Saved."))),
        Err(AppError::Invalid(errors)) => errors,
        Err(AppError::Refused(Code::RuleRefuses, why)) => FieldErrors::one("slug", why),
        Err(error) => return Err(error),
    };
    let page = page(&app, &who, &typed, &errors).await?;
    Ok(Answer::Again(Page::with_status(page, 422)))
}

async fn page(
    app: &App,
    who: &May<Administer>,
    typed: &ReasonForm,
    errors: &FieldErrors,
) -> AppResult<ReasonsPage> {
    let account = who.account();
    let reasons = app
        .db
        .read(move |conn| payment_reasons::list(conn, account))
        .await?;
    Ok(ReasonsPage {
        shell: who.shell(app, "Payment reasons", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        reasons,
        new_slug: Field::of(&typed.slug, "slug", errors),
        new_label: Field::of(&typed.label, "label", errors),
    })
}
