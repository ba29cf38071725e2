//! What an event of the history is told as: RocketKOR's envelope and names (rocketkor.md section 9), with ours beside.

use serde_json::{Map, Value, json};

use super::model::Topic;
use crate::{
    accounts,
    db::AnyConnection,
    exceptions::{self, model::Status, resolution, row::ExceptionRow},
    history::{EntityType, Event, EventKind},
    kernel::{
        error::AppResult,
        id::{ExceptionId, Id, TransactionId, WebhookMessageId},
    },
    transactions,
};

/// In the history, a due time that is near or has passed.
pub const DUE_SOON: &str = "DUE_SOON";
pub const OVERDUE: &str = "OVERDUE";

/// What is told of an event, in the order of telling.
pub fn topics(event: &Event) -> Vec<Topic> {
    match (event.entity_type, event.kind) {
        (EntityType::Exception, EventKind::Create) => vec![Topic::Created],
        (EntityType::Exception, EventKind::AssignedTo) => vec![Topic::Assigned],
        (EntityType::Exception, EventKind::Due) => match event.new.as_str() {
            DUE_SOON => vec![Topic::DueSoon],
            OVERDUE => vec![Topic::Overdue],
            _ => Vec::new(),
        },
        (EntityType::Exception, EventKind::StatusChange) => {
            let more = match Status::parse(&event.new) {
                Some(Status::Resolved) => Some(Topic::Resolved),
                Some(Status::Reopened) => Some(Topic::Reopened),
                _ => None,
            };
            std::iter::once(Topic::StatusChanged).chain(more).collect()
        }
        (EntityType::Transaction, EventKind::StatusChange) => vec![Topic::TransactionMoved],
        _ => Vec::new(),
    }
}

/// The place of what is told of an event among all that is told of one subject.
pub fn place(event: &Event, nth: usize) -> i64 {
    event.seq * 10 + i64::try_from(nth).unwrap_or(9)
}

/// The envelope; none when its subject is gone.
pub fn envelope(
    conn: &mut AnyConnection,
    event: &Event,
    topic: Topic,
    id: WebhookMessageId,
) -> AppResult<Option<String>> {
    let data = match event.entity_type {
        EntityType::Transaction => transaction(conn, event)?,
        _ => exception(conn, event)?,
    };
    Ok(data.map(|mut data| {
        data.insert(
            "actor".into(),
            json!({"type": event.actor_kind, "id": event.actor_id.map_or_else(String::new, |id| id.to_string())}),
        );
        data.insert("sequence".into(), json!(event.seq));
        let at = event.created_at.rfc3339();
        json!({"id": id, "type": topic, "createdAt": at, "data": data}).to_string()
    }))
}

/// Puts a value under a name unless it is empty.
fn put(data: &mut Map<String, Value>, name: &str, value: &str) {
    if !value.is_empty() {
        data.insert(name.into(), json!(value));
    }
}

fn exception(conn: &mut AnyConnection, event: &Event) -> AppResult<Option<Map<String, Value>>> {
    let id: ExceptionId = Id::from_uuid(event.entity_id.uuid());
    let Some(row) = exceptions::queries::find(conn, event.business_account_id, id)? else {
        return Ok(None);
    };
    let mut data = facts(&row);
    let changed = match event.kind {
        EventKind::StatusChange => [("previousStatus", &event.previous), ("status", &event.new)],
        EventKind::AssignedTo => [
            ("previousAssignedTo", &event.previous),
            ("assignedTo", &event.new),
        ],
        EventKind::Due => [("dueAt", &event.previous), ("", &event.new)],
        _ => [("", &event.previous), ("status", &event.new)],
    };
    for (name, value) in changed {
        if !name.is_empty() {
            data.remove(name);
            put(&mut data, name, value);
        }
    }
    let is_resolved = event.kind == EventKind::StatusChange && event.new == Status::Resolved.as_str();
    if let Some(resolution) = row.resolution_id.filter(|_| is_resolved) {
        let resolution = resolution::get(conn, resolution)?;
        data.insert("resolutionType".into(), json!(resolution.kind));
        put(&mut data, "resolutionReason", &resolution.reason);
        put(&mut data, "resolutionNotes", &resolution.notes);
    }
    Ok(Some(data))
}

/// What does not change, or is as it stands when the message is made.
fn facts(row: &ExceptionRow) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("exceptionId".into(), json!(row.id));
    if !row.entity_id.uuid().is_nil() {
        data.insert("entityId".into(), json!(row.entity_id));
    }
    data.insert("businessAccountId".into(), json!(row.business_account_id));
    data.insert("exceptionCategory".into(), json!(row.category));
    data.insert("exceptionType".into(), json!(row.kind));
    put(&mut data, "description", &row.description);
    data.insert("severity".into(), json!(row.severity.as_str()));
    put(
        &mut data,
        "dueAt",
        &row.due()
            .map(crate::kernel::clock::Ts::rfc3339)
            .unwrap_or_default(),
    );
    if let Some(money) = row.money() {
        data.insert("amount".into(), json!(money.plain()));
        data.insert("currency".into(), json!(money.currency().code()));
    }
    put(&mut data, "returnCode", row.code.as_deref().unwrap_or_default());
    if let Some(id) = row.transaction_id {
        data.insert("transactionId".into(), json!(id));
    }
    data
}

fn transaction(conn: &mut AnyConnection, event: &Event) -> AppResult<Option<Map<String, Value>>> {
    let account = event.business_account_id;
    let id: TransactionId = Id::from_uuid(event.entity_id.uuid());
    let Some(row) = transactions::queries::find(conn, account, id)? else {
        return Ok(None);
    };
    let mut data = Map::new();
    data.insert("transactionId".into(), json!(row.id));
    data.insert("businessAccountId".into(), json!(row.business_account_id));
    for (side, id) in [("debit", row.debit_account_id), ("credit", row.credit_account_id)] {
        data.insert(format!("{side}FinancialAccountId"), json!(id));
        if let Some(found) = accounts::queries::find(conn, account, id)? {
            let masked = format!("******{}", found.number_tail);
            data.insert(format!("{side}MaskedAccountNumber"), json!(masked));
        }
    }
    data.insert("transactionType".into(), json!(row.kind));
    data.insert("solution".into(), json!(row.solution));
    data.insert("amount".into(), json!(row.money().plain()));
    data.insert("currency".into(), json!(row.currency.code()));
    put(&mut data, "paymentReasonId", &row.payment_reason);
    put(&mut data, "reversalReason", &row.reversal_reason);
    put(&mut data, "previousStatus", &event.previous);
    put(&mut data, "status", &event.new);
    put(&mut data, "message", &event.description);
    Ok(Some(data))
}
