//! Notes: what people write down about a customer, a recipient, a team member, an account or a payment (domain.md
//! section 1). They stay with the entity, whatever exceptions come and go, and whoever may work can put them right.

pub mod api;
mod card;
pub mod commands;
pub mod edit;
pub mod forms;
pub mod model;
pub mod new;
pub mod queries;
pub mod view;

use actix_web::web::ServiceConfig;

pub use card::{NotesCard, SHOWN, moment};
pub use model::{NoteRow, Noted, Words};

use crate::web::route::at;

/// Writing a note, from the pages of what it can be about; and changing one.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/exceptions/{id}/notes")
            .get(new::on_exception)
            .post(new::create_on_exception),
    )
    .service(
        at("/transactions/{id}/notes")
            .get(new::on_transaction)
            .post(new::create_on_transaction),
    )
    .service(
        at("/accounts/{id}/notes")
            .get(new::on_account)
            .post(new::create_on_account),
    )
    .service(at("/notes/{id}/edit").get(edit::show).post(edit::update));
}
