//! The base line of the load bench: a page that costs nothing to make. There only with `DOCKET_BENCH=true`.

use actix_web::{HttpResponse, web::ServiceConfig};
use serde::Deserialize;

use super::{form::Query, route};

/// The largest page that is served.
const LARGEST: usize = 1 << 20;

/// Not in the table of rights: it is no route of the product.
const CONSTANT: &str = "/bench/constant";

/// Adds `GET /bench/constant?bytes=N`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(route::at(CONSTANT).get(constant));
}

#[derive(Default, Deserialize)]
struct Size {
    bytes: usize,
}

async fn constant(size: Query<Size>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(vec![b' '; size.0.bytes.min(LARGEST)])
}
