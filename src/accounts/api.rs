//! Financial accounts through the API, as RocketKOR shows them (rocketkor.md section 7). The number itself is never told.

use actix_web::web::{self, Data};
use serde::Serialize;

use super::{
    AccountRow, AccountState, Category, Subtype, Verification, api_add, commands,
    listing::{self, Wanted},
    model::{AccountKind, HolderKind, VerificationMethod},
    queries,
};
use crate::{
    api::{
        Client, PlainCall,
        answer::{self, Done, Listed, Shown},
        page::{PageAsked, Sortable},
        params::Params,
        totals::ListTotals,
        view::ActorView,
    },
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::{Read, Transact},
    },
    db::{AnyConnection, Tx},
    history::model::Anything,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, FinancialAccountId, Id, noun},
        text::Reason,
    },
    web::{form::PathId, route::at},
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[
    ("createdAt", "financial_accounts.created_at"),
    ("updatedAt", "financial_accounts.updated_at"),
    ("id", ""),
];

/// What no index has in order: for lists that are not long.
const MORE: &[Sortable] = &[
    (
        "state",
        "CAST(CASE financial_accounts.state WHEN 'PENDING' THEN 0 WHEN 'ACTIVE' THEN 1 ELSE 2 END AS BIGINT)",
    ),
    (
        "category",
        "CAST(CASE financial_accounts.category WHEN 'EXTERNAL' THEN 0 WHEN 'INTEGRATED' THEN 1 ELSE 2 END AS BIGINT)",
    ),
    ("name", "financial_accounts.name"),
];

/// Under `/api`. RocketKOR has suspended accounts with POST and, before, with PUT.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/financial-accounts").get(list))
        .service(at("/api/v1/financial-accounts/{id}").get(show))
        .service(at("/api/v1/external-bank-accounts").post(api_add::external))
        .service(at("/api/v1/internal-financial-accounts").post(api_add::internal))
        .service(
            at("/api/v1/financial-accounts/{id}/suspend")
                .post(suspend)
                .put(suspend),
        )
        .service(
            at("/api/v1/financial-accounts/{id}/unsuspend")
                .post(unsuspend)
                .put(unsuspend),
        );
}

/// A financial account as RocketKOR writes it. What nobody has told is left out; the holder is also left out of what the
/// business account holds itself.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    id: FinancialAccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<FinancialAccountId>,
    business_account_id: BusinessAccountId,
    name: String,
    category: Category,
    r#type: AccountKind,
    subtype: Subtype,
    default_flag: bool,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    account_holder_id: Option<Id<Anything>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_holder_type: Option<HolderKind>,
    state: AccountState,
    masked_account_number: String,
    verification_status: VerificationView,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_method: Option<VerificationMethod>,
    bank_account: BankView,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<ActorView>,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by: Option<ActorView>,
    #[schema(format = DateTime)]
    updated_at: String,
    version: i64,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerificationView {
    status: Verification,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BankView {
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_name: Option<String>,
    routing_no: String,
    account_number_tail: String,
    name_on_account: String,
    /// As it was told; its lines have the client's own names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    billing_address: Option<serde_json::Value>,
}

impl From<AccountRow> for AccountView {
    fn from(row: AccountRow) -> Self {
        let told = row.told;
        let by = |kind: Option<ActorKind>, id: Option<Id<Anything>>| {
            kind.map(|kind| ActorView::new(kind, id.map(Id::uuid)))
        };
        Self {
            id: row.id,
            parent_id: told.parent_id,
            business_account_id: row.business_account_id,
            name: row.name,
            category: row.category,
            r#type: row.kind,
            subtype: row.subtype,
            default_flag: false,
            currency: "USD",
            account_holder_id: told.holder_id,
            account_holder_type: told.holder_kind,
            state: row.state,
            masked_account_number: format!("******{}", row.number_tail),
            verification_status: VerificationView {
                status: row.verification,
            },
            verification_method: told.verification_method,
            created_by: by(told.created_by_kind, told.created_by_id),
            updated_by: by(told.updated_by_kind, told.updated_by_id),
            bank_account: BankView {
                bank_name: told.bank_name,
                billing_address: told
                    .billing_address
                    .and_then(|told| serde_json::from_str(&told).ok()),
                routing_no: row.routing_number,
                account_number_tail: row.number_tail,
                name_on_account: row.holder_name,
            },
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
            version: row.version,
        }
    }
}

fn body(conn: &mut AnyConnection, account: BusinessAccountId, id: FinancialAccountId) -> AppResult<String> {
    answer::json(&AccountView::from(queries::get(conn, account, id)?))
}

/// `GET /api/v1/financial-accounts`
#[utoipa::path(
    get,
    path = "/api/v1/financial-accounts",
    operation_id = "listFinancialAccounts",
    tag = "Financial accounts",
    summary = "List financial accounts",
    description = "Numbers are masked.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging, crate::openapi::queries::AccountFilters),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<AccountView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let wanted = read_filters(&mut params);
    let asked = PageAsked::read_with(&mut params, FIELDS, MORE, "createdAt");
    params.finish()?;
    let (totals, moment) = (app.memos.of::<ListTotals>(), app.db.moment());
    app.db
        .read(move |conn| {
            let total = totals.of(account, "financial accounts", &wanted, moment, || {
                listing::count(conn, account, &wanted)
            })?;
            asked.admit(total)?;
            let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views: Vec<AccountView> = slice.rows.iter().cloned().map(AccountView::from).collect();
            asked.answer(&params, total, slice.with(views), ends)
        })
        .await
}

