//! What the addresses of lists take after the question mark, for the description of the API. The lists themselves take
//! them apart by name, so that everything wrong is told at once.

#![allow(dead_code)] // they describe, and are never made

use utoipa::IntoParams;
use uuid::Uuid;

use super::bodies::WantedStatus;
use crate::{
    accounts::{AccountState, Category as AccountCategory, model::AccountKind},
    approvals::model::ApprovalState,
    disputes::model::{DisputeCategory, DisputeState},
    exceptions::{
        model::{Category, Kind, Severity},
        wanted::Stand,
    },
    imports::model::Outcome as LineOutcome,
    notes::Noted,
    reviews::model::ReviewState,
    transactions::Status as TransactionStatus,
    webhooks::model::DeliveryState,
};

/// RocketKOR's pages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The page's number, from 0. By number pages go down to row 10,000; beyond it follow the Link header.
    #[param(minimum = 0, maximum = 10_000)]
    page: Option<i64>,
    /// Rows of a page; 20 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    size: Option<i64>,
    /// A field, a comma, ASC or DESC. May be repeated.
    sort: Option<Vec<String>>,
    /// From a link of an earlier answer.
    cursor: Option<String>,
}

/// Matcher's pages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Cursors {
    /// From an earlier answer.
    cursor: Option<String>,
    /// Rows of a page; 20 when nothing is said, at most 200.
    limit: Option<i64>,
    /// The field sorted by.
    sort_by: Option<String>,
    sort_order: Option<Direction>,
}

/// Which way a list is sorted.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Direction {
    Asc,
    Desc,
}

/// Filters of imports.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportFilters {
    state: Option<ImportStand>,
}

/// Where an import stands that can be seen.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportStand {
    Checked,
    Queued,
    Running,
    Done,
    Failed,
}

/// Which lines of a report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportFilters {
    /// Any of these.
    outcome: Option<Vec<LineOutcome>>,
}

/// What the address of a new import takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct NewImport {
    /// False: the file is only checked, and waits to be run or discarded. True when nothing is said.
    run: Option<bool>,
    /// What the file is called, where the request does not say so elsewhere.
    file_name: Option<String>,
}

/// RocketKOR's filters of exceptions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ExceptionFilters {
    /// A date or a date-time.
    created_date_from: Option<String>,
    /// A date or a date-time.
    created_date_to: Option<String>,
    /// Z, UTC, an offset such as +05:30, or a region such as America/New_York.
    time_zone: Option<String>,
    /// Ids of team members, UNASSIGNED, or both.
    assigned_to: Option<Vec<String>>,
    category: Option<Category>,
    r#type: Option<Kind>,
    /// Any of these.
    status: Option<Vec<WantedStatus>>,
}

/// Matcher's filters of exceptions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MatcherFilters {
    /// Any of these, in whichever case.
    status: Option<Vec<Stand>>,
    /// Any of these, in whichever case.
    severity: Option<Vec<Severity>>,
    /// The holder's e-mail address.
    #[param(max_length = 255)]
    assigned_to: Option<String>,
    /// Any of these reasons or return codes.
    reason: Option<Vec<String>>,
    /// The outside system it was handed to.
    #[param(max_length = 255)]
    external_system: Option<String>,
    /// A date or a date-time.
    date_from: Option<String>,
    /// A date or a date-time.
    date_to: Option<String>,
    #[param(minimum = 0, maximum = 3650)]
    min_age_days: Option<i64>,
    /// Part of a reason, a code or the transaction's id.
    #[param(max_length = 255)]
    search: Option<String>,
    /// The business account, which is the only context there is.
    #[param(rename = "contextId")]
    context_id: Option<Uuid>,
}

/// The filters of transactions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct TransactionFilters {
    /// Who made it.
    requestor_id: Option<Uuid>,
    /// What kind of actor made it.
    requestor_type: Option<Requestor>,
    /// The former name of `requestorId`.
    created_by_id: Option<Uuid>,
    /// The former name of `requestorType`, with its words. Customers and recipients make no transactions here.
    created_by_type: Option<FormerRequestor>,
    /// A date or a date-time.
    created_date_from: Option<String>,
    /// A date or a date-time.
    created_date_to: Option<String>,
    /// Z, UTC, an offset such as +05:30, or a region such as America/New_York.
    time_zone: Option<String>,
    /// A decimal number.
    amount_from: Option<String>,
    /// A decimal number.
    amount_to: Option<String>,
    latest_status: Option<TransactionStatus>,
    /// Deposits, withdrawals and adjustments are no transactions here: an empty list.
    transaction_type: Option<KnownType>,
    /// In whichever case. Adjustments are no transactions here: an empty list.
    solution: Option<KnownSolution>,
    payment_reason_id: Option<String>,
    debit_financial_account_id: Option<Uuid>,
    credit_financial_account_id: Option<Uuid>,
    /// The last four digits, behind a mask or not.
    masked_debit_account_number: Option<String>,
    /// The last four digits, behind a mask or not.
    masked_credit_account_number: Option<String>,
}

