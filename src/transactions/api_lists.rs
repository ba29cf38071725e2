//! Lists of transactions and what happened to one, as RocketKOR has them (rocketkor.md 5.3, 5.9); payment reasons;
//! cancelling.

use actix_web::web::Data;
use serde::Serialize;

use super::{
    Kind, Solution, Status,
    api::{StatusView, body, views},
    cancel::cancel,
    listing::{self, Creator, Wanted},
    model::{StatusEntryRow, StatusEvent},
    payment_reasons, queries,
};
use crate::{
    api::{
        Client, PlainCall,
        answer::{self, Done, Listed, Shown},
        page::{self, PageAsked, Sortable},
        params::Params,
        totals::ListTotals,
        view::ActorView,
        when::{self, End, Zone},
    },
    app::App,
    auth::{
        actor::ActorKind,
        permission::{Read, Transact},
    },
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult},
        id::{FinancialAccountId, Id, StatusEntryId, TransactionId, noun},
        money::{Currency, Money},
    },
    web::form::PathId,
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[
    ("createdAt", "transactions.created_at"),
    ("amount", "transactions.amount"),
    ("id", ""),
];

/// What no index has in order: for lists that are not long.
const MORE: &[Sortable] = &[
    (
        "latestStatus",
        "CAST(CASE transactions.status WHEN 'NEW' THEN 0 WHEN 'PENDING' THEN 1 WHEN 'PROCESSING' THEN 2 \
         WHEN 'APPROVED' THEN 3 WHEN 'SETTLED' THEN 4 WHEN 'CLEARED' THEN 5 WHEN 'CANCELLED' THEN 6 \
         WHEN 'DECLINED' THEN 7 WHEN 'REVERSED' THEN 8 ELSE 9 END AS BIGINT)",
    ),
    (
        "transactionType",
        "CAST(CASE transactions.kind WHEN 'SEND' THEN 0 WHEN 'REQUEST' THEN 1 WHEN 'RETURN' THEN 2 ELSE 3 END AS BIGINT)",
    ),
    ("currency", "transactions.currency"),
    ("description", "transactions.description"),
    (
        "settlementPriority",
        "CASE transactions.settlement_priority WHEN 'IMMEDIATE' THEN 0 WHEN 'SAME_DAY' THEN 1 WHEN 'NEXT_DAY' THEN 2 \
         ELSE 3 END",
    ),
];

/// What a status history is sorted by: the order in which it was written.
const HISTORY_FIELDS: &[Sortable] = &[("createdAt", "created_at"), ("id", "")];

/// `GET /api/v1/transactions`
#[utoipa::path(
    get,
    path = "/api/v1/transactions",
    operation_id = "listTransactions",
    tag = "Transactions",
    summary = "List transactions",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging, crate::openapi::queries::TransactionFilters),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<super::api::TransactionView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let wanted = read_filters(&mut params);
    let asked = PageAsked::read_with(&mut params, FIELDS, MORE, "createdAt");
    params.finish()?;
    let (totals, moment) = (app.memos.of::<ListTotals>(), app.db.moment());
    app.db
        .read(move |conn| {
            let total = totals.of(account, "transactions", &wanted, moment, || {
                listing::count(conn, account, &wanted)
            })?;
            asked.admit(total)?;
            let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views = views(conn, account, &slice.rows)?;
            asked.answer(&params, total, slice.with(views), ends)
        })
        .await
}

/// The filters by their newer names, or by their former ones.
fn read_filters(params: &mut Params) -> Wanted {
    let zone = params.take("timeZone", Zone::parse).unwrap_or(Zone::UTC);
    let account = |text: &str| {
        text.parse::<FinancialAccountId>()
            .map_err(|_| "It is no id.".to_owned())
    };
    let actor = |text: &str| {
        text.parse()
            .map(Id::from_uuid)
            .map_err(|_: uuid::Error| "It is no id.".to_owned())
    };
    let amount = |text: &str| Ok(Money::parse(text, Currency::USD)?.minor());
    // Words of RocketKOR's for what is never made here: an empty list.
    let kind = params.word(
        "transactionType",
        &format!("{}, DEPOSIT, WITHDRAWAL, ADJUSTMENT", known(Kind::ALL)),
        |text| match text {
            "DEPOSIT" | "WITHDRAWAL" | "ADJUSTMENT" => Some(None),
            text => Kind::parse(text).map(Some),
        },
    );
    let solution = params.word(
        "solution",
        &format!("{}, adjustment", known(Solution::ALL)),
        |text| match text.to_lowercase().replace('_', "-").as_str() {
            "adjustment" => Some(None),
            text => Solution::parse(text).map(Some),
        },
    );
    let is_of_none = kind == Some(None) || solution == Some(None);
    let kinds = "employee, service-account, internal";
    let creator_kind = params
        .word("requestorType", kinds, |text| {
            ActorKind::parse(text).map(Creator::Kind)
        })
        .or_else(|| {
            params.word(
                "createdByType",
                "EMPLOYEE, SERVICE_ACCOUNT, CUSTOMER, RECIPIENT",
                former_kind,
            )
        });
    Wanted {
        creator: params
            .take("requestorId", actor)
            .or_else(|| params.take("createdById", actor)),
        creator_kind: if is_of_none {
            Some(Creator::Nobody)
        } else {
            creator_kind
        },
        created: (
            params.take("createdDateFrom", |text| when::parse(text, zone, End::From)),
            params.take("createdDateTo", |text| when::parse(text, zone, End::To)),
        ),
        amount: (params.take("amountFrom", amount), params.take("amountTo", amount)),
        status: params.word("latestStatus", &known(Status::ALL), Status::parse),
        kind: kind.flatten(),
        solution: solution.flatten(),
        payment_reason: params.one("paymentReasonId"),
        debit: params.take("debitFinancialAccountId", account),
        credit: params.take("creditFinancialAccountId", account),
        debit_tail: params.take("maskedDebitAccountNumber", tail),
        credit_tail: params.take("maskedCreditAccountNumber", tail),
    }
}

