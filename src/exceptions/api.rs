//! Exceptions through the API: RocketKOR's read and update, Matcher's read and resolve. Thin over the commands of the
//! pages.

use actix_web::web::{self, Data};

use super::{
    patch::{self, Patch},
    queries,
    resolution::{self, How},
    row::ExceptionRow,
    view,
};
use crate::{
    api::{
        Call, Client,
        answer::{Done, Shown},
        body::Fields,
    },
    app::App,
    auth::permission::{Read, Work},
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, ExceptionId, noun},
        text::{Reason, ResolutionNotes},
    },
    web::{form::PathId, route::at},
};

/// RocketKOR prints its paths without a version, Matcher with one; the two bodies differ.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/exceptions/{id}").get(show).patch(update))
        .service(at("/api/v1/exceptions/{id}").get(show_matcher))
        .service(at("/api/v1/exceptions/{id}/resolve").post(resolve));
}

/// How a dialect writes an exception.
type Write = fn(&mut AnyConnection, &ExceptionRow) -> AppResult<String>;

fn read(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
    write: Write,
) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    write(conn, &row)
}

/// `GET /api/exceptions/{id}`
async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Exception>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db
        .read(move |conn| read(conn, account, id, view::rocketkor).map(Shown))
        .await
}

/// `GET /api/v1/exceptions/{id}`
async fn show_matcher(app: Data<App>, client: Client<Read>, id: PathId<noun::Exception>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db
        .read(move |conn| read(conn, account, id, view::matcher).map(Shown))
        .await
}

/// `PATCH /api/exceptions/{id}`
async fn update(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let asked = Patch::read(std::mem::take(&mut call.fields))?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id, view::rocketkor),
        move |tx, actor| {
            let row = patch::apply(tx, actor, id, &asked)?;
            Ok(Outcome::new(200, None, view::rocketkor(tx.conn, &row)?))
        },
    )
    .await
}

/// `POST /api/v1/exceptions/{id}/resolve`
async fn resolve(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let (how, notes) = read_resolution(std::mem::take(&mut call.fields))?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id, view::matcher),
        move |tx, actor| {
            let (row, _) = resolution::resolve(tx, actor, id, &how, &notes, None)?;
            Ok(Outcome::new(200, None, view::matcher(tx.conn, &row)?))
        },
    )
    .await
}

/// Matcher's `resolution` (1-255 characters) is our notes, its `reason` (at most 1,000, may be left out) our reason.
fn read_resolution(mut sent: Fields) -> AppResult<(How, ResolutionNotes)> {
    const LONGEST: usize = 255;
    let (resolution, reason) = (sent.text("resolution"), sent.text("reason"));
    sent.finish()?;
    let mut errors = FieldErrors::default();
    let notes = match resolution.as_deref().unwrap_or_default() {
        text if text.trim().is_empty() => Err("A resolution is required.".to_owned()),
        text if text.chars().count() > LONGEST => {
            Err(format!("A resolution has at most {LONGEST} characters."))
        }
        text => ResolutionNotes::parse(text),
    };
    let notes = errors.take("resolution", notes);
    let reason = Reason::parse(reason.as_deref().unwrap_or(patch::BY_API));
    let reason = errors.take("reason", reason);
    match (notes, reason) {
        (Some(notes), Some(reason)) => Ok((How::NoAction(reason), notes)),
        _ => Err(errors.into()),
    }
}
