//! Who is paid and who pays: made-up customers, each with an account at a made-up bank, and our own accounts.

use std::{rc::Rc, time::Duration};

use uuid::Uuid;

use super::{batch::Batch, dice::Dice, names, team::Team};
use crate::{
    accounts::{
        AccountRow, AccountState, Category, Subtype, Verification,
        model::{AccountKind, Told, lookup_text, place},
    },
    history::model::Anything,
    kernel::{clock::Ts, crypto::Vault, error::AppResult, id::FinancialAccountId, text::account_tail},
};

const DAY: u64 = 86_400;

/// A customer with an account.
pub(super) struct Party {
    pub(super) customer: Uuid,
    pub(super) individual_id: String,
    pub(super) name: String,
    pub(super) is_company: bool,
    pub(super) account: FinancialAccountId,
    pub(super) routing: String,
    pub(super) number: String,
    pub(super) is_saving: bool,
}

impl Party {
    /// What may be shown of the number.
    pub(super) fn tail(&self) -> String {
        account_tail(&self.number)
    }
}

/// How an account stands; what an exception on it can be about follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Payments may use it.
    Good,
    /// Suspended after a return.
    Suspended,
    /// Its verification was declined.
    Declined,
}

/// Everybody of one business account.
pub(super) struct Parties {
    good: Vec<Rc<Party>>,
    suspended: Vec<Rc<Party>>,
    declined: Vec<Rc<Party>>,
    /// Our own accounts: where money comes from and goes to.
    pub(super) own: Vec<FinancialAccountId>,
}

impl Parties {
    /// Makes up `count` customers.
    pub(super) fn of(
        team: &Team,
        count: usize,
        now: Ts,
        dice: &mut Dice,
        vault: &Vault,
        batch: &mut Batch,
    ) -> AppResult<Self> {
        let mut parties = Self {
            good: Vec::new(),
            suspended: Vec::new(),
            declined: Vec::new(),
            own: Vec::new(),
        };
        for name in ["Operating", "Settlement", "Reserve", "Wire clearing"] {
            let owner = Owner {
                name: format!("{} {name}", team.office.name),
                holder: team.office.name.to_owned(),
                is_ours: true,
                standing: Standing::Good,
            };
            let (account, ..) = add(team, &owner, team.since, dice, vault, batch)?;
            parties.own.push(account);
        }
        for place in 0..count {
            let is_company = dice.chance(22);
            let name = if is_company {
                names::company(dice)
            } else {
                names::person(dice)
            };
            let standing = match place % 20 {
                7 => Standing::Suspended,
                3 | 13 => Standing::Declined,
                _ => Standing::Good,
            };
            let owner = Owner {
                holder: name.clone(),
                name,
                is_ours: false,
                standing,
            };
            let age = u64::try_from(dice.between(60, 380)).unwrap_or(60);
            let since = now.minus(Duration::from_secs(age * DAY + place as u64 % DAY));
            let (account, routing, number, is_saving) = add(team, &owner, since, dice, vault, batch)?;
            let pool = match standing {
                Standing::Good => &mut parties.good,
                Standing::Suspended => &mut parties.suspended,
                Standing::Declined => &mut parties.declined,
            };
            pool.push(Rc::new(Party {
                customer: dice.id::<Anything>(since).uuid(),
                individual_id: format!("C-{}", dice.digits(8)),
                name: owner.holder,
                is_company,
                account,
                routing,
                number,
                is_saving,
            }));
        }
        Ok(parties)
    }

    /// One whose account stands so.
    pub(super) fn one(&self, standing: Standing, dice: &mut Dice) -> Option<Rc<Party>> {
        let pool = match standing {
            Standing::Good => &self.good,
            Standing::Suspended => &self.suspended,
            Standing::Declined => &self.declined,
        };
        dice.one_of(pool).cloned()
    }
}

struct Owner {
    name: String,
    holder: String,
    is_ours: bool,
    standing: Standing,
}

type Added = (FinancialAccountId, String, String, bool);

fn add(
    team: &Team,
    owner: &Owner,
    since: Ts,
    dice: &mut Dice,
    vault: &Vault,
    batch: &mut Batch,
) -> AppResult<Added> {
    let id: FinancialAccountId = dice.id(since);
    let routing_number = names::routing(dice);
    let length = usize::try_from(dice.between(9, 13)).unwrap_or(10);
    let number = dice.digits(length);
    let is_saving = !owner.is_ours && dice.chance(15);
    let (state, verification) = match owner.standing {
        Standing::Suspended => (AccountState::Suspended, Verification::Approved),
        Standing::Declined => (AccountState::Pending, Verification::Declined),
        Standing::Good if owner.is_ours => (AccountState::Active, Verification::Approved),
        Standing::Good => (
            AccountState::Active,
            dice.weighted(&[
                (12, Verification::Approved),
                (3, Verification::Unverified),
                (1, Verification::Processing),
                (1, Verification::Review),
            ]),
        ),
    };
    batch.financial_accounts.push(AccountRow {
        id,
        business_account_id: team.account,
        name: owner.name.clone(),
        holder_name: owner.holder.clone(),
        category: if owner.is_ours {
            Category::Internal
        } else {
            Category::External
        },
        kind: AccountKind::Bank,
        subtype: if is_saving {
            Subtype::Saving
        } else {
            Subtype::Checking
        },
        number_sealed: vault.seal(&place(id), number.as_bytes())?,
        number_tail: account_tail(&number),
        number_lookup: vault.lookup(&lookup_text(&routing_number, &number)),
        routing_number: routing_number.clone(),
        state,
        verification,
        created_at: since,
        updated_at: since,
        version: 1,
        told: Told::by(&team.docket),
    });
    Ok((id, routing_number, number, is_saving))
}
