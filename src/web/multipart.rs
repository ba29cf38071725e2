//! What forms with files have in common.

use actix_multipart::{Field as Part, Multipart, MultipartError};
use actix_web::{HttpMessage, HttpRequest, mime, web::Payload};
use futures_util::StreamExt;

use crate::kernel::error::{AppError, AppResult, Code};

/// The parts of a body.
///
/// # Errors
/// `BAD_REQUEST` when its header does not say what stands between them.
pub fn parts(request: &HttpRequest, payload: Payload) -> AppResult<Multipart> {
    // `Multipart` tells it with its first part, and panics when it is asked for another after that.
    let kind = request.mime_type().ok().flatten();
    let boundary = kind.as_ref().and_then(|kind| kind.get_param(mime::BOUNDARY));
    if boundary.is_none_or(|boundary| boundary.as_str().is_empty()) {
        return Err(AppError::refused(
            Code::BadRequest,
            "A form with a file needs its boundary in the header Content-Type: leave that header to your client.",
        ));
    }
    Ok(Multipart::new(request.headers(), payload))
}

/// The text of a part, of at most `longest` bytes.
///
/// # Errors
/// `BAD_REQUEST` when it is longer, no text, or breaks off.
pub async fn text(part: &mut Part, longest: usize) -> AppResult<String> {
    let unreadable = || AppError::refused(Code::BadRequest, "The form cannot be read.");
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend_from_slice(&chunk.map_err(|e| broken(&e))?);
        if bytes.len() > longest {
            return Err(unreadable());
        }
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}

/// A body that ends before its time, or is of another kind.
pub fn broken(error: &MultipartError) -> AppError {
    tracing::debug!(%error, "an upload broke off");
    AppError::refused(
        Code::BadRequest,
        "The upload broke off, or is not a form with a file.",
    )
}
