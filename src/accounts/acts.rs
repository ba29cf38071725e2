//! What is done to an account with a reason, on its page: suspend, lift that, say what is known of its holder.

use actix_web::web::Data;
use serde::Deserialize;

use super::{AccountRow, Verification, commands, show};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Read, Transact},
        principal::May,
    },
    db::Tx,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{FinancialAccountId, noun},
        text::Reason,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
    },
};

/// The small forms of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActForm {
    pub reason: String,
    pub verification: String,
}

/// The page with a reason that was kept through a sign-in.
pub async fn draft(
    app: Data<App>,
    who: May<Transact>,
    id: PathId<noun::FinancialAccount>,
    kept: Kept,
) -> AppResult<Page<show::AccountPage>> {
    let typed = kept.form::<ActForm>().unwrap_or_default();
    show::page(&app, &who.as_reader(), id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /accounts/{id}/suspend`
pub async fn suspend(
    app: Data<App>,
    sent: Submit<Transact, ActForm>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Answer<show::AccountPage>> {
    act(
        &app,
        sent,
        id.0,
        "Suspended: no new payment may use it.",
        commands::suspend,
    )
    .await
}

/// `POST /accounts/{id}/unsuspend`
pub async fn unsuspend(
    app: Data<App>,
    sent: Submit<Transact, ActForm>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Answer<show::AccountPage>> {
    act(
        &app,
        sent,
        id.0,
        "Payments may use it again.",
        commands::unsuspend,
    )
    .await
}

/// `POST /accounts/{id}/verification`
pub async fn verification(
    app: Data<App>,
    sent: Submit<Transact, ActForm>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Answer<show::AccountPage>> {
    let Some(to) = Verification::parse(&sent.form.verification) else {
        let errors = FieldErrors::one("verification", "Choose what is known of the account.");
        return again(&app, &sent.who.as_reader(), id.0, &sent.form, &errors).await;
    };
    act(&app, sent, id.0, to.label(), move |tx, actor, id, reason| {
        commands::set_verification(tx, actor, id, to, reason)
    })
    .await
}

async fn act(
    app: &App,
    sent: Submit<Transact, ActForm>,
    id: FinancialAccountId,
    done: &str,
    deed: impl Fn(&mut Tx<'_>, &Actor, FinancialAccountId, &Reason) -> AppResult<()> + Send + 'static,
) -> AppResult<Answer<show::AccountPage>> {
    let Submit { who, form: typed } = sent;
    let actor = who.actor();
    let outcome = match Reason::parse(&typed.reason) {
        Ok(reason) => {
            app.db
                .write(who.account(), move |tx| deed(tx, &actor, id, &reason))
                .await
        }
        Err(sentence) => Err(AppError::field("reason", sentence)),
    };
    match outcome {
        Ok(()) => Ok(Answer::Next(SeeOther::to(page_of(id)).done(done))),
        Err(AppError::Refused(_, why)) => Ok(Answer::Next(SeeOther::to(page_of(id)).refused(why))),
        Err(AppError::Invalid(errors)) => again(app, &who.as_reader(), id, &typed, &errors).await,
        Err(error) => Err(error),
    }
}

async fn again(
    app: &App,
    who: &May<Read>,
    id: FinancialAccountId,
    typed: &ActForm,
    errors: &FieldErrors,
) -> AppResult<Answer<show::AccountPage>> {
    let page = show::page(app, who, id, typed, errors).await?;
    Ok(Answer::Again(Page::with_status(page, 422)))
}

fn page_of(id: FinancialAccountId) -> String {
    format!("/accounts/{id}")
}

impl AccountRow {
    /// What a person may say of the verification, other than what is said now.
    pub fn other_verifications(&self) -> Vec<Verification> {
        [
            Verification::Approved,
            Verification::Declined,
            Verification::Review,
            Verification::Pending,
            Verification::Unverified,
        ]
        .into_iter()
        .filter(|v| *v != self.verification)
        .collect()
    }
}
