//! Payment reasons: what a payment is for. Each business account has the same ones to begin with.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::{
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, schema::payment_reasons},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::BusinessAccountId,
        text::Title,
    },
    on_backend,
};

/// The reason of payments that come from ACH files, which do not say one.
pub const ACH_IMPORT: &str = "ach-import";

/// Slug and label of what every business account begins with.
const FIRST: [(&str, &str); 9] = [
    ("ach-import", "ACH import"),
    ("bill-payment", "Bill payment"),
    ("healthcare-disbursements", "Healthcare disbursements"),
    ("loan-payouts", "Loan payouts"),
    ("payroll", "Payroll"),
    ("refund", "Refund"),
    ("subscription", "Subscription"),
    ("vendor-payment", "Vendor payment"),
    ("wage-advance", "Wage advance"),
];

/// What the API calls a payment reason: 2 to 40 small letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// Checks what was typed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let text = typed.trim();
        let is_well_formed = (2..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err("A slug has 2 to 40 small letters, digits and inner hyphens, such as loan-payouts.".into())
        }
    }
}

/// Adds a payment reason, or gives the one of that slug another label. Transactions name it by its slug, which stays.
///
/// # Errors
/// `RULE_VIOLATION` for the one of imports.
pub fn save(tx: &mut Tx<'_>, actor: &Actor, slug: &Slug, label: &Title) -> AppResult<()> {
    actor.require(Right::Administer)?;
    if slug.0 == ACH_IMPORT {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "This one is for imported payments and stays as it is.",
        ));
    }
    let account = actor.business_account;
    let before = find(tx.conn, account, &slug.0)?;
    let changed = diesel::update(payment_reasons::table.find((account, &slug.0)))
        .set(payment_reasons::label.eq(label.as_str()))
        .execute(tx.conn)?;
    if changed == 0 {
        diesel::insert_into(payment_reasons::table)
            .values((
                payment_reasons::business_account_id.eq(account),
                payment_reasons::slug.eq(&slug.0),
                payment_reasons::label.eq(label.as_str()),
            ))
            .execute(tx.conn)?;
    }
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: account.uuid(),
        kind: EventKind::Edit,
        previous: before.as_ref().map_or("", |b| b.label.as_str()),
        new: label.as_str(),
        description: &format!("saved the payment reason {}", slug.0),
    };
    history::record(tx, actor, &happening)
}

/// A payment reason.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = payment_reasons)]
pub struct PaymentReason {
    /// What the API calls it.
    pub slug: String,
    /// What people call it.
    pub label: String,
}

/// Gives a new business account its payment reasons. Those that are there already stay.
pub fn seed(tx: &mut Tx<'_>, account: BusinessAccountId) -> AppResult<()> {
    for (slug, label) in FIRST {
        let row = (
            payment_reasons::business_account_id.eq(account),
            payment_reasons::slug.eq(slug),
            payment_reasons::label.eq(label),
        );
        // An upsert does not go through the connection enum.
        on_backend!(tx.conn, |conn| {
            diesel::insert_into(payment_reasons::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(conn)
        })?;
    }
    Ok(())
}

/// The payment reasons that people and clients may choose, by label: all but that of imports.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<PaymentReason>> {
    Ok(payment_reasons::table
        .filter(payment_reasons::business_account_id.eq(account))
        .filter(payment_reasons::slug.ne(ACH_IMPORT))
        .order((payment_reasons::label, payment_reasons::slug))
        .select(PaymentReason::as_select())
        .load(conn)?)
}

/// What every payment reason is called, by slug.
pub fn labels(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<HashMap<String, String>> {
    let all: Vec<(String, String)> = payment_reasons::table
        .filter(payment_reasons::business_account_id.eq(account))
        .select((payment_reasons::slug, payment_reasons::label))
        .load(conn)?;
    Ok(all.into_iter().collect())
}

/// The payment reason of that slug, if the business account has it and it may be chosen.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    slug: &str,
) -> AppResult<Option<PaymentReason>> {
    Ok(payment_reasons::table
        .find((account, slug))
        .filter(payment_reasons::slug.ne(ACH_IMPORT))
        .select(PaymentReason::as_select())
        .first(conn)
        .optional()?)
}

/// What a payment reason is called; its slug when the business account does not have it any more.
pub fn label(conn: &mut AnyConnection, account: BusinessAccountId, slug: &str) -> AppResult<String> {
    let label = payment_reasons::table
        .find((account, slug))
        .select(payment_reasons::label)
        .first(conn)
        .optional()?;
    Ok(label.unwrap_or_else(|| slug.to_owned()))
}