fn read_filters(params: &mut Params) -> Wanted {
    let known = |all: Vec<&str>| all.join(", ");
    let holders = params.words(
        "accountHolderTypes",
        "BUSINESS_ACCOUNT, CUSTOMER, RECIPIENT",
        |text| match text {
            "BUSINESS_ACCOUNT" => Some(None),
            other => HolderKind::parse(other).map(Some),
        },
    );
    let categories = params.words(
        "categories",
        &known(Category::ALL.iter().map(|c| c.as_str()).collect()),
        Category::parse,
    );
    let is_default = params.word("defaultFlag", "true, false", |text| text.parse::<bool>().ok());
    let parent = params.one("parentId").map(|text| text.parse().ok());
    let holder = params.one("accountHolderId").map(|text| text.parse().ok());
    // What is no id names nothing; there are no cards here, and no account is the default.
    let nothing = parent == Some(None)
        || holder == Some(None)
        || !params.many("cardStartingNumbers").is_empty()
        || is_default == Some(true);
    Wanted {
        categories,
        holders,
        holder: holder.flatten(),
        parent: parent.flatten(),
        name: params.one("name"),
        kind: params.word(
            "type",
            &known(AccountKind::ALL.iter().map(|k| k.as_str()).collect()),
            AccountKind::parse,
        ),
        state: params.word(
            "state",
            &known(AccountState::ALL.iter().map(|s| s.as_str()).collect()),
            AccountState::parse,
        ),
        nothing,
    }
}

/// What RocketKOR embeds in an account. Nothing of it is kept here, so an answer has no `_embedded`.
const EMBEDS: &[&str] = &["balances", "accountHolder", "limits"];

/// `GET /api/v1/financial-accounts/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/financial-accounts/{id}",
    operation_id = "getFinancialAccount",
    tag = "Financial accounts",
    summary = "Get a financial account",
    description = "The number is masked.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::AccountEmbeds),
    responses((status = 200, description = "The financial account", body = AccountView))
)]
pub async fn show(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::FinancialAccount>,
    mut params: Params,
) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    params.among("embed", EMBEDS);
    params.finish()?;
    app.db.read(move |conn| body(conn, account, id).map(Shown)).await
}

type Act = fn(&mut Tx<'_>, &Actor, FinancialAccountId, &Reason) -> AppResult<()>;

/// `POST /api/v1/financial-accounts/{id}/suspend`
#[utoipa::path(
    post,
    path = "/api/v1/financial-accounts/{id}/suspend",
    operation_id = "suspendFinancialAccount",
    tag = "Financial accounts",
    summary = "Suspend a financial account",
    description = "Suspend a financial account.",
    security(("token" = ["transact"])),
    request_body = Option<crate::openapi::bodies::ReasonRequest>,
    responses((status = 204, description = "It is suspended"))
)]
pub async fn suspend(
    app: Data<App>,
    call: PlainCall<Transact>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Done> {
    act(app, call, id.0, "Suspended through the API", commands::suspend).await
}

/// `POST /api/v1/financial-accounts/{id}/unsuspend`
#[utoipa::path(
    post,
    path = "/api/v1/financial-accounts/{id}/unsuspend",
    operation_id = "unsuspendFinancialAccount",
    tag = "Financial accounts",
    summary = "End the suspension of a financial account",
    description = "End the suspension of a financial account.",
    security(("token" = ["transact"])),
    request_body = Option<crate::openapi::bodies::ReasonRequest>,
    responses((status = 204, description = "It is active"))
)]
pub async fn unsuspend(
    app: Data<App>,
    call: PlainCall<Transact>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Done> {
    act(
        app,
        call,
        id.0,
        "Unsuspended through the API",
        commands::unsuspend,
    )
    .await
}

/// RocketKOR's call has no body; a `reason` in it is ours. 204.
async fn act(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Transact>,
    id: FinancialAccountId,
    usual: &str,
    act: Act,
) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let reason = sent.text("reason");
    let read = Reason::parse(reason.as_deref().unwrap_or(usual));
    let reason = sent.with(read.map_err(|why| FieldErrors::one("reason", why)))?;
    call.run(
        &app,
        move |tx, actor| body(tx.conn, actor.business_account, id),
        move |tx, actor| {
            act(tx, actor, id, &reason)?;
            Ok(Outcome::new(204, None, String::new()))
        },
    )
    .await
}
