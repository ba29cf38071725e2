//! The page on which a service account is added, with its first key.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    commands::{self, NewKey},
    list::HERE,
    model::Life,
    show::{self, ShowPage},
};
use crate::{
    app::App,
    auth::{
        permission::{Administer, Role},
        principal::May,
    },
    idempotency,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::ServiceAccountId,
        text::Title,
    },
    members::people::{RoleChoice, role_choices},
    web::{
        form::Submit,
        kept::Kept,
        page::Page,
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Choice, Tab},
    },
};

#[derive(Template)]
#[template(path = "service_accounts/new.html")]
pub struct NewPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    title: Field,
    role: Field,
    role_choices: Vec<RoleChoice>,
    life: Field,
    lives: Vec<Choice>,
}

/// The service account as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    name: String,
    role: String,
    life: String,
    /// Of the page: what is sent twice is added once.
    idempotency_key: String,
}

impl NewForm {
    fn parse(&self) -> Result<(Title, Role, Life), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Title::parse(&self.name));
        let role = errors.take("role", Role::parse(&self.role).ok_or("Choose a role.".into()));
        let life = errors.take("life", read_life(&self.life));
        match (name, role, life) {
            (Some(name), Some(role), Some(life)) => Ok((name, role, life)),
            _ => Err(errors),
        }
    }
}

/// Reads how long a key shall live.
pub fn read_life(typed: &str) -> Result<Life, String> {
    Life::parse(typed).ok_or_else(|| "Choose how long the key lives.".into())
}

/// How long a key may live, to choose from; `chosen` is marked.
pub fn life_choices(chosen: &str) -> Vec<Choice> {
    Life::OFFERED
        .iter()
        .map(|(_, value, label)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            selected: *value == chosen,
        })
        .collect()
}

/// `GET /settings/service-accounts/new`
pub async fn show(app: Data<App>, who: May<Administer>, kept: Kept) -> Page<NewPage> {
    let form = kept.form().unwrap_or_default();
    Page::ok(view(&app, &who, &form, &FieldErrors::default()))
}

/// `POST /settings/service-accounts/new`: the new service account's page with its key, or the form again.
pub async fn make(
    app: Data<App>,
    form: Submit<Administer, NewForm>,
) -> AppResult<actix_web::Either<Page<ShowPage>, Page<NewPage>>> {
    let Submit { who, form } = form;
    match add(&app, &who, &form).await {
        Ok((id, key)) => {
            let refusal = key.is_none().then(|| TOLD_ALREADY.to_owned());
            let view = show::view(&app, &who, id, refusal, key).await?;
            Ok(actix_web::Either::Left(Page::ok(view)))
        }
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, &form, &errors);
            Ok(actix_web::Either::Right(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

/// What is said when a form comes again that has made a key: nobody knows the secret but who was shown it.
pub(super) const TOLD_ALREADY: &str = "This was sent twice and done once. The secret of the new key was \
                                       shown with the first answer and is not kept: rotate the key if nobody \
                                       has noted it.";

/// Adds what was typed: once, also when it is sent twice, and then without the key's secret.
async fn add(
    app: &App,
    who: &May<Administer>,
    form: &NewForm,
) -> AppResult<(ServiceAccountId, Option<NewKey>)> {
    let (name, role, life) = form.parse()?;
    let content = [&form.name, &form.role, &form.life];
    let key = &form.idempotency_key;
    let made = idempotency::made_once(app, who, key, &content, move |tx, actor| {
        let id = commands::add(tx, actor, &name, role)?;
        let ends = life.ends(tx.now);
        Ok((id.to_string(), commands::add_key(tx, actor, id, None, ends)?))
    });
    let (id, key) = made.await?;
    Ok((id.parse().map_err(|_| AppError::NotFound)?, key))
}

fn view(app: &App, who: &May<Administer>, form: &NewForm, errors: &FieldErrors) -> NewPage {
    NewPage {
        shell: who.shell(app, "Add a service account", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        title: Field::of(&form.name, "name", errors),
        role: Field::of(&form.role, "role", errors),
        role_choices: role_choices(&who.who.actor, Role::parse(&form.role)),
        life: Field::of(&form.life, "life", errors),
        lives: life_choices(&form.life),
    }
}
