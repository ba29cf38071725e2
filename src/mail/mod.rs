//! E-mail. A message is put down in the transaction of what it tells of ([`outbox`]), so nothing is told that did not
//! happen; what it says is decided when it is sent ([`content`]), from what is true then. One node at a time sends it,
//! under a lease, until the server has taken or finally refused it ([`deliver`]); it may come twice, always with the
//! same Message-ID. Without a server in the settings nothing is sent.

pub mod act;
pub mod content;
pub mod deliver;
pub mod letter;
pub mod list;
pub mod model;
pub mod outbox;
pub mod place;
pub mod queries;
pub mod server;
mod still;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// What an administrator sees of it.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings/mail").get(list::list))
        .service(at("/settings/mail/test").post(act::test))
        .service(at("/settings/mail/resend").post(act::resend));
}
