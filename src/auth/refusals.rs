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

/// Instead of a right, for one try too many.
const TOO_MANY: &str = "too many tries";

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
    let why = match error {
        AppError::Forbidden(right) => Some(*right),
        // A client of the API that calls too often is in the log: its calls are not to write each a line here.
        AppError::TooMany(_) if actor.as_ref().is_some_and(|a| a.kind == ActorKind::Employee) => {
            Some(TOO_MANY)
        }
        _ => None,
    };
    if let (Some(actor), Some(why), false) = (actor, why, request.method().is_safe()) {
        let act = format!("{} {path}", request.method());
        if let Err(error) = record(app, actor, why, act).await {
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
                description: &if right == TOO_MANY {
                    format!("was refused: {act}, {TOO_MANY}")
                } else {
                    format!("was refused: {act} needs the right “{right}”")
                },
            };
            history::record(tx, &actor, &happening)
        })
        .await
}
