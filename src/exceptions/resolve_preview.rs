//! What a resolution will do, in words, before it is done.

use askama::Template;

use super::{
    head::{ExceptionHead, head, titled},
    resolution::{How, Plan},
    resolve_form::{self, ResolveForm},
    row::ExceptionRow,
};
use crate::{
    accounts::words::Reached,
    app::App,
    auth::{permission::Work, principal::May},
    kernel::error::AppResult,
    web::{
        shell::{Section, Shell},
        ui::{Badge, Change},
    },
};

#[derive(Template)]
#[template(path = "exceptions/preview.html")]
pub struct PreviewPage {
    shell: Shell,
    head: ExceptionHead,
    kind: &'static str,
    effects: Vec<String>,
    reached: Reached,
    changes: Vec<Change>,
    consent: Option<String>,
    review: Option<String>,
    deed: String,
    kept: Vec<(&'static str, String)>,
}

/// The page. What was typed goes on in hidden fields, a new account number sealed.
pub fn page(
    app: &App,
    who: &May<Work>,
    row: &ExceptionRow,
    (how, plan): (&How, Plan),
    typed: &ResolveForm,
) -> AppResult<PreviewPage> {
    let mut kept = typed.asked.fields();
    if let How::CorrectAccount(correct) = how
        && let Some(number) = &correct.correction().number
    {
        kept.push(("number_from", "sealed".into()));
        kept.push(("number_sealed", resolve_form::seal(&app.vault, row, number)?));
    }
    if !typed.next.is_empty() {
        kept.push(("next", typed.next.clone()));
    }
    kept.push(("idempotency_key", typed.idempotency_key.clone()));
    let kind = how.kind().label();
    let mut head = head(who, row, (app.clock.now(), who.own_zone()));
    // What the form was opened on: a change meanwhile is told, also through the preview.
    head.version.clone_from(&typed.version);
    head.seen.clone_from(&typed.seen);
    Ok(PreviewPage {
        shell: who.shell(
            app,
            titled(&format!("{kind}, what will happen"), row),
            Section::Queue,
        ),
        kind,
        reached: plan
            .reach
            .map(|(id, reach)| Reached::of(id, &reach))
            .unwrap_or_default(),
        effects: plan.effects,
        changes: plan.changes.into_iter().map(Change::from).collect(),
        review: plan.review.filter(|_| plan.consent.is_none()),
        deed: match plan.consent {
            Some(_) => "Ask for approval".into(),
            None => format!("{kind}, and resolve"),
        },
        consent: plan.consent.map(|c| c.why),
        head,
        kept,
    })
}
