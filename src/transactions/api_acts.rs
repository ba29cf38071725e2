//! Making, reversing and moving transactions through the API (rocketkor.md 5.4, 5.8; the status is ours). The same
//! commands as the pages: what needs a second person answers 202 with the approval that waits.

use actix_web::web::Data;
use serde::Serialize;

use super::{
    Status,
    api::{TransactionView, body, views},
    commands::post_status,
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
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult},
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
    let fields = create_fields(call.take_fields())?;
    call.make(&app, move |tx, actor| {
        approvals::view::answer(create::create(tx, actor, &fields)?, |row| {
            let location = format!("/api/v1/transactions/{}", row.id);
            Ok(Outcome::new(201, Some(location), body(tx.conn, row)?))
        })
    })
    .await
}

fn create_fields(mut sent: Fields) -> AppResult<CreateFields> {
    let metadata = sent.object("metadata");
    let mut text = |name: &str| sent.text(name).unwrap_or_default();
    let mut fields = CreateFields {
        transaction_type: text("transactionType"),
        solution: text("solution"),
        debit_financial_account_id: text("debitFinancialAccountId"),
        credit_financial_account_id: text("creditFinancialAccountId"),
        amount: text("amount"),
        currency: text("currency"),
        payment_reason_id: text("paymentReasonId"),
        settlement_priority: text("settlementPriority"),
        effective_date: text("effectiveDate"),
        description: text("description"),
        memo: text("memo"),
        ..CreateFields::default()
    };
    sent.finish()?;
    if let Some(mut metadata) = metadata {
        fields.metadata = metadata.all_texts().into_iter().collect();
        metadata.finish()?;
    }
    Ok(fields)
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
    let mut text = |name: &str| sent.text(name).unwrap_or_default();
    let fields = ReverseFields {
        reversal_reason: text("reversalReason"),
        correction_amount: text("correctionAmount"),
        correction_financial_account_id: text("correctionFinancialAccountId"),
    };
    sent.finish()?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let gated = reverse::reverse(tx, actor, id, None, &fields)?;
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

/// `POST /api/v1/transactions/{id}/status`: ours.
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{id}/status",
    operation_id = "postTransactionStatus",
    tag = "Transactions",
    summary = "Tell where a transaction is",
    description = "For the processor: moves the transaction along its lifecycle.",
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
    let (to, message) = (sent.text("status"), sent.text("message").unwrap_or_default());
    sent.finish()?;
    let to = Status::parse(&to.unwrap_or_default())
        .ok_or_else(|| AppError::field("status", "Give one of the statuses of a transaction."))?;
    if message.chars().count() > 1000 || message.contains('\0') {
        return Err(AppError::field(
            "message",
            "A message has at most 1,000 characters.",
        ));
    }
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = post_status(tx, actor, id, None, to, &message)?;
            Ok(Outcome::new(200, None, body(tx.conn, row)?))
        },
    )
    .await
}
