//! Refusals leave a trace, each once: all of them in the log under `docket::security`, and what somebody tried to do
//! without the right also in the business account's history, where the audit page shows it. Looking at a page changes
//! nothing, so a page that was refused is in the log alone.

use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest};

use super::{
    actor::{Actor, ActorKind},
    principal::Principal,
};
use crate::{
    app::App,
    history::{self, EntityType, EventKind, Happening},
    kernel::error::{AppError, AppResult, Code},
    web::visit::{Visit, told_path},
};

/// Tells of `error` when it refuses a right, a forged form, a token or one try too many.
pub async fn tell(request: &HttpRequest, app: &App, error: &AppError) {
    let code = error.code();
    if !matches!(
        code,
        Code::Forbidden | Code::CrossSite | Code::TooMany | Code::InvalidToken | Code::BadCredentials
    ) {
        return;
    }
    let Some(visit) = Visit::get(request) else {
        return;
    };
    let actor = actor(request);
    let who = actor.as_ref().and_then(|a| a.id).map(|id| id.to_string());
    let path = told_path(request.path());
    tracing::warn!(
        target: "docket::security",
        request_id = %visit.request_id,
        address = %visit.address,
        actor = who,
        method = %request.method(),
        path,
        code = code.as_str(),
        "refused"
    );
    if let (Some(actor), AppError::Forbidden(right), false) = (actor, error, request.method().is_safe()) {
        let act = format!("{} {path}", request.method());
        if let Err(error) = record(app, actor, right, act).await {
            tracing::error!(request_id = %visit.request_id, %error, "a refusal is not in the history");
        }
    }
}

/// Who asks, as far as is known.
fn actor(request: &HttpRequest) -> Option<Actor> {
    let extensions = request.extensions();
    let person = extensions.get::<Rc<Principal>>().map(|p| p.actor.clone());
    person.or_else(|| extensions.get::<Actor>().cloned())
}

async fn record(app: &App, actor: Actor, right: &'static str, act: String) -> AppResult<()> {
    app.db
        .write(actor.business_account, move |tx| {
            let happening = Happening {
                entity_type: match actor.kind {
                    ActorKind::ServiceAccount => EntityType::ServiceAccount,
                    _ => EntityType::TeamMember,
                },
                entity_id: actor.id.unwrap_or_default(),
                kind: EventKind::Refusal,
                previous: "",
                new: right,
                description: &format!("was refused: {act} needs the right “{right}”"),
            };
            history::record(tx, &actor, &happening)
        })
        .await
}
