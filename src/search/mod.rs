//! Search: what is typed is looked up as what it may be (an id, a trace number, an amount, a code), then as words in the
//! texts of exceptions, their comments and notes. The words are in an index of the database's own: FTS5 on SQLite,
//! tsvector on PostgreSQL. Only document numbers and words are in it; the texts stay where they are.

pub mod index;
pub mod queries;
pub mod results;
pub mod terms;
pub mod typed;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The page of results.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/search").get(results::show));
}
