//! `ETag`s and the conditions on them (RFC 9110 section 13). A tag is the hash of the body that it came with, so it is
//! strong, and the same state always has the same tag.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderName},
};

use crate::kernel::{
    crypto,
    error::{AppError, AppResult, Code},
};

/// The tag of a body, with its quotes.
pub fn of(body: &str) -> String {
    format!("\"{}\"", crypto::hex(&crypto::sha256(body.as_bytes())[..16]))
}

/// An `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `*`: whatever there is.
    Any,
    /// One of these, with their quotes and, when they are weak, their `W/`.
    OneOf(Vec<String>),
}

impl Condition {
    fn read(request: &HttpRequest, name: HeaderName) -> Option<Self> {
        let lines: Vec<&str> = request
            .headers()
            .get_all(name)
            .map(|v| v.to_str().unwrap_or_default())
            .collect();
        (!lines.is_empty()).then(|| Self::parse(&lines.join(",")))
    }

    /// The `If-Match` of a write.
    pub fn if_match(request: &HttpRequest) -> Option<Self> {
        Self::read(request, header::IF_MATCH)
    }

    /// The `If-None-Match` of a read.
    pub fn if_none_match(request: &HttpRequest) -> Option<Self> {
        Self::read(request, header::IF_NONE_MATCH)
    }

    fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        Self::OneOf(text.split(',').map(|tag| tag.trim().to_owned()).collect())
    }

    /// Whether `tag` is meant, weak ones included: enough to leave out a body.
    pub fn names(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|t| t.strip_prefix("W/").unwrap_or(t) == tag),
        }
    }

    /// Whether a write meant for one of these states may be done on the state of `body`. A weak tag never may.
    ///
    /// # Errors
    /// `PRECONDITION_FAILED`.
    pub fn require(&self, body: &str) -> AppResult<()> {
        let holds = match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.contains(&of(body)),
        };
        if holds {
            return Ok(());
        }
        Err(AppError::refused(
            Code::PreconditionFailed,
            "If-Match names another state than the present one, or one read at another address. Read it again where the header \
             Link leads, then decide.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stars_and_weak_tags_are_understood() {
        let tag = of("body");
        let read = |text: &str| Condition::parse(text);
        assert!(read("*").names(&tag) && read("*").require("body").is_ok());
        assert!(read(&format!("\"x\", {tag}")).require("body").is_ok());
        let weak = read(&format!("W/{tag}"));
        assert!(weak.names(&tag) && weak.require("body").is_err());
        assert!(read("\"x\"").require("body").is_err() && !read("").names(&tag));
    }
}
