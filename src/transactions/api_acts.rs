//! Making, reversing and moving transactions through the API (rocketkor.md 5.4, 5.8; the status is ours). The same
//! commands as the pages: what needs a second person answers 202 with the approval that waits.

use actix_web::web::Data;
use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Status,
    api::{TransactionView, body, views},
    commands::{Settling, post_news},
    create::{self, CreateFields},
    queries,
    reverse::{self, Made, ReverseFields},
};
use crate::{
    api::{
        Call,
        answer::{self, Done},
        body::Fields,
    },
    app::App,
    approvals,
    auth::permission::Transact,
    db::{AnyConnection, types::Day},
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TransactionId, noun},
    },
    web::form::PathId,
};

/// `POST /api/v1/transactions`
#[utoipa::path(
    post,
    path = "/api/v1/transactions",
    operation_id = "createTransaction",
    tag = "Transactions",
    summary = "Make a transaction",
    description = "It is NEW. What needs a second person waits: 202 with the approval.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::CreateTransactionRequest,
    responses(
        (status = 201, description = "The transaction", body = TransactionView),
        (status = 202, description = "The approval that waits", body = approvals::view::ApprovalView)
    )
)]
pub async fn create(app: Data<App>, mut call: Call<Transact>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let fields = create_fields(&mut sent);
    let misread = sent.misread();
    call.make(&app, move |tx, actor| {
        let made = misread.beside(create::create(tx, actor, &fields).map_err(as_sent))?;
        approvals::view::answer(made, |row| {
            let location = format!("/api/v1/transactions/{}", row.id);
            Ok(Outcome::new(201, Some(location), body(tx.conn, row)?))
        })
    })
    .await
}

/// RocketKOR's clients send the entry class in the metadata.
fn as_sent(error: AppError) -> AppError {
    match error {
        AppError::Invalid(errors) => {
            AppError::Invalid(errors.renamed("sec_code", "metadata.rkorACHEntryType"))
        }
        other => other,
    }
}

fn create_fields(sent: &mut Fields) -> CreateFields {
    let metadata = sent.object("metadata");
    let amount = sent.decimal("amount").unwrap_or_default();
    let mut text = |name: &str| sent.text(name).unwrap_or_default();
    let mut fields = CreateFields {
        transaction_type: text("transactionType"),
        solution: text("solution"),
        debit_financial_account_id: text("debitFinancialAccountId"),
        credit_financial_account_id: text("creditFinancialAccountId"),
        amount,
        currency: text("currency"),
        payment_reason_id: text("paymentReasonId"),
        settlement_priority: text("settlementPriority"),
        effective_date: text("effectiveDate"),
        description: text("description"),
        memo: text("memo"),
        ..CreateFields::default()
    };
    if let Some(mut metadata) = metadata {
        fields.metadata = metadata.all_texts().into_iter().collect();
        sent.also(metadata);
    }
    fields
}

/// What a reversal made.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReversalView {
    reversal_transaction: TransactionView,
    #[serde(skip_serializing_if = "Option::is_none")]
    correction_transaction: Option<TransactionView>,
}

/// `POST /api/v1/transactions/{id}/reverse`
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{id}/reverse",
    operation_id = "reverseTransaction",
    tag = "Transactions",
    summary = "Reverse a transaction",
    description = "What is SETTLED or CLEARED. What needs a second person waits: 202 with the approval.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::ReverseRequest,
    responses(
        (status = 201, description = "What was made", body = ReversalView),
        (status = 202, description = "The approval that waits", body = approvals::view::ApprovalView)
    )
)]
pub async fn reverse(
    app: Data<App>,
    mut call: Call<Transact>,
    id: PathId<noun::Transaction>,
) -> AppResult<Done> {
    let PathId(id) = id;
    let mut sent = call.take_fields();
    let fields = ReverseFields {
        reversal_reason: sent.text("reversalReason").unwrap_or_default(),
        correction_amount: sent.decimal("correctionAmount").unwrap_or_default(),
        correction_financial_account_id: sent.text("correctionFinancialAccountId").unwrap_or_default(),
    };
    let misread = sent.misread();
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let gated = misread.beside(reverse::reverse(tx, actor, id, None, &fields))?;
            approvals::view::answer(gated, |made| {
                let location = format!("/api/v1/transactions/{}", made.reversal.id);
                let told = reversal(tx.conn, actor.business_account, made)?;
                Ok(Outcome::new(201, Some(location), answer::json(&told)?))
            })
        },
    )
    .await
}

fn reversal(conn: &mut AnyConnection, account: BusinessAccountId, made: Made) -> AppResult<ReversalView> {
    let rows: Vec<_> = std::iter::once(made.reversal).chain(made.correction).collect();
    let mut told = views(conn, account, &rows)?.into_iter();
    let first = told
        .next()
        .ok_or_else(|| AppError::Internal("a reversal without its transaction".into()))?;
    Ok(ReversalView {
        reversal_transaction: first,
        correction_transaction: told.next(),
    })
}

fn read(conn: &mut AnyConnection, account: BusinessAccountId, id: TransactionId) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    body(conn, row)
}

fn read_news(sent: &mut Fields) -> Result<(Status, String, Settling), FieldErrors> {
    let mut errors = FieldErrors::default();
    let to = Status::parse(&sent.text("status").unwrap_or_default())
        .ok_or_else(|| "Give one of the statuses of a transaction.".to_owned());
    let to = errors.take("status", to);
    let message = sent.text("message").unwrap_or_default();
    if message.chars().count() > 1000 || message.contains('\0') {
        errors.add("message", "A message has at most 1,000 characters.");
    }
    let trace_number = sent.text("traceNumber").and_then(|text| {
        let is_one = (1..=35).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        let read = is_one.then_some(text);
        errors.take(
            "traceNumber",
            read.ok_or_else(|| "A trace number has 1 to 35 letters and digits.".to_owned()),
        )
    });
    let settlement_date = sent.text("settlementDate").and_then(|text| {
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        let day = day.filter(|_| text.len() == 10).map(Day);
        errors.take(
            "settlementDate",
            day.ok_or_else(|| "A settlement date is written as 2026-11-24.".to_owned()),
        )
    });
    match to {
        Some(to) if errors.is_empty() => Ok((
            to,
            message,
            Settling {
                trace_number,
                settlement_date,
            },
        )),
        _ => Err(errors),
    }
}

/// `POST /api/v1/transactions/{id}/status`: ours.
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{id}/status",
    operation_id = "postTransactionStatus",
    tag = "Transactions",
    summary = "Tell where a transaction is",
    description = "For the processor: moves the transaction along its lifecycle, and tells its trace number and the day it settles.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::StatusRequest,
    responses((status = 200, description = "The transaction as it is now", body = TransactionView))
)]
pub async fn status(
    app: Data<App>,
    mut call: Call<Transact>,
    id: PathId<noun::Transaction>,
) -> AppResult<Done> {
    let PathId(id) = id;
    let mut sent = call.take_fields();
    let news = read_news(&mut sent);
    let (to, message, settling) = sent.with(news)?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = post_news(tx, actor, id, None, to, &message, &settling)?;
            Ok(Outcome::new(200, None, body(tx.conn, row)?))
        },
    )
    .await
}
