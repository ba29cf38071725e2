//! The buttons on a service account's page.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    commands::{self, NewKey},
    list::HERE,
    model::{Life, Overlap, ServiceAccount},
    new::{TOLD_ALREADY, read_life},
    show::{self, ShowPage},
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Administer, Role},
        principal::{AccessState, May},
    },
    db::Tx,
    idempotency,
    kernel::{
        error::{AppError, AppResult},
        id::{ServiceAccountId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

type Id = PathId<noun::ServiceAccount>;

/// A button for the service account as it was seen.
#[derive(Deserialize)]
pub struct SeenForm {
    version: i64,
}

/// The role as it was chosen.
#[derive(Deserialize)]
pub struct RoleForm {
    #[serde(default)]
    role: String,
    version: i64,
}

/// A key, and how long it and another one shall live.
#[derive(Deserialize)]
pub struct KeyForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    overlap: String,
    #[serde(default)]
    life: String,
    version: i64,
    /// Of the page: what is sent twice is done once.
    #[serde(default)]
    idempotency_key: String,
}

impl KeyForm {
    /// How long the old key still works, and how long the new one lives.
    fn parse(&self) -> AppResult<(Overlap, Life)> {
        let life = self.life()?;
        let overlap = Overlap::parse(&self.overlap)
            .ok_or_else(|| AppError::field("overlap", "Choose how long the old key still works."))?;
        Ok((overlap, life))
    }

    /// How long a key lives that takes the place of none.
    fn life(&self) -> AppResult<Life> {
        read_life(&self.life).map_err(|why| AppError::field("life", why))
    }
}

/// `POST /settings/service-accounts/{id}/role`
pub async fn change_role(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, RoleForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let done = who.run(&app, move |tx, actor| {
        let role = Role::parse(&form.role).ok_or_else(|| AppError::field("role", "Choose a role."))?;
        commands::change_role(tx, actor, id.0, Some(form.version), role)
    });
    let done = done
        .await
        .map(|a| format!("{} is {} now.", a.name, a.role.label()));
    answer(&app, &who, id.0, done).await
}

/// `POST /settings/service-accounts/{id}/disable`
pub async fn disable(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, SeenForm>,
) -> AppResult<Answer<ShowPage>> {
    set_state(&app, id, form, AccessState::Disabled, |a| {
        format!("{} has no access any more; its tokens have ended.", a.name)
    })
    .await
}

/// `POST /settings/service-accounts/{id}/enable`
pub async fn enable(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, SeenForm>,
) -> AppResult<Answer<ShowPage>> {
    set_state(&app, id, form, AccessState::Active, |a| {
        format!("{} has access again, as {}.", a.name, a.role.label())
    })
    .await
}

async fn set_state(
    app: &App,
    id: Id,
    form: Submit<Administer, SeenForm>,
    state: AccessState,
    told: fn(&ServiceAccount) -> String,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let done = who.run(app, move |tx, actor| {
        commands::set_state(tx, actor, id.0, Some(form.version), state)
    });
    let done = done.await.map(|account| told(&account));
    answer(app, &who, id.0, done).await
}

/// `POST /settings/service-accounts/{id}/add-key`: the page with the new key.
pub async fn add_key(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, KeyForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let (id, seen) = (id.0, Some(form.version));
    let made = match form.life() {
        Ok(life) => {
            make(&app, &who, &form, move |tx, actor| {
                commands::add_key(tx, actor, id, seen, life.ends(tx.now))
            })
            .await
        }
        Err(error) => Err(error),
    };
    show_key(&app, &who, id, made).await
}

/// `POST /settings/service-accounts/{id}/rotate-key`: the page with the new key.
pub async fn rotate_key(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, KeyForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let (id, seen, old) = (id.0, Some(form.version), form.key.clone());
    let made = match form.parse() {
        Ok((overlap, life)) => {
            make(&app, &who, &form, move |tx, actor| {
                let ends = (overlap, life.ends(tx.now));
                commands::rotate_key(tx, actor, id, seen, &old, ends)
            })
            .await
        }
        Err(error) => Err(error),
    };
    show_key(&app, &who, id, made).await
}

/// Makes a key: once, also when the form is sent twice, and then without its secret.
async fn make(
    app: &App,
    who: &May<Administer>,
    form: &KeyForm,
    mut key: impl FnMut(&mut Tx<'_>, &Actor) -> AppResult<NewKey> + Send + 'static,
) -> AppResult<Option<NewKey>> {
    let content = (&form.key, &form.overlap, &form.life, form.version);
    let made = idempotency::made_once(app, who, &form.idempotency_key, &content, move |tx, actor| {
        let new = key(tx, actor)?;
        Ok((new.key_id.clone(), new))
    });
    made.await.map(|(_, key)| key)
}

/// `POST /settings/service-accounts/{id}/revoke-key`
pub async fn revoke_key(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, KeyForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let done = who.run(&app, move |tx, actor| {
        commands::revoke_key(tx, actor, id.0, Some(form.version), &form.key)?;
        Ok(format!("The key {} has ended, and its tokens with it.", form.key))
    });
    let done = done.await;
    answer(&app, &who, id.0, done).await
}

/// The page with a key that was just made, or with why there is none.
async fn show_key(
    app: &App,
    who: &May<Administer>,
    id: ServiceAccountId,
    made: AppResult<Option<NewKey>>,
) -> AppResult<Answer<ShowPage>> {
    match made {
        Ok(key) => {
            let refusal = key.is_none().then(|| TOLD_ALREADY.to_owned());
            let view = show::view(app, who, id, refusal, key).await?;
            Ok(Answer::Again(Page::ok(view)))
        }
        Err(error) => answer(app, who, id, Err(error)).await,
    }
}

/// Back to the page with a word, or the page at once with why it was refused.
async fn answer(
    app: &App,
    who: &May<Administer>,
    id: ServiceAccountId,
    done: AppResult<String>,
) -> AppResult<Answer<ShowPage>> {
    match done {
        Ok(text) => Ok(Answer::Next(SeeOther::to(format!("{HERE}/{id}")).done(text))),
        Err(error @ (AppError::Refused(..) | AppError::Invalid(_))) => {
            let status = error.code().status();
            let view = show::view(app, who, id, Some(error.sentence()), None).await?;
            Ok(Answer::Again(Page::with_status(view, status)))
        }
        Err(error) => Err(error),
    }
}
