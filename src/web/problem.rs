//! The API's one error body (http-api.md, Common): RFC 9457 with the members of both dialects.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::kernel::{
    clock::Ts,
    error::{AppError, Code},
};

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    #[schema(format = DateTime)]
    timestamp: String,
    trace_id: &'a str,
    message: &'a str,
    error_code: &'a str,
    errors: Vec<FieldProblem>,
    code: &'a str,
}

/// What is wrong with one member of a body, or one name of an address.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// The member of the body, as RocketKOR names it; or the name as it is spelled in the address.
    path: String,
    /// The same as a JSON pointer, for a member of a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    message: String,
    error_code: &'static str,
}

impl FieldProblem {
    /// The same of an object that stands in the body at this pointer.
    #[must_use]
    pub fn inside(mut self, place: &str) -> Self {
        if let Some(pointer) = &mut self.pointer {
            pointer.insert_str(1, place);
        }
        self
    }
}

/// What is wrong with each field, if that is what the error is about.
pub fn wrong_fields(error: &AppError) -> Vec<FieldProblem> {
    let told = |path: String, message: &str| FieldProblem {
        pointer: Some(format!("#/{}", path.replace('.', "/"))),
        path,
        message: message.to_owned(),
        error_code: Code::Invalid.as_str(),
    };
    match error {
        AppError::BadQuery(fields) => fields
            .iter()
            .map(|e| FieldProblem {
                pointer: None,
                ..told(e.field.to_string(), &e.sentence)
            })
            .collect(),
        AppError::Unreadable(fields) => fields
            .iter()
            .map(|e| told(e.field.to_string(), &e.sentence))
            .collect(),
        AppError::Invalid(fields) => fields
            .iter()
            .map(|e| told(member(&e.field), &e.sentence))
            .collect(),
        _ => Vec::new(),
    }
}

/// The answer that tells a client about `error`.
pub fn body(error: &AppError, path: &str, trace_id: &str, now: Ts) -> HttpResponse {
    let code = error.code();
    let sentence = error.sentence();
    let told_code = error.told_code();
    let errors = wrong_fields(error);
    let problem = Problem {
        r#type: format!("/api/docs#{}", code.as_str()),
        title: code.title(),
        status: code.status(),
        detail: &sentence,
        instance: path,
        timestamp: now.rfc3339(),
        trace_id,
        message: &sentence,
        error_code: &told_code,
        errors,
        code: number(error, path),
    };
    HttpResponse::build(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/problem+json")
        .body(serde_json::to_vec(&problem).unwrap_or_default())
}

/// Matcher's number: it tells what is not there, where the address says what it was to be (matcher.md 3.2).
pub(crate) fn number(error: &AppError, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
    match (error, parts.as_slice()) {
        (AppError::NotFound, ["v1", "exceptions", _, "comments", _]) => "MTCH-0507",
        (AppError::NotFound, ["v1", "exceptions", "ids" | "bulk", ..]) => error.code().mtch(),
        (AppError::NotFound, ["v1", "exceptions", _, ..] | ["exceptions", _, ..]) => "MTCH-0501",
        (AppError::NotFound, ["v1", "disputes", _, ..]) => "MTCH-0502",
        _ => error.code().mtch(),
    }
}

/// A field's name in a body: forms write `payment_reason_id` what bodies write `paymentReasonId`.
pub(crate) fn member(field: &str) -> String {
    // The client's own names stay as they are.
    if field.starts_with("metadata.") {
        return field.to_owned();
    }
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|c| c.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_matchers_number() {
        for (path, expected) in [
            ("/api/v1/exceptions/x", "MTCH-0501"),
            ("/api/exceptions/x/history", "MTCH-0501"),
            ("/api/v1/exceptions/x/comments", "MTCH-0501"),
            ("/api/v1/exceptions/x/comments/y", "MTCH-0507"),
            ("/api/v1/disputes/x/close", "MTCH-0502"),
            ("/api/v1/exceptions", "MTCH-0005"),
            ("/api/v1/exceptions/ids", "MTCH-0005"),
            ("/api/v1/transactions/x", "MTCH-0005"),
        ] {
            assert_eq!(number(&AppError::NotFound, path), expected, "{path}");
        }
        let without = AppError::refused(Code::NotFound, "It refers to no transaction.");
        assert_eq!(number(&without, "/api/v1/exceptions/x/force-match"), "MTCH-0005");
    }

    #[test]
    fn a_field_is_named_as_in_the_body() {
        assert_eq!(member("payment_reason_id"), "paymentReasonId");
        assert_eq!(member("amount"), "amount");
        assert_eq!(member("assigned_to.id"), "assignedTo.id");
    }
}
