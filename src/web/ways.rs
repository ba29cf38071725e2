//! Addresses that lead on or nowhere: `/settings` to the first of its pages, and what there is not to a page that says
//! so in the frame of whoever looks.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};

use super::{page::SeeOther, route::at, settings};

use crate::{
    auth::{
        permission::Read,
        principal::{May, Principal},
    },
    kernel::error::{AppError, AppResult, Code},
};

/// Where `/settings` leads, and what is no page.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings").get(first_settings))
        .default_service(web::to(nowhere));
}

/// `GET /settings`: the first page that this person may see.
///
/// # Errors
/// `NotFound` when they may see none.
async fn first_settings(who: May<Read>) -> AppResult<SeeOther> {
    let pages = settings::pages(&who.who, "");
    let first = pages.into_iter().next().ok_or(AppError::NotFound)?;
    Ok(SeeOther::to(first.href))
}

/// Whatever is no page. Who asks is found out here, while the session is at hand: the error page then has their frame.
///
/// # Errors
/// Always `NOT_FOUND`.
async fn nowhere(request: HttpRequest) -> AppResult<HttpResponse> {
    // Nobody signed in gets the page too, without the frame.
    let _ = Principal::of(&request).await;
    Err(AppError::NotFound)
}

/// What is no call of the API. Not that what the address names is gone.
///
/// # Errors
/// Always `NOT_FOUND`.
pub async fn no_such_call() -> AppResult<HttpResponse> {
    let sentence = "There is no such address; /api/docs has them all.";
    Err(AppError::refused(Code::NotFound, sentence))
}
