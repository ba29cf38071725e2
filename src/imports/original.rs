//! The original file, as it was uploaded.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use futures_util::stream;

use super::{names, queries, store};
use crate::{
    app::App,
    auth::{permission::Import, principal::May},
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{error::AppResult, id::noun},
    web::form::PathId,
};

/// `GET /imports/{id}/file`. Whoever takes it sees account numbers in full, so it is written down first.
pub async fn download(app: Data<App>, who: May<Import>, id: PathId<noun::Import>) -> AppResult<HttpResponse> {
    let (actor, id) = (who.actor(), id.0);
    let row = app
        .db
        .write(actor.business_account, move |tx: &mut Tx<'_>| {
            let row = queries::get(tx.conn, actor.business_account, id)?;
            let happening = Happening {
                entity_type: EntityType::Import,
                entity_id: id.uuid(),
                kind: EventKind::Reveal,
                previous: "",
                new: "",
                description: &format!("{} downloaded", row.file_name),
            };
            history::record(tx, &actor, &happening)?;
            Ok(row)
        })
        .await?;
    // Piece by piece: no more than one is in memory.
    let pieces = stream::try_unfold((app, 0_i64), move |(app, position)| async move {
        let piece = store::piece(&app, id, position).await?;
        AppResult::Ok(piece.map(|bytes| (Bytes::from(bytes), (app, position + 1))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header(names::attachment(&row.file_name))
        .streaming(pieces))
}
