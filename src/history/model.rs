//! An event and its place in the chain.

use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    auth::actor::ActorKind,
    db::schema::history_events,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, Id},
    },
    spelled,
};

spelled! {
    /// What an event is about.
    pub enum EntityType {
        /// An exception.
        Exception = "EXCEPTION",
        /// A transaction.
        Transaction = "TRANSACTION",
        /// A financial account.
        FinancialAccount = "FINANCIAL_ACCOUNT",
        /// An import.
        Import = "IMPORT",
        /// A team member, in this business account.
        TeamMember = "TEAM_MEMBER",
        /// A service account.
        ServiceAccount = "SERVICE_ACCOUNT",
        /// One act on many exceptions.
        Bulk = "BULK",
        /// A saved queue.
        SavedQueue = "SAVED_QUEUE",
        /// The business account itself.
        BusinessAccount = "BUSINESS_ACCOUNT",
        /// A dispute about an exception.
        Dispute = "DISPUTE",
        /// Somebody who is told of what happens.
        WebhookSubscription = "WEBHOOK_SUBSCRIPTION",
        /// An outside system that exceptions are handed to.
        Connector = "CONNECTOR",
        /// A customer, whom another system keeps.
        Customer = "CUSTOMER",
        /// A recipient, whom another system keeps.
        Recipient = "RECIPIENT",
        /// A transaction that another system has scheduled.
        ScheduledTransaction = "SCHEDULED_TRANSACTION",
    }
}

spelled! {
    /// What kind of change.
    pub enum EventKind {
        /// It came to be.
        Create = "CREATE",
        /// Its status changed; values are statuses.
        StatusChange = "STATUS_CHANGE",
        /// It got another holder; values are e-mail addresses, empty for nobody.
        AssignedTo = "ASSIGNED_TO",
        /// A comment was made or changed.
        Comment = "COMMENT",
        /// A note was made or changed.
        Note = "NOTE",
        /// The severity changed.
        Severity = "SEVERITY",
        /// The due date changed.
        Due = "DUE",
        /// It was put aside or woken; the new value is the time it sleeps until.
        Snooze = "SNOOZE",
        /// It was handed to an outside system.
        Dispatch = "DISPATCH",
        /// An outside system answered.
        Callback = "CALLBACK",
        /// It was resolved; the new value is the resolution type.
        Resolution = "RESOLUTION",
        /// A resolution was reviewed; the new value is the verdict.
        Review = "REVIEW",
        /// A change was asked for or decided.
        Approval = "APPROVAL",
        /// A dispute was opened, moved or got evidence; values are its states.
        Dispute = "DISPUTE",
        /// Fields were changed.
        Edit = "EDIT",
        /// A file was imported.
        Import = "IMPORT",
        /// An account number was shown in full.
        Reveal = "REVEAL",
        /// A bulk action began or ended; the new value is its state.
        Bulk = "BULK",
        /// Someone signed in, failed to, or was signed out.
        Login = "LOGIN",
        /// A person was invited, or joined, or was disabled.
        Membership = "MEMBERSHIP",
        /// A role was given.
        Role = "ROLE",
        /// Somebody tried what they have no right to; the new value is the right.
        Refusal = "REFUSAL",
    }
}

/// What an event is about, by id; the noun depends on the entity type.
pub enum Anything {}

/// One event of a business account's history.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = history_events)]
pub struct Event {
    /// Whose history.
    pub business_account_id: BusinessAccountId,
    /// Its place: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// What it is about.
    pub entity_type: EntityType,
    /// Which one.
    pub entity_id: Id<Anything>,
    /// What kind of change.
    pub kind: EventKind,
    /// The former value.
    pub previous: String,
    /// The new value.
    pub new: String,
    /// A sentence for people.
    pub description: String,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// Who; none for Docket itself.
    pub actor_id: Option<Id<Anything>>,
    /// The actor's name at the time.
    pub actor_name: String,
    /// When.
    pub created_at: Ts,
    /// The request it came with.
    pub request_id: String,
    /// SHA-256 over the hash before and all of the above.
    pub hash: Vec<u8>,
}

