//! Identifiers: one type per noun, so that a transaction's id cannot be passed where an exception's is meant.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{NoContext, Timestamp, Uuid};

use super::clock::Ts;

/// The identifier of a `K`: a UUIDv7, so that ids sort by the time they were made.
#[derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = crate::db::types::UuidSql)]
pub struct Id<K: 'static>(Uuid, PhantomData<fn() -> K>);

impl<K: 'static> Id<K> {
    /// A new id for something made at `now`.
    pub fn generate(now: Ts) -> Self {
        let micros = u64::try_from(now.micros()).unwrap_or(0);
        let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
        Self::from_uuid(Uuid::new_v7(Timestamp::from_unix(
            NoContext,
            micros / 1_000_000,
            nanos,
        )))
    }

    /// Wraps a UUID read from the database or made deterministically by demo data.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID inside.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K: 'static> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: 'static> Copy for Id<K> {}
impl<K: 'static> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K: 'static> Eq for Id<K> {}
impl<K: 'static> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: 'static> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K: 'static> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: 'static> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K: 'static> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K: 'static> FromStr for Id<K> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the hyphenated form: one thing has one address.
        match text.len() {
            36 => Uuid::try_parse(text).map(Self::from_uuid),
            _ => Uuid::try_parse("").map(Self::from_uuid),
        }
    }
}
impl<K: 'static> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de, K: 'static> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<K: 'static> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::Custom("uuid".into())))
            .into()
    }
}

impl<K: 'static> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

macro_rules! nouns {
    ($($(#[$doc:meta])* $noun:ident => $alias:ident),+ $(,)?) => {
        /// What an id can be the id of.
        pub mod noun {
            $($(#[$doc])* pub enum $noun {})+
        }
        $($(#[$doc])* pub type $alias = Id<noun::$noun>;)+
    };
}

nouns! {
    /// A tenant.
    BusinessAccount => BusinessAccountId,
    /// A person with a login.
    TeamMember => TeamMemberId,
    /// A signed-in browser.
    Session => SessionId,
    /// A one-time link of an invitation, a reset or the first set-up.
    Link => LinkId,
    /// A form that came in after its session had ended, kept for its author.
    KeptForm => KeptFormId,
    /// A non-human user.
    ServiceAccount => ServiceAccountId,
    /// A bank account or card.
    FinancialAccount => FinancialAccountId,
    /// Our record of a payment.
    Transaction => TransactionId,
    /// One line of a transaction's status history.
    StatusEntry => StatusEntryId,
    /// A record of an event that needs attention.
    Exception => ExceptionId,
    /// One closing of an exception.
    Resolution => ResolutionId,
    /// A supervisor's verdict on a resolution.
    Review => ReviewId,
    /// A change that waits for a second person.
    Approval => ApprovalId,
    /// What Matcher calls a dispute about an exception.
    Dispute => DisputeId,
    /// One piece of evidence in a dispute.
    Evidence => EvidenceId,
    /// What FORCE_MATCH makes.
    Match => MatchId,
    /// What ADJUST_ENTRY makes.
    Adjustment => AdjustmentId,
    /// A remark on an exception.
    Comment => CommentId,
    /// A note on an entity.
    Note => NoteId,
    /// One uploaded file.
    Import => ImportId,
    /// One act on many exceptions.
    Bulk => BulkId,
    /// What somebody was told.
    Notification => NotificationId,
    /// One e-mail to one person.
    Mail => MailId,
    /// A filter with a name.
    SavedQueue => SavedQueueId,
    /// Days on which a team member is away.
    Absence => AbsenceId,
    /// A day on which the team does not work.
    Holiday => HolidayId,
    /// People who work the same things.
    Team => TeamId,
    /// Somebody who is told of what happens.
    WebhookSubscription => WebhookSubscriptionId,
    /// What is told, whoever is told it.
    WebhookMessage => WebhookMessageId,
    /// A message to one subscription.
    WebhookDelivery => WebhookDeliveryId,
    /// One attempt to deliver a message.
    WebhookAttempt => WebhookAttemptId,
    /// An outside system that exceptions are handed to.
    Connector => ConnectorId,
    /// One hand-over of an exception to an outside system.
    Dispatch => DispatchId,
    /// One attempt at it.
    DispatchAttempt => DispatchAttemptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let first = ExceptionId::generate(Ts::from_micros(1_700_000_000_000_000));
        let second = ExceptionId::generate(Ts::from_micros(1_700_000_000_001_000));
        assert!(first < second);
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = ExceptionId::generate(Ts::from_micros(1_700_000_000_000_000));
        assert_eq!(id.to_string().parse::<ExceptionId>().unwrap(), id);
        assert!(id.uuid().simple().to_string().parse::<ExceptionId>().is_err());
        assert!("".parse::<ExceptionId>().is_err());
        assert!("{not-an-id}".parse::<ExceptionId>().is_err());
    }
}
