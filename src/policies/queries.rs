//! The SQL of policies, and of what simulates them.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Text},
};

use super::Kind;
use crate::{
    auth::{actor::ActorKind, permission::Role},
    db::{
        AnyConnection,
        schema::{memberships, policies},
        types::UuidSql,
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, Id, TeamMemberId},
    },
};

/// One version of a policy.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = policies)]
pub struct PolicyRow {
    pub business_account_id: BusinessAccountId,
    pub kind: Kind,
    /// From 1 on.
    pub version: i64,
    /// As JSON; what is in it is the policy's own.
    pub body: String,
    pub changed_by_kind: ActorKind,
    pub changed_by_id: Option<Id<Anything>>,
    pub changed_by_name: String,
    pub changed_at: Ts,
}

/// The version in force; none as long as nobody has changed what it began with.
pub fn current(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    kind: Kind,
) -> AppResult<Option<PolicyRow>> {
    Ok(policies::table
        .filter(policies::business_account_id.eq(account))
        .filter(policies::kind.eq(kind))
        .order(policies::version.desc())
        .select(PolicyRow::as_select())
        .first(conn)
        .optional()?)
}

pub(super) fn insert(conn: &mut AnyConnection, row: &PolicyRow) -> QueryResult<usize> {
    diesel::insert_into(policies::table).values(row).execute(conn)
}

/// A payment that somebody made, as the simulation needs it.
#[derive(Debug, QueryableByName)]
pub struct MadePayment {
    #[diesel(sql_type = Text)]
    pub created_by_kind: ActorKind,
    #[diesel(sql_type = Nullable<UuidSql>)]
    pub created_by_id: Option<Id<Anything>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub relation: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = Text)]
    pub currency: crate::kernel::money::Currency,
    /// 1 when it goes to another account than the one before it; of a reversal, when what is right goes to another.
    #[diesel(sql_type = BigInt)]
    pub elsewhere: i64,
}

/// What people and clients made since then, the latest first.
pub fn payments_since(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    since: Ts,
    most: i64,
) -> AppResult<Vec<MadePayment>> {
    // The index of just these is used only where its own condition is written out.
    Ok(sql_query(
        // What is right after a reversal was made with it, at the same moment: the two are one change.
        "SELECT t.created_by_kind, t.created_by_id, t.relation, \
         CASE WHEN c.amount > t.amount THEN c.amount ELSE t.amount END AS amount, t.currency, \
         CAST(CASE WHEN t.relation = 'REVERSAL' AND p.kind = 'SEND' AND c.credit_account_id <> t.credit_account_id \
         THEN 1 WHEN t.relation <> 'REVERSAL' AND p.credit_account_id <> t.credit_account_id THEN 1 ELSE 0 END \
         AS BIGINT) AS elsewhere \
         FROM transactions t LEFT JOIN transactions p ON p.id = t.parent_id \
         LEFT JOIN transactions c ON t.relation = 'REVERSAL' AND c.parent_id = t.parent_id \
         AND c.relation = 'CORRECTION' AND c.created_at = t.created_at \
         WHERE t.business_account_id = $1 AND t.created_by_kind <> 'internal' AND t.created_at >= $2 \
         AND NOT (COALESCE(t.relation, '') = 'CORRECTION' AND EXISTS (SELECT 1 FROM transactions r \
         WHERE r.parent_id = t.parent_id AND r.relation = 'REVERSAL' AND r.created_at = t.created_at)) \
         ORDER BY t.created_at DESC, t.id DESC LIMIT $3",
    )
    .bind::<UuidSql, _>(account)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(most)
    .load(conn)?)
}

/// A change of an account that somebody made.
#[derive(Debug, QueryableByName)]
pub struct MadeChange {
    #[diesel(sql_type = Text)]
    pub actor_kind: ActorKind,
    #[diesel(sql_type = Nullable<UuidSql>)]
    pub actor_id: Option<Id<Anything>>,
    /// Routing number, masked account number, subtype.
    #[diesel(sql_type = Text)]
    pub previous: String,
    #[diesel(sql_type = Text)]
    pub new: String,
}

/// The corrections of accounts since then.
pub fn corrections_since(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    since: Ts,
    most: i64,
) -> AppResult<Vec<MadeChange>> {
    Ok(sql_query(
        "SELECT e.actor_kind, e.actor_id, e.previous, e.new FROM financial_accounts a \
         JOIN history_events e ON e.entity_id = a.id AND e.business_account_id = a.business_account_id \
         WHERE a.business_account_id = $1 AND a.updated_at >= $2 AND a.version > 1 AND e.created_at >= $2 \
         AND e.kind = 'EDIT' AND e.description LIKE '% corrected' LIMIT $3",
    )
    .bind::<UuidSql, _>(account)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(most)
    .load(conn)?)
}

/// The role that everybody has now, also of those who may not sign in.
pub fn roles(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<(TeamMemberId, Role)>> {
    Ok(memberships::table
        .filter(memberships::business_account_id.eq(account))
        .select((memberships::team_member_id, memberships::role))
        .load(conn)?)
}
