//! What calls take, for the description of the API. The calls themselves take bodies apart by name, so that everything
//! wrong is told at once; a test sends each of these examples.

#![allow(dead_code)] // they describe, and are never made

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, OneOfBuilder, Schema, Type},
    },
};
use uuid::Uuid;

use crate::{
    accounts::{
        Subtype,
        model::{HolderKind, VerificationMethod},
    },
    dispatch::model::Target,
    disputes::model::DisputeCategory,
    exceptions::{
        model::{Category, Entity, Kind},
        resolution::{AdjustmentReason, Direction, OverrideReason},
        wanted::Stand,
    },
    notes::Noted,
    transactions::{Priority, Solution, Status as TransactionStatus, metadata, reverse::ReversalReason},
    webhooks::model::Topic,
};

/// Who shall have it, what status it shall have, or both.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"status": "RESOLVED"}))]
pub struct UpdateExceptionRequest {
    /// Null gives it back.
    assigned_to: Option<AssigneeRequest>,
    #[schema(nullable = false)]
    status: Option<WantedStatus>,
}

/// The id decides; the rest is checked for its form and otherwise ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct AssigneeRequest {
    id: Uuid,
    #[schema(min_length = 1, max_length = 40)]
    first_name: Option<String>,
    #[schema(min_length = 1, max_length = 40)]
    last_name: Option<String>,
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
}

/// RocketKOR's statuses.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WantedStatus {
    New,
    InProgress,
    Resolved,
    Reopened,
}

/// An exception to raise.
#[derive(Serialize, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "type": "ACH_RETURN", "returnCode": "R01", "description": "Payout 4711 came back: insufficient funds",
    "amount": "12000.00", "currency": "USD", "party": "Paul Jones"
}))]
pub struct RaiseRequest {
    r#type: Kind,
    #[schema(min_length = 1, max_length = 1000)]
    description: String,
    /// May be left out where the type has only one.
    category: Option<Category>,
    /// The affected entity; usually the transaction.
    entity_id: Option<Uuid>,
    entity_type: Option<Entity>,
    transaction_id: Option<Uuid>,
    amount: Option<AmountRequest>,
    /// Three letters of ISO 4217; goes with the amount.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// A word such as AMOUNT_MISMATCH.
    #[schema(pattern = "^[A-Z0-9_]{1,64}$")]
    reason: Option<String>,
    /// Such as R01 or C01.
    #[schema(pattern = "^[RCrc][0-9]{2}$")]
    return_code: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    party: Option<String>,
    /// No more than the last four characters are kept.
    #[schema(
        min_length = 1,
        max_length = 35,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"
    )]
    account_number: Option<String>,
    #[schema(
        min_length = 1,
        max_length = 35,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"
    )]
    corrected_data: Option<String>,
}

/// Exceptions to raise, each of which stands or falls alone.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"exceptions": [
    {"type": "ACH_NOC", "returnCode": "C01", "description": "The account number has changed"}
]}))]
pub struct RaiseManyRequest {
    #[schema(min_items = 1, max_items = 1000)]
    exceptions: Vec<RaiseRequest>,
}

/// One exception, or many.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!({"type": "ACH_NOC", "returnCode": "C01", "description": "The account number has changed"}))]
pub enum RaiseOneOrManyRequest {
    One(Box<RaiseRequest>),
    Many(RaiseManyRequest),
}

/// Twelve digits before the point are read; how many a currency may have is a rule.
const MOST: f64 = 999_999_999_999.99;

/// An amount as a text of this pattern, or as a number.
fn amount(pattern: &str, number: ObjectBuilder, description: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    OneOfBuilder::new()
        .item(text)
        .item(number.schema_type(Type::Number).maximum(Some(MOST)))
        .description(Some(description))
        .into()
}

/// An amount that may be nothing.
#[derive(Serialize)]
pub struct AmountRequest;

impl PartialSchema for AmountRequest {
    fn schema() -> RefOr<Schema> {
        amount(
            "^[0-9]{1,12}(\\.[0-9]{1,3})?$",
            ObjectBuilder::new().minimum(Some(0)),
            "A decimal number with at most the currency's decimals: a text, or a number.",
        )
    }
}

impl ToSchema for AmountRequest {}

/// An amount that is paid.
#[derive(Serialize)]
pub struct PaidRequest;

