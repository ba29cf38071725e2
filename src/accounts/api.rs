//! Financial accounts through the API, as RocketKOR shows them (rocketkor.md section 7). The number itself is never told.

use actix_web::web::{self, Data};
use serde::Serialize;

use super::{
    AccountRow, AccountState, Category, Subtype, Verification, commands,
    listing::{self, Wanted},
    model::AccountKind,
    queries,
};
use crate::{
    api::{
        Client, PlainCall,
        answer::{self, Done, Listed, Shown},
        page::{PageAsked, Sortable},
        params::Params,
    },
    app::App,
    auth::{
        actor::Actor,
        permission::{Read, Transact},
    },
    db::{AnyConnection, Tx},
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, FinancialAccountId, noun},
        text::Reason,
    },
    web::{form::PathId, route::at},
};

const FIELDS: &[Sortable] = &[
    ("createdAt", "financial_accounts.created_at"),
    ("updatedAt", "financial_accounts.updated_at"),
    (
        "state",
        "CAST(CASE financial_accounts.state WHEN 'PENDING' THEN 0 WHEN 'ACTIVE' THEN 1 ELSE 2 END AS BIGINT)",
    ),
    (
        "category",
        "CAST(CASE financial_accounts.category WHEN 'EXTERNAL' THEN 0 WHEN 'INTEGRATED' THEN 1 ELSE 2 END AS BIGINT)",
    ),
    ("id", ""),
];

/// Under `/api`. RocketKOR has suspended accounts with POST and, before, with PUT.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/financial-accounts").get(list))
        .service(at("/api/v1/financial-accounts/{id}").get(show))
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

/// A financial account as RocketKOR writes it. Holders are names here, not customers or recipients, so their ids are
/// left out.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    id: FinancialAccountId,
    business_account_id: BusinessAccountId,
    name: String,
    category: Category,
    r#type: AccountKind,
    subtype: Subtype,
    default_flag: bool,
    currency: &'static str,
    state: AccountState,
    masked_account_number: String,
    verification_status: VerificationView,
    bank_account: BankView,
    #[schema(format = DateTime)]
    created_at: String,
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
    routing_no: String,
    account_number_tail: String,
    name_on_account: String,
}

impl From<AccountRow> for AccountView {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            business_account_id: row.business_account_id,
            name: row.name,
            category: row.category,
            r#type: row.kind,
            subtype: row.subtype,
            default_flag: false,
            currency: "USD",
            state: row.state,
            masked_account_number: format!("******{}", row.number_tail),
            verification_status: VerificationView {
                status: row.verification,
            },
            bank_account: BankView {
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
    let asked = PageAsked::read(&mut params, FIELDS, "createdAt");
    params.finish()?;
    app.db
        .read(move |conn| {
            let total = listing::count(conn, account, &wanted)?;
            let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views: Vec<AccountView> = slice.rows.iter().cloned().map(AccountView::from).collect();
            asked.answer(&params, total, slice.with(views), ends)
        })
        .await
}

fn read_filters(params: &mut Params) -> Wanted {
    let known = |all: Vec<&str>| all.join(", ");
    let held = params.words(
        "accountHolderTypes",
        "BUSINESS_ACCOUNT, CUSTOMER, RECIPIENT",
        |text| match text {
            "BUSINESS_ACCOUNT" => Some(vec![Category::Internal]),
            "CUSTOMER" | "RECIPIENT" => Some(vec![Category::External, Category::Integrated]),
            _ => None,
        },
    );
    let held: Vec<Category> = held.into_iter().flatten().collect();
    let categories = params.words(
        "categories",
        &known(Category::ALL.iter().map(|c| c.as_str()).collect()),
        Category::parse,
    );
    let both: Vec<Category> = match (held.is_empty(), categories.is_empty()) {
        (false, false) => held.into_iter().filter(|c| categories.contains(c)).collect(),
        (false, true) => held,
        (true, _) => categories.clone(),
    };
    let is_default = params.word("defaultFlag", "true, false", |text| text.parse::<bool>().ok());
    // Accounts here have no parent, no holder of another system, no card, and none is the default.
    let nothing = params.one("parentId").is_some()
        || params.one("accountHolderId").is_some()
        || !params.many("cardStartingNumbers").is_empty()
        || is_default == Some(true)
        || (both.is_empty() && !categories.is_empty());
    Wanted {
        categories: both,
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

/// `GET /api/v1/financial-accounts/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/financial-accounts/{id}",
    operation_id = "getFinancialAccount",
    tag = "Financial accounts",
    summary = "Get a financial account",
    description = "The number is masked.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The financial account", body = AccountView))
)]
pub async fn show(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::FinancialAccount>,
) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
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
    sent.finish()?;
    let reason =
        Reason::parse(reason.as_deref().unwrap_or(usual)).map_err(|why| AppError::field("reason", why))?;
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
