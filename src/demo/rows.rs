//! Rows of tables that the demo fills directly, as they go into the database.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        principal::AccessState,
    },
    db::{schema, types::Day},
    exceptions::resolution::{AdjustmentReason, Direction, OverrideReason},
    history::model::Anything,
    kernel::{
        clock::Ts,
        id::{
            AdjustmentId, BusinessAccountId, ExceptionId, Id, MatchId, NoteId, ResolutionId,
            ServiceAccountId, TeamMemberId, TransactionId,
        },
    },
};

#[derive(Insertable)]
#[diesel(table_name = schema::business_accounts)]
pub(super) struct BusinessAccountRow {
    pub(super) id: BusinessAccountId,
    pub(super) name: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) is_demo: bool,
    pub(super) created_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::team_members)]
pub(super) struct MemberRow {
    pub(super) id: TeamMemberId,
    pub(super) email: String,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) created_at: Ts,
    pub(super) updated_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::memberships)]
pub(super) struct MembershipRow {
    pub(super) business_account_id: BusinessAccountId,
    pub(super) team_member_id: TeamMemberId,
    pub(super) role: Role,
    pub(super) state: AccessState,
    pub(super) created_at: Ts,
    pub(super) updated_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::service_accounts)]
pub(super) struct ServiceAccountRow {
    pub(super) id: ServiceAccountId,
    pub(super) business_account_id: BusinessAccountId,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) state: AccessState,
    pub(super) created_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::api_keys)]
pub(super) struct ApiKeyRow {
    pub(super) key_id: &'static str,
    pub(super) service_account_id: ServiceAccountId,
    pub(super) secret_hash: Vec<u8>,
    pub(super) created_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::payment_reasons)]
pub(super) struct PaymentReasonRow {
    pub(super) business_account_id: BusinessAccountId,
    pub(super) slug: &'static str,
    pub(super) label: &'static str,
}

#[derive(Insertable)]
#[diesel(table_name = schema::matches)]
pub(super) struct MatchRow {
    pub(super) id: MatchId,
    pub(super) business_account_id: BusinessAccountId,
    pub(super) exception_id: ExceptionId,
    pub(super) resolution_id: ResolutionId,
    pub(super) transaction_id: TransactionId,
    pub(super) counterpart_id: Option<TransactionId>,
    pub(super) override_reason: OverrideReason,
    pub(super) difference: i64,
    pub(super) created_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::adjustments)]
pub(super) struct AdjustmentRow {
    pub(super) id: AdjustmentId,
    pub(super) business_account_id: BusinessAccountId,
    pub(super) exception_id: ExceptionId,
    pub(super) resolution_id: ResolutionId,
    pub(super) transaction_id: TransactionId,
    pub(super) reason: AdjustmentReason,
    pub(super) amount: i64,
    pub(super) currency: &'static str,
    pub(super) direction: Direction,
    pub(super) effective_date: Day,
    pub(super) created_at: Ts,
}

#[derive(Insertable)]
#[diesel(table_name = schema::notes)]
pub(super) struct NoteRow {
    pub(super) id: NoteId,
    pub(super) business_account_id: BusinessAccountId,
    pub(super) entity_id: Id<Anything>,
    pub(super) entity_type: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) created_by_kind: ActorKind,
    pub(super) created_by_id: Option<Id<Anything>>,
    pub(super) created_by_name: String,
    pub(super) created_at: Ts,
    pub(super) updated_by_kind: ActorKind,
    pub(super) updated_by_id: Option<Id<Anything>>,
    pub(super) updated_at: Ts,
}

/// An actor's id as columns have it.
pub(super) fn by(actor: &Actor) -> Option<Id<Anything>> {
    actor.id.map(Id::<Anything>::from_uuid)
}

/// An id of any noun as columns have it.
pub(super) fn any(id: Uuid) -> Id<Anything> {
    Id::from_uuid(id)
}