impl PartialSchema for PaidRequest {
    fn schema() -> RefOr<Schema> {
        amount(
            "^(?=.*[1-9])[0-9]{1,12}(\\.[0-9]{1,3})?$",
            ObjectBuilder::new().exclusive_minimum(Some(0)),
            "What is paid, above zero, with at most the currency's decimals: a text, or a number.",
        )
    }
}

impl ToSchema for PaidRequest {}

/// The e-mail address of a team member who works exceptions.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"assignee": "ada@example.com"}))]
pub struct AssignRequest {
    #[schema(format = Email, min_length = 5, max_length = 254, nullable = false)]
    assignee: Option<String>,
    /// Another name of `assignee`: one of the two is sent.
    #[schema(format = Email, min_length = 5, max_length = 254, nullable = false)]
    assigned_to: Option<String>,
}

/// What was done.
#[derive(ToSchema)]
#[schema(example = json!({"resolution": "Paid again by wire", "reason": "Customer asked"}))]
pub struct ResolveRequest {
    #[schema(min_length = 1, max_length = 255)]
    resolution: String,
    /// Empty counts as left out.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// A match that the amounts or dates alone do not make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"overrideReason": "OPS_APPROVAL", "notes": "Same invoice"}))]
pub struct ForceMatchRequest {
    override_reason: OverrideReason,
    #[schema(min_length = 1, max_length = 1000)]
    notes: String,
    /// The transaction it is matched with; without one it is matched by hand.
    counterpart_transaction_id: Option<Uuid>,
}

/// A correction of an entry.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "reasonCode": "AMOUNT_CORRECTION", "notes": "Fee was missing", "amount": "12.50", "currency": "USD",
    "effectiveAt": "2026-11-21T00:00:00Z"
}))]
pub struct AdjustEntryRequest {
    reason_code: AdjustmentReason,
    #[schema(min_length = 1, max_length = 1000)]
    notes: String,
    amount: PaidRequest,
    /// Three letters of ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    #[schema(format = DateTime)]
    effective_at: String,
    /// DEBIT when it is left out.
    direction: Option<Direction>,
}

/// Many exceptions for one team member.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "exceptionIds": ["018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e"], "assignee": "ada@example.com"
}))]
pub struct BulkAssignRequest {
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    exception_ids: Option<Vec<Uuid>>,
    /// The former name of `exceptionIds`: one of the two is sent.
    #[schema(rename = "exception_ids", min_items = 1, max_items = 100, nullable = false)]
    former_ids: Option<Vec<Uuid>>,
    #[schema(format = Email, min_length = 5, max_length = 254, nullable = false)]
    assignee: Option<String>,
    /// Another name of `assignee`: one of the two is sent.
    #[schema(format = Email, min_length = 5, max_length = 254, nullable = false)]
    assigned_to: Option<String>,
}

/// Many exceptions with one resolution.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "exceptionIds": ["018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e"], "resolution": "Paid again"
}))]
pub struct BulkResolveRequest {
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    exception_ids: Option<Vec<Uuid>>,
    /// The former name of `exceptionIds`: one of the two is sent.
    #[schema(rename = "exception_ids", min_items = 1, max_items = 100, nullable = false)]
    former_ids: Option<Vec<Uuid>>,
    #[schema(min_length = 1, max_length = 255)]
    resolution: String,
    /// Empty counts as left out.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Where it is handed to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"targetSystem": "MANUAL"}))]
pub struct DispatchRequest {
    target_system: Target,
    /// The team or group there.
    #[schema(max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    queue: Option<String>,
}

/// Many exceptions for one outside system. `exception_ids` and `target_system` are taken too, instead of the present
/// names.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "exceptionIds": ["018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e"], "targetSystem": "MANUAL"
}))]
pub struct BulkDispatchRequest {
    #[schema(min_items = 1, max_items = 100)]
    exception_ids: Vec<Uuid>,
    target_system: Target,
    #[schema(max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    queue: Option<String>,
}

/// What an outside system has done.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "externalSystem": "JIRA", "externalIssueId": "PAY-12", "status": "RESOLVED",
    "resolutionNotes": "The bank has paid it back", "updatedAt": "2026-11-21T15:00:00Z"
}))]
pub struct CallbackRequest {
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"
    )]
    external_system: String,
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"
    )]
    external_issue_id: String,
    status: Stand,
    #[schema(max_length = 255)]
    callback_type: Option<String>,
    #[schema(max_length = 1000)]
    resolution_notes: Option<String>,
    /// Needed for ASSIGNED while nobody has it.
    #[schema(format = Email, max_length = 254)]
    assignee: Option<String>,
    /// Taken when it is sooner than ours.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// By it what comes late is told from what is new.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// Not looked at.
    payload: Option<BTreeMap<String, serde_json::Value>>,
}

