//! The buttons on the page of e-mail.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    list::{self, HERE, MailPage, Wanted},
    outbox,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{
        error::{AppError, AppResult, Code},
        id::MailId,
    },
    web::{
        form::Submit,
        page::{Answer, Page, SeeOther},
        shell::Problem,
    },
};

/// A button of which nothing can be out of date.
#[derive(Deserialize)]
pub struct Nothing {}

/// Which message.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    mail: String,
}

/// `POST /settings/mail/test`
pub async fn test(app: Data<App>, form: Submit<Administer, Nothing>) -> AppResult<Answer<MailPage>> {
    let done = if app.mail.is_some() {
        form.who.run(&app, outbox::test).await
    } else {
        Err(AppError::refused(Code::RuleRefuses, "E-mail is not set up."))
    };
    let word = format!(
        "A test message to {} is on its way. Look here again in a moment for what came of it.",
        form.who.who.email
    );
    answer(&app, &form.who, done, word).await
}

/// `POST /settings/mail/resend`
pub async fn resend(app: Data<App>, form: Submit<Administer, Chosen>) -> AppResult<Answer<MailPage>> {
    let id: MailId = form.form.mail.parse().map_err(|_| AppError::NotFound)?;
    let done = form
        .who
        .run(&app, move |tx, actor| outbox::resend(tx, actor, id))
        .await;
    answer(
        &app,
        &form.who,
        done,
        "It is sent again, with the same id.".into(),
    )
    .await
}

/// Back to the page with a word, or the page at once with why it was refused.
async fn answer(
    app: &App,
    who: &May<Administer>,
    done: AppResult<()>,
    word: String,
) -> AppResult<Answer<MailPage>> {
    match done {
        Ok(()) => {
            app.jobs.wake();
            Ok(Answer::Next(SeeOther::to(HERE).done(word)))
        }
        Err(error @ AppError::Refused(..)) => {
            let problem = Problem {
                field: String::new(),
                text: error.sentence(),
            };
            let view = list::view(app, who, &Wanted::default(), vec![problem]).await?;
            Ok(Answer::Again(Page::with_status(view, error.code().status())))
        }
        Err(error) => Err(error),
    }
}