/// What kind of actor makes transactions.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "kebab-case")]
pub enum Requestor {
    Employee,
    ServiceAccount,
    Internal,
}

/// What kind of actor makes transactions, by the former words.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FormerRequestor {
    Employee,
    ServiceAccount,
    Customer,
    Recipient,
}

/// The types of transactions that are known.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KnownType {
    Send,
    Request,
    Return,
    Reversal,
    Deposit,
    Withdrawal,
    Adjustment,
}

/// The solutions that are known.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "kebab-case")]
pub enum KnownSolution {
    Ach,
    Wire,
    PushToCard,
    Transfer,
    Adjustment,
}

/// Whose history.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct HistoryFilters {
    transaction_id: Uuid,
}

/// The filters of financial accounts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct AccountFilters {
    categories: Option<Vec<AccountCategory>>,
    account_holder_types: Option<Vec<AccountHolder>>,
    /// A part of the name.
    name: Option<String>,
    r#type: Option<AccountKind>,
    state: Option<AccountState>,
    /// No account here is the default one.
    default_flag: Option<bool>,
    /// Held by this customer or recipient.
    account_holder_id: Option<String>,
    /// A part of this account. What is no id names nothing, here and above.
    parent_id: Option<String>,
    /// No account here is a card.
    card_starting_numbers: Option<Vec<String>>,
}

/// What is wanted beside an account.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountEmbeds {
    /// Balances, accountHolder, limits, as a list with commas. They are known, but nothing of them is kept here.
    embed: Option<Vec<AccountEmbed>>,
}

/// What may be wanted beside an account.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
pub enum AccountEmbed {
    Balances,
    AccountHolder,
    Limits,
}

/// What is wanted beside a transaction.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TransactionEmbeds {
    /// Both accounts are given in `_embedded`, as a list with commas asks for them. Of balances, recipients and
    /// providers nothing is kept here.
    embed: Option<Vec<TransactionEmbed>>,
}

/// What may be wanted beside a transaction.
#[derive(utoipa::ToSchema)]
pub enum TransactionEmbed {
    #[schema(rename = "creditFinancialAccount")]
    Credit,
    #[schema(rename = "creditFinancialAccount.balances")]
    CreditBalances,
    #[schema(rename = "debitFinancialAccount")]
    Debit,
    #[schema(rename = "debitFinancialAccount.balances")]
    DebitBalances,
    #[schema(rename = "debitFinancialAccount.recipient")]
    DebitRecipient,
    #[schema(rename = "transactionProviderDetails")]
    ProviderDetails,
}

/// What kind of holder an account has.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountHolder {
    BusinessAccount,
    Customer,
    Recipient,
}

/// Whose notes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct NoteFilters {
    entity_id: Uuid,
    entity_type: Noted,
}

/// The filters of approvals.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApprovalFilters {
    state: Option<ApprovalState>,
}

/// The filters of disputes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DisputeFilters {
    /// In whichever case.
    state: Option<DisputeState>,
    /// In whichever case.
    category: Option<DisputeCategory>,
    /// A date or a date-time.
    date_from: Option<String>,
    /// A date or a date-time.
    date_to: Option<String>,
}

/// The filters of messages to a subscription.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilters {
    state: Option<DeliveryState>,
}

/// The filters of reviews.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewFilters {
    state: Option<ReviewState>,
}

/// The filters of the audit log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilters {
    /// A team member's or service account's id, or a team member's e-mail address.
    actor: Option<String>,
    /// An action that a record has, in whichever case.
    action: Option<String>,
    /// An entity type that a record has, in whichever case.
    entity_type: Option<String>,
    /// A date or a date-time.
    date_from: Option<String>,
    /// A date or a date-time.
    date_to: Option<String>,
}

/// How much of the chain is verified.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct VerifyFilters {
    /// 10,000 when nothing is said.
    #[param(minimum = 1, maximum = 10_000)]
    max_records: Option<i64>,
}