/// A comment.
#[derive(ToSchema)]
#[schema(example = json!({"content": "Called the bank"}))]
pub struct CommentRequest {
    #[schema(min_length = 1, max_length = 10000)]
    content: String,
}

/// What is disputed.
#[derive(ToSchema)]
#[schema(example = json!({"category": "BANK_FEE_ERROR", "description": "The bank took the fee twice"}))]
pub struct DisputeRequest {
    category: DisputeCategory,
    #[schema(min_length = 1, max_length = 10000)]
    description: String,
}

/// How a dispute ended.
#[derive(ToSchema)]
#[schema(example = json!({"resolution": "The bank gave the fee back", "won": true}))]
pub struct CloseDisputeRequest {
    #[schema(min_length = 1, max_length = 10000)]
    resolution: String,
    won: bool,
}

/// What a piece of evidence shows, and where its file is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "comment": "The statement of October", "fileUrl": "https://files.example.com/statement.pdf"
}))]
pub struct EvidenceRequest {
    #[schema(min_length = 1, max_length = 1000)]
    comment: String,
    /// An https address.
    #[schema(
        pattern = "^https://[a-z0-9.-]+(/[A-Za-z0-9._~/?#&=%-]*)?$",
        max_length = 2048
    )]
    file_url: Option<String>,
}

/// Which evidence is missing.
#[derive(ToSchema)]
#[schema(example = json!({"comment": "The signed order"}))]
pub struct EvidenceWantedRequest {
    #[schema(max_length = 1000)]
    comment: Option<String>,
}

/// Why a dispute is taken up again.
#[derive(ToSchema)]
#[schema(example = json!({"reason": "A second page was found"}))]
pub struct ReopenDisputeRequest {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// What takes the place of a transaction.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "debitFinancialAccountId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e",
    "creditFinancialAccountId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9f",
    "amount": "250.00", "paymentReasonId": "loan-payouts"
}))]
pub struct EditTransactionRequest {
    debit_financial_account_id: Uuid,
    credit_financial_account_id: Uuid,
    amount: PaidRequest,
    #[schema(min_length = 1)]
    payment_reason_id: String,
    /// Wire only; cut to 100 characters when the transaction is submitted.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Wire only; cut to 100 characters when the transaction is submitted.
    #[schema(max_length = 1000)]
    memo: Option<String>,
}

/// The client's own names and texts.
#[derive(Serialize)]
pub struct MetadataRequest;

impl PartialSchema for MetadataRequest {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("The client's own names and texts."))
            .max_properties(Some(metadata::ENTRIES))
            .property_names(Some(text().pattern(Some("\\S")).max_length(Some(metadata::KEY))))
            .additional_properties(Some(text().max_length(Some(metadata::VALUE))))
            .into()
    }
}

impl ToSchema for MetadataRequest {}

/// Which types of transactions are asked for: what goes back is made by a return or by the call that reverses.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MadeByHand {
    Send,
    Request,
}

/// A transaction to make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "debitFinancialAccountId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e",
    "creditFinancialAccountId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9f",
    "transactionType": "SEND", "solution": "ach", "amount": "250.00", "paymentReasonId": "loan-payouts",
    "metadata": {"rkorACHEntryType": "CCD", "invoice": "A-77"}
}))]
pub struct CreateTransactionRequest {
    debit_financial_account_id: Uuid,
    credit_financial_account_id: Uuid,
    transaction_type: MadeByHand,
    solution: Solution,
    amount: PaidRequest,
    #[schema(min_length = 1)]
    payment_reason_id: String,
    /// USD when it is left out.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// IMMEDIATE when it is left out.
    settlement_priority: Option<Priority>,
    #[schema(format = Date)]
    effective_date: Option<String>,
    /// Wire only; cut to 100 characters when the transaction is submitted.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Wire only; cut to 100 characters when the transaction is submitted.
    #[schema(max_length = 1000)]
    memo: Option<String>,
    metadata: Option<MetadataRequest>,
}

