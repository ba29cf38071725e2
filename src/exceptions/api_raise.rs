//! Raising exceptions through the API: one, or up to 1,000 with a result per line. Each line stands or falls alone.

use actix_web::web::Data;
use serde::Serialize;

use super::{
    queries,
    raise::{InForce, raise},
    raise_form::RaiseForm,
    view,
};
use crate::{
    api::{
        Call,
        answer::{self, Done},
        body::{Fields, Misread},
    },
    app::App,
    auth::{actor::Actor, permission::Work},
    db::Tx,
    idempotency::Outcome,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::ExceptionId,
    },
    web::problem::{FieldProblem, wrong_fields},
};

/// The most lines of one call.
const MOST: usize = 1_000;

/// `POST /api/v1/exceptions`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions",
    operation_id = "raiseExceptions",
    tag = "Exceptions, Matcher",
    summary = "Raise an exception, or up to 1,000",
    description = "One exception is the body itself; many are in `exceptions`, and each of them stands or falls alone.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::RaiseOneOrManyRequest,
    responses((status = 200, description = "What became of each of many", body = Tally), (status = 201, description = "The one exception", body = view::ExceptionView))
)]
pub async fn create(app: Data<App>, mut call: Call<Work>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let vault = app.vault.clone();
    if !sent.has("exceptions") {
        let form = read(sent);
        return call
            .make(&app, move |tx, actor| one(tx, &vault, actor, &form))
            .await;
    }
    let lines = sent.objects("exceptions").unwrap_or_default();
    let read_all = if lines.is_empty() || lines.len() > MOST {
        let why = "Send 1 to 1,000 exceptions in one call.";
        Err(FieldErrors::one("exceptions", why))
    } else {
        Ok(lines)
    };
    let lines = sent.matched(read_all)?;
    let forms: Vec<Option<Asked>> = lines.into_iter().map(|line| line.map(read)).collect();
    call.make(&app, move |tx, actor| many(tx, &vault, actor, &forms))
        .await
}

/// What is asked for, and what of it is of the wrong type.
type Asked = (RaiseForm, Misread);

fn read(mut sent: Fields) -> Asked {
    let form = RaiseForm {
        category: sent.text("category"),
        r#type: sent.text("type"),
        description: sent.text("description"),
        entity_id: sent.text("entityId"),
        entity_type: sent.text("entityType"),
        transaction_id: sent.text("transactionId"),
        amount: sent.decimal("amount"),
        currency: sent.text("currency"),
        reason: sent.text("reason"),
        return_code: sent.text("returnCode"),
        party: sent.text("party"),
        account_number: sent.text("accountNumber"),
        corrected_data: sent.text("correctedData"),
    };
    (form, sent.misread())
}

fn make(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    policies: &InForce,
    (form, misread): &Asked,
) -> AppResult<ExceptionId> {
    let new = misread.beside(form.parse())?;
    form.check_links(tx.conn, actor.business_account, &new)?;
    raise(tx, vault, actor, policies, new)
}

fn one(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, form: &Asked) -> AppResult<Outcome> {
    let policies = InForce::of(tx.conn, actor.business_account)?;
    let id = make(tx, vault, actor, &policies, form)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let location = format!("/api/exceptions/{id}");
    Ok(Outcome::new(201, Some(location), view::rocketkor(tx.conn, &row)?))
}

/// What became of the lines.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct Tally {
    results: Vec<Line>,
    raised: usize,
    failed: usize,
    total: usize,
}

/// What became of one line.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// From 0, as they were sent.
    index: usize,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<ExceptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

fn many(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, forms: &[Option<Asked>]) -> AppResult<Outcome> {
    let policies = InForce::of(tx.conn, actor.business_account)?;
    let mut told = Tally {
        total: forms.len(),
        ..Tally::default()
    };
    for (index, form) in forms.iter().enumerate() {
        let done = match form {
            Some(form) => tx.attempt(|tx| make(tx, vault, actor, &policies, form))?,
            None => Err(AppError::refused(Code::BadRequest, "An exception is an object.")),
        };
        let line = line(index, done);
        if line.status == 201 {
            told.raised += 1;
        } else {
            told.failed += 1;
        }
        told.results.push(line);
    }
    Ok(Outcome::new(200, None, answer::json(&told)?))
}

fn line(index: usize, done: AppResult<ExceptionId>) -> Line {
    match done {
        Ok(id) => Line {
            index,
            status: 201,
            exception_id: Some(id),
            error_code: None,
            message: None,
            errors: Vec::new(),
        },
        Err(error) => Line {
            index,
            status: error.code().status(),
            exception_id: None,
            error_code: Some(error.told_code()),
            message: Some(error.sentence()),
            errors: wrong_fields(&error)
                .into_iter()
                .map(|field| field.inside(&format!("/exceptions/{index}")))
                .collect(),
        },
    }
}
