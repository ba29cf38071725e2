//! Style, script and icons: embedded in the binary, under names that change with their content, so that a browser may
//! keep them for ever. Compressed once, at start.

use std::{borrow::Cow, collections::HashMap, io::Write, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;

use super::route::at;
use crate::kernel::{
    crypto::{hex, sha256},
    error::AppError,
};

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "*/LICENSE"]
struct Files;

struct Asset {
    kind: &'static str,
    plain: Cow<'static, [u8]>,
    gzip: Vec<u8>,
}

/// Every asset by its public path (`/static/0123abcd/css/docket.css`).
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let plain = Files::get(&name)?.data;
            let gzip = gzip(&plain);
            Some((
                path(&name),
                Asset {
                    kind: kind_of(&name),
                    plain,
                    gzip,
                },
            ))
        })
        .collect()
});

/// One fingerprint for all of them: modules import each other by relative names, so they move together.
static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let all: Vec<u8> = names
        .iter()
        .filter_map(|n| Files::get(n))
        .flat_map(|f| f.metadata.sha256_hash())
        .collect();
    hex(&sha256(&all)).chars().take(12).collect()
});

/// The public path of the asset called `name`, such as `css/docket.css`.
pub fn path(name: &str) -> String {
    format!("/static/{}/{name}", *FINGERPRINT)
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
}

/// The assets' routes.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/static/{path:.*}").get(serve))
        .service(at("/favicon.svg").get(favicon));
}

async fn serve(request: HttpRequest) -> Result<HttpResponse, AppError> {
    let asset = ASSETS.get(request.path()).ok_or(AppError::NotFound)?;
    Ok(answer(&request, asset, "public, max-age=31536000, immutable"))
}

async fn favicon(request: HttpRequest) -> Result<HttpResponse, AppError> {
    let asset = ASSETS.get(&path("icons/favicon.svg")).ok_or(AppError::NotFound)?;
    Ok(answer(&request, asset, "public, max-age=86400"))
}

fn answer(request: &HttpRequest, asset: &'static Asset, keep: &'static str) -> HttpResponse {
    let takes_gzip = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("gzip"));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, asset.kind))
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::VARY, "Accept-Encoding"));
    if takes_gzip && !asset.gzip.is_empty() {
        response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(asset.gzip.as_slice())
    } else {
        response.body(&*asset.plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_are_there_under_fingerprinted_names() {
        for name in ["css/docket.css", "js/docket.js", "icons/favicon.svg"] {
            assert!(ASSETS.contains_key(&path(name)), "{name} is missing");
        }
    }
}
