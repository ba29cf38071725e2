//! Transactions through the API, as RocketKOR shows them (rocketkor.md 5.1, 5.6).

#![allow(clippy::disallowed_methods)] // its resources answer other methods with a problem

use std::collections::BTreeMap;

use actix_web::web::{self, Data};
use serde::Serialize;

use super::{
    Kind, Priority, Solution, Status, TransactionRow, api_acts, api_lists,
    edit::{self, EditFields},
    listing,
    model::StatusEntryRow,
    payment_reasons, queries,
};
use crate::{
    accounts::{self, api::AccountView},
    api::{
        Call, Client,
        answer::{self, Done, Shown},
        body::Fields,
        params::Params,
        view::ActorView,
    },
    app::App,
    approvals,
    auth::permission::{Read, Transact},
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId, Id, TransactionId, noun},
    },
    web::{form::PathId, route::at},
};

/// Under `/api`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        at("/api/v1/transactions")
            .get(api_lists::list)
            .post(api_acts::create),
    )
    .service(
        at("/api/v1/transactions/{id}")
            .get(show)
            .put(update)
            .delete(api_lists::delete),
    )
    .service(at("/api/v1/transactions/{id}/statuses").get(api_lists::statuses))
    .service(
        at("/api/v1/transactions/{id}/status")
            .get(api_lists::statuses)
            .post(api_acts::status),
    )
    .service(at("/api/v1/transactions/{id}/reverse").post(api_acts::reverse))
    .service(at("/api/v1/transaction-histories").get(api_lists::histories))
    .service(at("/api/v1/payment-reasons").get(api_lists::reasons));
}

/// A transaction as RocketKOR writes it; empty optional texts are "".
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionView {
    id: TransactionId,
    business_account_id: BusinessAccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_transaction_id: Option<TransactionId>,
    metadata: BTreeMap<String, String>,
    debit_financial_account_id: FinancialAccountId,
    credit_financial_account_id: FinancialAccountId,
    transaction_type: Kind,
    solution: Solution,
    payment_reason_id: String,
    payment_reason: String,
    amount: String,
    currency: &'static str,
    settlement_priority: Priority,
    latest_status: StatusView,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    settlement_date: Option<String>,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
    reversal_reason: String,
    description: String,
    memo: String,
    /// What `embed` asks for.
    #[serde(rename = "_embedded", skip_serializing_if = "Option::is_none")]
    embedded: Option<Embedded>,
}

/// What is told beside a transaction.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Embedded {
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_financial_account: Option<AccountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit_financial_account: Option<AccountView>,
}

/// What RocketKOR embeds in a transaction. Of balances, recipients and providers nothing is kept here: naming them
/// names the account that they are of.
const EMBEDS: &[&str] = &[
    "creditFinancialAccount",
    "creditFinancialAccount.balances",
    "debitFinancialAccount",
    "debitFinancialAccount.balances",
    "debitFinancialAccount.recipient",
    "transactionProviderDetails",
];

/// Where it is, and who brought it there.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    status: Status,
    message: String,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
}

impl TransactionView {
    /// With the label of its payment reason and the entry that brought it to its status.
    fn new(row: TransactionRow, reason: String, latest: Option<&StatusEntryRow>) -> Self {
        let made_by = ActorView::new(row.created_by_kind, row.created_by_id.map(Id::uuid));
        Self {
            id: row.id,
            business_account_id: row.business_account_id,
            parent_transaction_id: row.parent_id,
            metadata: row.metadata(),
            debit_financial_account_id: row.debit_account_id,
            credit_financial_account_id: row.credit_account_id,
            transaction_type: row.kind,
            solution: row.solution,
            payment_reason: reason,
            amount: row.money().plain(),
            currency: row.currency.code(),
            settlement_priority: row.settlement_priority,
            latest_status: StatusView {
                status: row.status,
                message: row.status_message,
                created_by: latest.map_or_else(
                    || made_by.clone(),
                    |e| ActorView::new(e.actor_kind, e.actor_id.map(Id::uuid)),
                ),
                created_at: row.status_at.rfc3339(),
            },
            trace_number: row.trace_number,
            settlement_date: row.settlement_date.map(|day| day.0.to_string()),
            embedded: None,
            created_by: made_by,
            created_at: row.created_at.rfc3339(),
            payment_reason_id: row.payment_reason,
            reversal_reason: row.reversal_reason,
            description: row.description,
            memo: row.memo,
        }
    }
}

impl From<&StatusEntryRow> for StatusView {
    fn from(entry: &StatusEntryRow) -> Self {
        Self {
            status: entry.status,
            message: entry.message.clone(),
            created_by: ActorView::new(entry.actor_kind, entry.actor_id.map(Id::uuid)),
            created_at: entry.created_at.rfc3339(),
        }
    }
}

