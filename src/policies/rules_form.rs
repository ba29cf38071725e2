//! What the pages of rules have in common: a form whose number of rules is not known beforehand, and the steps from it
//! to the request.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use askama::Template;

use super::{commands, queries::PolicyRow, rules::Rules};
use crate::{
    app::App,
    approvals,
    auth::{
        permission::{Administer, Read},
        principal::May,
    },
    db::AnyConnection,
    kernel::{error::AppResult, id::BusinessAccountId, text::capitalised},
    web::{
        page::{Page, SeeOther},
        time,
        ui::{Fact, Stamp},
    },
};

/// What was sent: names and values.
pub type Form = Vec<(String, String)>;

/// The value of a field; nothing when it was not sent.
pub fn value<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, value)| value.as_str())
}

/// What the form's handler answers: the form `F`, what the rules would do `P`, or the request that was made.
pub enum Step<F: Template, P: Template> {
    Form(Box<Page<F>>),
    Preview(Box<Page<P>>),
    Next(SeeOther),
}

impl<F: Template, P: Template> Responder for Step<F, P> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Form(page) => page.respond_to(request),
            Self::Preview(page) => page.respond_to(request),
            Self::Next(next) => next.respond_to(request),
        }
    }
}

/// Who changed the rules last, and when.
pub fn changed(app: &App, who: &May<Read>, row: PolicyRow) -> (String, Stamp) {
    let at = time::stamp(row.changed_at, app.clock.now(), who.own_zone());
    (row.changed_by_name, at)
}

/// The rules in force as text: who may not change them sees no fields.
///
/// # Errors
/// The database's.
pub fn as_text<R: Rules>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    rules: &R,
) -> AppResult<Vec<Fact>> {
    let sentences = rules.sentences(conn, account)?;
    Ok(sentences
        .iter()
        .enumerate()
        .map(|(at, sentence)| Fact::new(R::label(at), capitalised(sentence)))
        .collect())
}

/// Asks for rules made from those of the version `seen`; on to the request.
pub async fn ask<R: Rules>(
    app: &App,
    who: &May<Administer>,
    raw: &[R::Raw],
    seen: i64,
    effects: Vec<String>,
) -> AppResult<SeeOther> {
    let raw = raw.to_vec();
    let row = who
        .run(app, move |tx, actor| {
            commands::ask_for::<R>(tx, actor, &raw, seen, effects.clone())
        })
        .await?;
    let next = SeeOther::to(format!("/approvals/{}", row.id));
    Ok(next.done(approvals::show::WAITS))
}