impl Event {
    /// The hash that this event must have when it follows one with the hash `before`.
    pub fn chained_to(&self, before: &[u8]) -> Vec<u8> {
        Facts {
            business_account_id: self.business_account_id,
            seq: self.seq,
            entity_type: self.entity_type.as_str(),
            entity_id: self.entity_id,
            kind: self.kind.as_str(),
            previous: &self.previous,
            new: &self.new,
            description: &self.description,
            actor_kind: self.actor_kind.as_str(),
            actor_id: self.actor_id,
            actor_name: &self.actor_name,
            created_at: self.created_at,
            request_id: &self.request_id,
        }
        .chained_to(before)
    }
}

impl Event {
    /// Whether it was done to many things at once: a bulk job and a bulk call name themselves where others have the
    /// request's id.
    pub fn is_in_bulk(&self) -> bool {
        self.request_id.starts_with("bulk ")
    }

    /// The id that clients know the event by: its place is in it, and whose history it is.
    pub fn id(&self) -> Uuid {
        public_id(self.business_account_id, self.seq)
    }
}

/// A UUID of version 8: 74 bits of a hash of the business account, 48 bits of the place.
fn public_id(account: BusinessAccountId, seq: i64) -> Uuid {
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(Sha256::digest(account.uuid().as_bytes()))
        .for_each(|(to, from)| *to = from);
    if let (Some(to), Some(from)) = (bytes.get_mut(10..), seq.to_be_bytes().get(2..)) {
        to.copy_from_slice(from);
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The place in the history of `account` of the event that clients know by `id`, if it can be one of its.
pub fn seq_of(account: BusinessAccountId, id: Uuid) -> Option<i64> {
    let (_, place) = id.as_bytes().split_at_checked(10)?;
    let seq = place.iter().fold(0, |seq, byte| seq << 8 | i64::from(*byte));
    (public_id(account, seq) == id).then_some(seq)
}

/// What of an event goes into its hash, with the words as they are stored: verification must be able to read also
/// what nobody of us has written.
pub(super) struct Facts<'a> {
    pub business_account_id: BusinessAccountId,
    pub seq: i64,
    pub entity_type: &'a str,
    pub entity_id: Id<Anything>,
    pub kind: &'a str,
    pub previous: &'a str,
    pub new: &'a str,
    pub description: &'a str,
    pub actor_kind: &'a str,
    pub actor_id: Option<Id<Anything>>,
    pub actor_name: &'a str,
    pub created_at: Ts,
    pub request_id: &'a str,
}

impl Facts<'_> {
    /// SHA-256 over the hash before and every field. Each goes in with its length, so that no text can be moved from
    /// one field to the next unseen.
    pub(super) fn chained_to(&self, before: &[u8]) -> Vec<u8> {
        let mut chain = Sha256::new();
        let mut add = |field: &[u8]| {
            chain.update((field.len() as u64).to_be_bytes());
            chain.update(field);
        };
        add(before);
        add(self.business_account_id.uuid().as_bytes());
        add(&self.seq.to_be_bytes());
        add(self.entity_type.as_bytes());
        add(self.entity_id.uuid().as_bytes());
        add(self.kind.as_bytes());
        add(self.previous.as_bytes());
        add(self.new.as_bytes());
        add(self.description.as_bytes());
        add(self.actor_kind.as_bytes());
        match self.actor_id {
            Some(id) => add(id.uuid().as_bytes()),
            None => add(&[]),
        }
        add(self.actor_name.as_bytes());
        add(&self.created_at.micros().to_be_bytes());
        add(self.request_id.as_bytes());
        chain.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_id_leads_back_to_its_place_in_its_own_history() {
        let account = BusinessAccountId::from_uuid(Uuid::from_u128(7));
        let other = BusinessAccountId::from_uuid(Uuid::from_u128(8));
        for seq in [1, 255, 1 << 40] {
            let id = public_id(account, seq);
            assert_eq!((seq_of(account, id), seq_of(other, id)), (Some(seq), None));
            assert_eq!(id.get_version_num(), 8);
        }
        assert_ne!(public_id(account, 1), public_id(account, 2));
        assert_eq!(seq_of(account, Uuid::nil()), None);
    }
}