/// Transactions of one business account as RocketKOR writes them.
pub(super) fn views(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    rows: &[TransactionRow],
) -> AppResult<Vec<TransactionView>> {
    let reasons = payment_reasons::labels(conn, account)?;
    let entries = listing::latest_entries(conn, account, rows)?;
    Ok(rows
        .iter()
        .map(|row| {
            let reason = reasons.get(&row.payment_reason).unwrap_or(&row.payment_reason);
            let is_latest = |e: &&StatusEntryRow| e.transaction_id == row.id && e.status == row.status;
            TransactionView::new(row.clone(), reason.clone(), entries.iter().rev().find(is_latest))
        })
        .collect())
}

/// The body that shows a transaction.
pub(super) fn body(conn: &mut AnyConnection, row: TransactionRow) -> AppResult<String> {
    answer::json(&view(conn, row)?)
}

fn view(conn: &mut AnyConnection, row: TransactionRow) -> AppResult<TransactionView> {
    let latest = queries::latest_entry(conn, &row)?;
    let reason = payment_reasons::label(conn, row.business_account_id, &row.payment_reason)?;
    Ok(TransactionView::new(row, reason, latest.as_ref()))
}

/// The body that shows a transaction with what is asked for beside it.
fn body_with(conn: &mut AnyConnection, row: TransactionRow, asked: &[&str]) -> AppResult<String> {
    let account = row.business_account_id;
    let mut one = |name: &str, id: FinancialAccountId| {
        let is_asked = asked.iter().any(|word| word.starts_with(name));
        is_asked
            .then(|| accounts::queries::get(conn, account, id).map(AccountView::from))
            .transpose()
    };
    let embedded = Embedded {
        credit_financial_account: one("creditFinancialAccount", row.credit_account_id)?,
        debit_financial_account: one("debitFinancialAccount", row.debit_account_id)?,
    };
    let mut view = view(conn, row)?;
    view.embedded = Some(embedded).filter(|_| !asked.is_empty());
    answer::json(&view)
}

/// `GET /api/v1/transactions/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/transactions/{id}",
    operation_id = "getTransaction",
    tag = "Transactions",
    summary = "Get a transaction",
    description = "With `embed` the answer has another tag: conditions of a change name the tag without it.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::TransactionEmbeds),
    responses((status = 200, description = "The transaction", body = TransactionView))
)]
pub async fn show(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Transaction>,
    mut params: Params,
) -> AppResult<Shown> {
    let (account, PathId(id)) = (client.account(), id);
    let asked = params.among("embed", EMBEDS);
    params.finish()?;
    let shown = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            body_with(conn, row, &asked)
        })
        .await?;
    Ok(Shown(shown))
}

/// `PUT /api/v1/transactions/{id}`: the edit; 200 with the transaction that takes the place.
#[utoipa::path(
    put,
    path = "/api/v1/transactions/{id}",
    operation_id = "editTransaction",
    tag = "Transactions",
    summary = "Edit a transaction",
    description = "What is NEW or PENDING is cancelled, and a new transaction takes its place.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::EditTransactionRequest,
    responses(
        (status = 200, description = "The new transaction", body = TransactionView),
        (status = 202, description = "The approval that waits", body = approvals::view::ApprovalView)
    )
)]
pub async fn update(
    app: Data<App>,
    mut call: Call<Transact>,
    id: PathId<noun::Transaction>,
) -> AppResult<Done> {
    let PathId(id) = id;
    let mut sent = call.take_fields();
    let fields = edit_fields(&mut sent);
    let misread = sent.misread();
    call.run(
        &app,
        move |tx, actor| {
            let row = queries::get(tx.conn, actor.business_account, id)?;
            body(tx.conn, row)
        },
        move |tx, actor| {
            let gated = misread.beside(edit::edit(tx, actor, id, None, &fields))?;
            approvals::view::answer(gated, |new| {
                let location = format!("/api/v1/transactions/{}", new.id);
                Ok(Outcome::new(200, Some(location), body(tx.conn, new)?))
            })
        },
    )
    .await
}

fn edit_fields(sent: &mut Fields) -> EditFields {
    let amount = sent.decimal("amount").unwrap_or_default();
    let mut text = |name: &str| sent.text(name);
    EditFields {
        debit_financial_account_id: text("debitFinancialAccountId").unwrap_or_default(),
        credit_financial_account_id: text("creditFinancialAccountId").unwrap_or_default(),
        amount,
        payment_reason_id: text("paymentReasonId").unwrap_or_default(),
        description: text("description"),
        memo: text("memo"),
        // RocketKOR's edit has none: what the original has goes on.
        metadata: None,
    }
}