fn known<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// RocketKOR's former spellings. Customers and recipients make no transactions here.
fn former_kind(text: &str) -> Option<Creator> {
    match text {
        "EMPLOYEE" => Some(Creator::Kind(ActorKind::Employee)),
        "SERVICE_ACCOUNT" => Some(Creator::Kind(ActorKind::ServiceAccount)),
        "CUSTOMER" | "RECIPIENT" => Some(Creator::Nobody),
        _ => None,
    }
}

/// The last four of an account number, behind a mask or not.
fn tail(text: &str) -> Result<String, String> {
    let shown = text.trim_start_matches(['*', '•', 'x', 'X']);
    if (1..=4).contains(&shown.chars().count()) {
        return Ok(shown.to_owned());
    }
    Err("Give the last four digits of the account number, such as 4242.".into())
}

/// `DELETE /api/v1/transactions/{id}`: the cancellation.
#[utoipa::path(
    delete,
    path = "/api/v1/transactions/{id}",
    operation_id = "cancelTransaction",
    tag = "Transactions",
    summary = "Cancel a transaction",
    description = "What is NEW or PENDING.",
    security(("token" = ["transact"])),
    responses((status = 204, description = "It is cancelled"))
)]
pub async fn delete(
    app: Data<App>,
    call: PlainCall<Transact>,
    id: PathId<noun::Transaction>,
) -> AppResult<Done> {
    let id = id.0;
    call.0
        .run(
            &app,
            move |tx, actor| {
                let row = queries::get(tx.conn, actor.business_account, id)?;
                body(tx.conn, row)
            },
            move |tx, actor| {
                cancel(tx, actor, id, None)?;
                Ok(Outcome::new(204, None, String::new()))
            },
        )
        .await
}

/// `GET /api/v1/transactions/{id}/statuses` and `/status`: a bare array, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/transactions/{id}/statuses",
    operation_id = "listTransactionStatuses",
    tag = "Transactions",
    summary = "List the statuses of a transaction",
    description = "The newest first.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The statuses", body = Vec<StatusView>))
)]
pub async fn statuses(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Transaction>,
) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    let entries = app
        .db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            queries::status_entries(conn, account, id)
        })
        .await?;
    let is_status =
        |e: &StatusEntryRow| matches!(e.event_type, StatusEvent::Create | StatusEvent::StatusChange);
    let views: Vec<StatusView> = entries
        .iter()
        .rev()
        .filter(|e| is_status(e))
        .map(StatusView::from)
        .collect();
    answer::json(&views).map(Shown)
}

/// An entry of the history of a transaction (rocketkor.md 5.9, the newer form).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryView {
    id: StatusEntryId,
    transaction_id: TransactionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_transaction_id: Option<TransactionId>,
    event_type: StatusEvent,
    description: String,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
}

/// `GET /api/v1/transaction-histories?transactionId=`
#[utoipa::path(
    get,
    path = "/api/v1/transaction-histories",
    operation_id = "listTransactionHistories",
    tag = "Transactions",
    summary = "List what happened to a transaction",
    description = "List what happened to a transaction.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging, crate::openapi::queries::HistoryFilters),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<HistoryView>))
)]
pub async fn histories(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let id = params.one("transactionId");
    if id.is_none() {
        params.wrong(
            "transactionId",
            "Say which transaction's history: transactionId is required.",
        );
    }
    let asked = PageAsked::read(&mut params, HISTORY_FIELDS, "createdAt");
    params.finish()?;
    let id: TransactionId = id.unwrap_or_default().parse().map_err(|_| AppError::NotFound)?;
    app.db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let mut entries = queries::status_entries(conn, account, id)?;
            if asked.order.descending {
                entries.reverse();
            }
            let views: Vec<HistoryView> = entries
                .into_iter()
                .map(|e| HistoryView {
                    id: e.id,
                    transaction_id: e.transaction_id,
                    parent_transaction_id: row.parent_id,
                    event_type: e.event_type,
                    description: e.message,
                    created_by: ActorView::new(e.actor_kind, e.actor_id.map(Id::uuid)),
                    created_at: e.created_at.rfc3339(),
                })
                .collect();
            let total = i64::try_from(views.len()).unwrap_or(i64::MAX);
            let slice = page::within(views, &asked.window)?;
            asked.answer(&params, total, slice, None)
        })
        .await
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ReasonView {
    reason: String,
    description: String,
}

/// `GET /api/v1/payment-reasons`: a bare array.
#[utoipa::path(
    get,
    path = "/api/v1/payment-reasons",
    operation_id = "listPaymentReasons",
    tag = "Transactions",
    summary = "List payment reasons",
    description = "List payment reasons.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The payment reasons", body = Vec<ReasonView>))
)]
pub async fn reasons(app: Data<App>, client: Client<Read>) -> AppResult<Shown> {
    let account = client.account();
    let all = app
        .db
        .read(move |conn| payment_reasons::list(conn, account))
        .await?;
    let views: Vec<ReasonView> = all
        .into_iter()
        .map(|r| ReasonView {
            reason: r.slug,
            description: r.label,
        })
        .collect();
    answer::json(&views).map(Shown)
}
