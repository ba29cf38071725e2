//! The API's one error body (http-api.md, Common): RFC 9457 with the members of both dialects.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::kernel::{clock::Ts, error::AppError};

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
    /// The same as a JSON pointer.
    pointer: String,
    message: String,
    error_code: &'static str,
}

/// What is wrong with each field, if that is what the error is about.
pub fn wrong_fields(error: &AppError) -> Vec<FieldProblem> {
    let told = |path: String, message: &str| FieldProblem {
        pointer: format!("#/{}", path.replace('.', "/")),
        path,
        message: message.to_owned(),
        error_code: "INVALID_VALUE",
    };
    match error {
        AppError::Unreadable(fields) => fields
            .iter()
            .map(|e| told(e.field.to_owned(), &e.sentence))
            .collect(),
        AppError::Invalid(fields) => fields
            .iter()
            .map(|e| told(member(e.field), &e.sentence))
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
        code: code.mtch(),
    };
    HttpResponse::build(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/problem+json")
        .body(serde_json::to_vec(&problem).unwrap_or_default())
}

/// A field's name in a body: forms write `payment_reason_id` what bodies write `paymentReasonId`.
fn member(field: &str) -> String {
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
    fn a_field_is_named_as_in_the_body() {
        assert_eq!(member("payment_reason_id"), "paymentReasonId");
        assert_eq!(member("amount"), "amount");
        assert_eq!(member("assigned_to.id"), "assignedTo.id");
    }
}