/// Why a transaction is taken back, and what is right.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"reversalReason": "DUPLICATE_PAYMENT"}))]
pub struct ReverseRequest {
    reversal_reason: ReversalReason,
    /// For, and only for, INCORRECT_AMOUNT.
    correction_amount: Option<PaidRequest>,
    /// For, and only for, INCORRECT_RECIPIENT.
    correction_financial_account_id: Option<Uuid>,
}

/// Where the processor says that a transaction is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "status": "SETTLED", "message": "In the morning window", "traceNumber": "021000020000001",
    "settlementDate": "2026-11-24"
}))]
pub struct StatusRequest {
    status: TransactionStatus,
    #[schema(max_length = 1000)]
    message: Option<String>,
    /// Fifteen digits for ACH.
    #[schema(pattern = "^[!-~]{1,35}$")]
    trace_number: Option<String>,
    #[schema(format = Date)]
    settlement_date: Option<String>,
}

/// An account at an outside bank.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "name": "Ada Moss", "accountHolderId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e", "accountHolderType": "CUSTOMER",
    "subtype": "CHECKING", "bankAccount": {
        "bankName": "First Example Bank", "routingNo": "123456780", "accountNumber": "000123456789",
        "nameOnAccount": "Ada Moss"
    }
}))]
pub struct ExternalBankAccountRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The holder's id in the system that keeps it.
    account_holder_id: Uuid,
    account_holder_type: HolderKind,
    subtype: Subtype,
    bank_account: BankAccountRequest,
    verification_method: Option<VerificationMethod>,
}

/// Where the account is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct BankAccountRequest {
    #[schema(min_length = 1, max_length = 100)]
    bank_name: Option<String>,
    /// Nine digits, the last of which is the check digit.
    #[schema(pattern = "^[0-9]{9}$")]
    routing_no: String,
    /// Sealed; an answer has its last four characters at most.
    #[schema(pattern = "^[!-~]{1,20}$")]
    account_number: String,
    /// As the account's name when it is left out.
    #[schema(min_length = 1, max_length = 40)]
    name_on_account: Option<String>,
    /// Where bills go: texts by names of your own, of 2,000 characters with all.
    billing_address: Option<BTreeMap<String, String>>,
}

/// A part of an account of the business account, kept for somebody.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "name": "Wallet of Ada Moss", "parentId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9f",
    "accountHolderId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e", "accountHolderType": "CUSTOMER"
}))]
pub struct InternalFinancialAccountRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// An INTERNAL or INTEGRATED account of the business account.
    parent_id: Uuid,
    account_holder_id: Uuid,
    account_holder_type: HolderKind,
}

/// Why a change is rejected.
#[derive(ToSchema)]
#[schema(example = json!({"reason": "The invoice was paid already"}))]
pub struct RejectRequest {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Why; may be left out, as may the body.
#[derive(ToSchema)]
#[schema(example = json!({"reason": "The holder asked"}))]
pub struct ReasonRequest {
    #[schema(min_length = 1, max_length = 1000)]
    reason: Option<String>,
}

/// Who is told of what.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "url": "https://example.com/hook", "eventTypes": ["exception.created", "exception.resolved"]
}))]
pub struct SubscriptionRequest {
    /// Begins with https://; not an address of a private network.
    #[schema(min_length = 9, max_length = 2000, pattern = "^https://")]
    url: String,
    #[schema(min_items = 1)]
    event_types: Vec<Topic>,
    #[schema(max_length = 100)]
    description: Option<String>,
}

/// What of a subscription shall change; what is left out stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"description": "Loan servicing"}))]
pub struct EditSubscriptionRequest {
    #[schema(min_length = 9, max_length = 2000, pattern = "^https://")]
    url: Option<String>,
    #[schema(min_items = 1)]
    event_types: Option<Vec<Topic>>,
    #[schema(max_length = 100)]
    description: Option<String>,
}

/// A note on an entity.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "entityId": "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e", "entityType": "TRANSACTION",
    "title": "Called", "contentText": "The customer will call back"
}))]
pub struct NoteRequest {
    entity_id: Uuid,
    entity_type: Noted,
    /// There is a title, a text, or both.
    #[schema(max_length = 128)]
    title: Option<String>,
    #[schema(max_length = 1000)]
    content_text: Option<String>,
}

/// What of a note shall change.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"title": "Called twice"}))]
pub struct EditNoteRequest {
    #[schema(max_length = 128, nullable = false)]
    title: Option<String>,
    #[schema(max_length = 1000, nullable = false)]
    content_text: Option<String>,
}
