//! `POST /api/v1/api-keys/exchange`: an API key for a token of half an hour.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use uuid::Uuid;

use super::{
    answer,
    bearer::{Refusal, single_authorization},
    keys::{self, TOKEN_LIFE},
};
use crate::{
    app::App,
    db::Scope,
    kernel::{
        crypto,
        error::{AppError, Code},
    },
    web::visit::Visit,
};

#[derive(Serialize, utoipa::ToSchema)]
pub struct Exchanged {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
}

/// Not safe to repeat by idempotency key: the token is stored as a hash only, so it cannot be given again.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys/exchange",
    operation_id = "exchangeApiKey",
    tag = "Tokens",
    summary = "Exchange an API key for a token",
    description = "The token lasts 30 minutes. This call is not safe to repeat by an idempotency key: each gives another token.",
    security(("key" = [])),
    responses((status = 200, description = "The token", body = Exchanged))
)]
pub async fn exchange(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, actix_web::Error> {
    app.exchange_limiter.count(&request, place_of(&request))?;
    let (key, secret) = credentials(&request)?;
    // Whoever guesses does not get in the way of those who write.
    let (now, asked) = (app.clock.now(), (key.clone(), secret.clone()));
    let owner = app
        .db
        .read(move |conn| keys::owner(conn, &asked.0, &asked.1, now))
        .await?;
    let token = match owner {
        None => None,
        Some(_) => {
            app.db
                .write(Scope::Global, move |tx| keys::exchange(tx, &key, &secret))
                .await?
        }
    };
    let token = token.ok_or_else(|| unknown("The API key and its secret are not good together."))?;
    let told = Exchanged {
        access_token: token,
        token_type: "Bearer",
        expires_in: TOKEN_LIFE.as_secs(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, answer::JSON))
        .body(answer::json(&told)?))
}

/// Under which exchanges are counted: where they come from, as nobody is known yet.
fn place_of(request: &HttpRequest) -> Uuid {
    let address = Visit::get(request)
        .map(|v| v.address.to_string())
        .unwrap_or_default();
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(crypto::sha256(address.as_bytes()))
        .for_each(|(to, from)| *to = from);
    Uuid::from_bytes(bytes)
}

fn credentials(request: &HttpRequest) -> Result<(String, String), Refusal> {
    let malformed = || {
        let sentence = "The Authorization header must be: Basic base64(key:secret).";
        Refusal::plain(AppError::refused(Code::BadRequest, sentence))
    };
    let Some(header) = single_authorization(request)? else {
        return Err(unknown(
            "Send the API key and its secret: Authorization: Basic base64(key:secret).",
        ));
    };
    let (scheme, encoded) = header.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unknown(
            "Send the API key and its secret: Authorization: Basic base64(key:secret).",
        ));
    }
    let text = STANDARD
        .decode(encoded.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(malformed)?;
    let (key, secret) = text.split_once(':').ok_or_else(malformed)?;
    Ok((key.to_owned(), secret.to_owned()))
}

fn unknown(sentence: &str) -> Refusal {
    Refusal::new(
        AppError::refused(Code::BadCredentials, sentence),
        "Basic realm=\"docket\", charset=\"UTF-8\"",
    )
}
