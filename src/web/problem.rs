//! The API's one error body (http-api.md, Common): RFC 9457 with the members of both dialects.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::kernel::{clock::Ts, error::AppError};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    timestamp: String,
    trace_id: &'a str,
    message: &'a str,
    error_code: &'a str,
    errors: Vec<FieldProblem<'a>>,
    code: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldProblem<'a> {
    /// The member of the body, as RocketKOR names it.
    path: String,
    /// The same as a JSON pointer.
    pointer: String,
    message: &'a str,
    error_code: &'a str,
}

/// The answer that tells a client about `error`.
pub fn body(error: &AppError, path: &str, trace_id: &str, now: Ts) -> HttpResponse {
    let code = error.code();
    let sentence = error.sentence();
    let told_code = error.told_code();
    let errors = match error {
        AppError::Invalid(fields) => fields
            .iter()
            .map(|e| FieldProblem {
                path: member(e.field),
                pointer: format!("#/{}", member(e.field).replace('.', "/")),
                message: &e.sentence,
                error_code: "INVALID_VALUE",
            })
            .collect(),
        _ => Vec::new(),
    };
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
