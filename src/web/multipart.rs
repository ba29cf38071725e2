//! What forms with files have in common.

use actix_multipart::{Field as Part, MultipartError};
use futures_util::StreamExt;

use crate::kernel::error::{AppError, AppResult, Code};

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
