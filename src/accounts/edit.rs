//! Changing a financial account by hand. Another routing or account number waits for a second person.

use super::{
    AccountRow, Subtype,
    add::AccountFields,
    commands::{self, corrected},
    model::Correction,
    queries,
    words::{ACCOUNT_NUMBER, KIND_OF_ACCOUNT, ROUTING_NUMBER},
};
use crate::{
    approvals::{
        Difference, Gated, Guard, Request,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    history::EntityType,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, FinancialAccountId},
        text::{AccountNumber, RoutingNumber, Title},
    },
    policies::approval::{self, Change, Consent, Subject},
    transactions::{self, TransactionRow},
};

impl AccountFields {
    /// What the form shows first.
    pub fn of(row: &AccountRow) -> Self {
        Self {
            name: row.name.clone(),
            holder_name: row.holder_name.clone(),
            category: row.category.as_str().into(),
            subtype: row.subtype.as_str().into(),
            routing_number: row.routing_number.clone(),
        }
    }

    /// What of `row` these fields change.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn correction(
        &self,
        row: &AccountRow,
        number: Option<AccountNumber>,
    ) -> Result<Correction, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut changed = |field, typed: &str, before: &str| {
            if typed.trim() == before {
                return None;
            }
            let text = errors.take(field, Title::parse(typed))?;
            Some(text.as_str().to_owned())
        };
        let name = changed("name", &self.name, &row.name);
        let holder_name = changed("holder_name", &self.holder_name, &row.holder_name);
        let subtype = Subtype::parse(&self.subtype).ok_or_else(|| "Choose the kind of account.".to_owned());
        let subtype = errors.take("subtype", subtype).filter(|s| *s != row.subtype);
        // One that an import brought with a wrong check digit may stay.
        let routing_number = match self.routing_number.trim() {
            same if same == row.routing_number => None,
            typed => errors.take("routing_number", RoutingNumber::parse(typed)),
        };
        let correction = Correction {
            routing_number,
            number,
            subtype,
            holder_name,
            name,
        };
        if errors.is_empty() && correction.is_nothing() {
            errors.add("name", "Nothing would change.");
        }
        if errors.is_empty() {
            Ok(correction)
        } else {
            Err(errors)
        }
    }
}

impl Correction {
    /// What it waits for; none when it is done at once.
    pub fn consent(&self, conn: &mut AnyConnection, actor: &Actor) -> AppResult<Option<Consent>> {
        let change = Change {
            of: Subject::AccountNumber,
            money: None,
            is_elsewhere: false,
        };
        if self.moves_destination() {
            approval::consent(conn, actor, &change)
        } else {
            Ok(None)
        }
    }

    /// Whether it changes nothing.
    pub const fn is_nothing(&self) -> bool {
        self.routing_number.is_none()
            && self.number.is_none()
            && self.subtype.is_none()
            && self.holder_name.is_none()
            && self.name.is_none()
    }
}

/// The fields that say where the money goes, as before and after name them.
const DESTINATION: [&str; 2] = [ROUTING_NUMBER, ACCOUNT_NUMBER];

/// Whether fields that changed, as [`kept_fields`] gives them, send money elsewhere: the same that a second person must
/// agree to beforehand ([`Correction::moves_destination`]).
pub fn moves_destination(fields: &[(String, String, String)]) -> bool {
    fields
        .iter()
        .any(|(label, ..)| DESTINATION.contains(&label.as_str()))
}

/// Before and after of a change, account numbers by their last four.
pub fn differences(before: &AccountRow, after: &AccountRow) -> Vec<Difference> {
    let is_other_number =
        before.number_sealed != after.number_sealed && before.number_tail == after.number_tail;
    let mut all = vec![
        Difference::new("Name", &before.name, &after.name),
        Difference::new("Holder", &before.holder_name, &after.holder_name),
        Difference::new(ROUTING_NUMBER, &before.routing_number, &after.routing_number),
        Difference::new(ACCOUNT_NUMBER, before.masked(), after.masked()),
        Difference::new(KIND_OF_ACCOUNT, before.subtype.label(), after.subtype.label()),
        Difference::new(
            "Verification",
            before.verification.label(),
            after.verification.label(),
        ),
    ];
    all.retain(|d| d.before != d.after);
    // The same last four, and yet another number: only the keyed hash tells.
    let same_bank = before.routing_number == after.routing_number;
    if is_other_number && same_bank && before.number_lookup != after.number_lookup {
        all.push(Difference::new(
            ACCOUNT_NUMBER,
            before.masked(),
            format!("{}, other digits before", after.masked()),
        ));
    }
    all
}

/// Before and after of a change as the history keeps them: a line for each field, the same ones on both sides.
pub fn kept(changes: &[Difference]) -> (String, String) {
    let lines = |value: fn(&Difference) -> &str| {
        let all: Vec<String> = changes
            .iter()
            .map(|d| format!("{}: {}", d.label, value(d)))
            .collect();
        all.join(",\n")
    };
    (lines(|d| &d.before), lines(|d| &d.after))
}

/// What [`kept`] has kept, field by field: label, before, after. Empty for values of another kind.
pub fn kept_fields(previous: &str, new: &str) -> Vec<(String, String, String)> {
    let fields = |text: &str| -> Vec<(String, String)> {
        let lines = text.split(",\n").filter_map(|line| line.split_once(": "));
        lines
            .map(|(label, value)| (label.to_owned(), value.to_owned()))
            .collect()
    };
    let both = fields(previous).into_iter().zip(fields(new));
    both.filter(|((was, _), (is, _))| was == is)
        .map(|((label, before), (_, after))| (label, before, after))
        .collect()
}

/// What a change of an account reaches: the payments that can still be taken back.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// All of them.
    pub count: i64,
    /// The first of them.
    pub first: Vec<TransactionRow>,
}

impl Reach {
    /// So many are named.
    pub const NAMED: i64 = 20;

    /// Of an account as it is now.
    pub fn of(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        id: FinancialAccountId,
    ) -> AppResult<Self> {
        let (count, first) = transactions::queries::open_of_account(conn, account, id, Self::NAMED)?;
        Ok(Self { count, first })
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        match self.count {
            0 => "No payment that is New or Pending uses the account.".into(),
            1 => "1 payment that is New or Pending will use what is changed.".into(),
            n => format!("{n} payments that are New or Pending will use what is changed."),
        }
    }
}

/// Changes an account, or lets the request wait for a second person when money would go elsewhere.
///
/// # Errors
/// 404; every wrong field at once; `STALE_VERSION`; `DUPLICATE` when another account has that number, or the same
/// request waits already.
pub fn change(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: FinancialAccountId,
    read: Option<i64>,
    fields: &AccountFields,
    number: Option<AccountNumber>,
) -> AppResult<Gated<AccountRow>> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if read.is_some_and(|version| version != row.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Someone changed this account meanwhile. Look at it again.",
        ));
    }
    let correction = fields.correction(&row, number.clone())?;
    let after = corrected(tx.conn, vault, &row, &correction)?;
    let Some(consent) = correction.consent(tx.conn, actor)? else {
        return commands::correct(tx, vault, actor, id, &correction).map(Gated::Done);
    };
    let new = NewApproval {
        request: Request::AccountChange {
            id,
            fields: fields.clone(),
        },
        entity: (EntityType::FinancialAccount, id.uuid()),
        concerns: None,
        guards: vec![Guard::Account(id, row.version)],
        title: format!("Change of {}", row.label()),
        why: consent.why,
        people: consent.people,
        effects: vec![
            format!("{} is changed.", row.label()),
            Reach::of(tx.conn, actor.business_account, id)?.words(),
        ],
        changes: differences(&row, &after),
        number: number.map(|number| (vault.clone(), number)),
    };
    approvals::ask(tx, actor, new)
}

/// As [`change`], when a second person has agreed.
pub(crate) fn change_now(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: FinancialAccountId,
    fields: &AccountFields,
    number: Option<AccountNumber>,
) -> AppResult<AccountRow> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let correction = fields.correction(&row, number)?;
    commands::correct(tx, vault, actor, id, &correction)
}
