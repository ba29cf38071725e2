//! The two business accounts, who works in them, and who calls their API.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::{
    DemoPerson, PEOPLE,
    batch::Batch,
    dice::Dice,
    names,
    rows::{ApiKeyRow, BusinessAccountRow, MemberRow, MembershipRow, PaymentReasonRow, ServiceAccountRow},
};
use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::{Right, Role},
        principal::AccessState,
    },
    kernel::{
        clock::Ts,
        crypto::token_hash,
        id::{BusinessAccountId, ServiceAccountId, TeamMemberId},
    },
};

/// What is known of a business account beforehand.
pub(super) struct Office {
    pub(super) name: &'static str,
    pub(super) company_name: &'static str,
    pub(super) company_id: &'static str,
    /// Another company id that it sends under: name, id, and how many debits beside the trade it sent in the 60 days.
    pub(super) second: Option<(&'static str, &'static str, u32)>,
    pub(super) odfi: &'static str,
    pub(super) zone: Tz,
    people: &'static [DemoPerson],
    /// Roles of the people without a password.
    others: &'static [(usize, Role)],
    domain: &'static str,
    pub(super) api_key: DemoKey,
    reasons: &'static [(&'static str, &'static str)],
}

/// An API key of a service account.
#[derive(Clone, Copy, Debug)]
pub struct DemoKey {
    /// The service account.
    pub name: &'static str,
    /// The key.
    pub key: &'static str,
    /// Its secret.
    pub secret: &'static str,
}

impl Office {
    /// Name and id of the company that sends a payment of so many cents: a chain of payments keeps its amount, and with
    /// it its company.
    pub(super) fn company(&self, cents: i64) -> (&'static str, &'static str) {
        match self.second {
            Some((name, id, _)) if cents % 12 == 5 => (name, id),
            _ => (self.company_name, self.company_id),
        }
    }

    /// How many people can sign in.
    pub(super) const fn people(&self) -> usize {
        self.people.len()
    }
}

/// Harbor Lane moves money for others; Other Street lends its own.
pub(super) static OFFICES: [Office; 2] = [
    Office {
        name: "Harbor Lane Payments",
        company_name: "HARBOR LANE PAY",
        company_id: "1830274415",
        second: Some(("HARBOR LANE BILL", "1830274423", 1_000)),
        odfi: "01950042",
        zone: Tz::America__New_York,
        people: PEOPLE.split_at(6).0,
        others: &[
            (1, Role::Admin),
            (3, Role::Manager),
            (8, Role::Finance),
            (15, Role::Clerk),
            (1, Role::ViewOnly),
        ],
        domain: "demo.test",
        api_key: DemoKey {
            name: "Ledger matcher",
            key: "demo-key",
            secret: "demo-secret",
        },
        reasons: &[
            ("payroll", "Payroll"),
            ("earned-wage-payout", "Earned wage payout"),
            ("earned-wage-recovery", "Earned wage recovery"),
            ("bill-payment", "Bill payment"),
            ("vendor-payment", "Vendor payment"),
            ("subscription", "Subscription"),
            ("refund", "Refund"),
            ("insurance-premium", "Insurance premium"),
        ],
    },
    Office {
        name: "Other Street Lending",
        company_name: "OTHER STREET LN",
        company_id: "1471903386",
        second: None,
        odfi: "07290069",
        zone: Tz::America__Chicago,
        people: PEOPLE.split_at(6).1,
        others: &[
            (1, Role::Owner),
            (1, Role::Manager),
            (2, Role::Finance),
            (3, Role::Clerk),
        ],
        domain: "other.test",
        api_key: DemoKey {
            name: "Loan ledger",
            key: "other-key",
            secret: "other-secret",
        },
        reasons: &[
            ("loan-payouts", "Loan payouts"),
            ("loan-repayments", "Loan repayments"),
            ("late-fees", "Late fees"),
            ("refund", "Refund"),
        ],
    },
];

/// Someone of the team.
pub(super) struct Member {
    pub(super) id: TeamMemberId,
    pub(super) email: String,
    pub(super) actor: Actor,
    /// How much lands on their desk.
    weight: i64,
}

/// A business account with its people.
pub(super) struct Team {
    pub(super) office: &'static Office,
    pub(super) account: BusinessAccountId,
    pub(super) members: Vec<Member>,
    /// The service account.
    pub(super) client: Actor,
    /// Docket itself.
    pub(super) docket: Actor,
    /// When the business account was opened.
    pub(super) since: Ts,
}

impl Team {
    /// Makes up the team of `office`.
    pub(super) fn of(office: &'static Office, since: Ts, dice: &mut Dice, batch: &mut Batch) -> Self {
        let account: BusinessAccountId = dice.id(since);
        batch.business_accounts.push(BusinessAccountRow {
            id: account,
            name: office.name,
            time_zone: office.zone.name(),
            is_demo: true,
            created_at: since,
        });
        batch
            .payment_reasons
            .extend(office.reasons.iter().map(|(slug, label)| PaymentReasonRow {
                business_account_id: account,
                slug,
                label,
            }));
        let mut team = Self {
            office,
            account,
            members: Vec::new(),
            client: Actor::internal(account),
            docket: Actor::internal(account),
            since,
        };
        team.hire(dice, batch);
        team.client = team.connect(dice, batch);
        team
    }

    fn hire(&mut self, dice: &mut Dice, batch: &mut Batch) {
        let mut taken = BTreeSet::new();
        for person in self.office.people {
            let weight = match person.role {
                Role::Clerk => 16,
                Role::Finance => 9,
                Role::Manager => 6,
                _ => 2,
            };
            let name = (person.first_name, person.last_name);
            self.add(person.email.into(), name, person.role, weight, dice, batch);
        }
        let roles = self.office.others.iter();
        for role in roles.flat_map(|(count, role)| std::iter::repeat_n(*role, *count)) {
            let (name, email) = loop {
                let (first, last) = names::first_and_last(dice);
                let local = format!("{first}.{last}").replace('\'', "").to_lowercase();
                if taken.insert(local.clone()) {
                    break ((first, last), format!("{local}@{}", self.office.domain));
                }
            };
            let weight = dice.between(1, 5);
            self.add(email, name, role, weight, dice, batch);
        }
    }

    fn add(
        &mut self,
        email: String,
        (first_name, last_name): (&'static str, &'static str),
        role: Role,
        weight: i64,
        dice: &mut Dice,
        batch: &mut Batch,
    ) {
        let id: TeamMemberId = dice.id(self.since);
        batch.team_members.push(MemberRow {
            id,
            email: email.clone(),
            first_name,
            last_name,
            created_at: self.since,
            updated_at: self.since,
        });
        batch.memberships.push(MembershipRow {
            business_account_id: self.account,
            team_member_id: id,
            role,
            state: AccessState::Active,
            created_at: self.since,
            updated_at: self.since,
        });
        let actor = Actor {
            kind: ActorKind::Employee,
            id: Some(id.uuid()),
            name: format!("{first_name} {last_name}"),
            role,
            business_account: self.account,
            request_id: "demo".into(),
        };
        self.members.push(Member {
            id,
            email,
            weight: if actor.may(Right::Work) { weight } else { 0 },
            actor,
        });
    }

    fn connect(&self, dice: &mut Dice, batch: &mut Batch) -> Actor {
        let id: ServiceAccountId = dice.id(self.since);
        let api_key = self.office.api_key;
        batch.service_accounts.push(ServiceAccountRow {
            id,
            business_account_id: self.account,
            name: api_key.name,
            role: Role::Manager,
            state: AccessState::Active,
            created_at: self.since,
        });
        batch.api_keys.push(ApiKeyRow {
            key_id: api_key.key,
            service_account_id: id,
            secret_hash: token_hash(api_key.secret),
            created_at: self.since,
        });
        Actor {
            kind: ActorKind::ServiceAccount,
            id: Some(id.uuid()),
            name: api_key.name.into(),
            role: Role::Manager,
            business_account: self.account,
            request_id: "demo".into(),
        }
    }

    /// Someone to work on an exception: an index into `members`.
    pub(super) fn worker(&self, dice: &mut Dice) -> usize {
        let all: i64 = self.members.iter().map(|m| m.weight).sum();
        let mut drawn = dice.between(0, all - 1);
        for (index, member) in self.members.iter().enumerate() {
            if drawn < member.weight {
                return index;
            }
            drawn -= member.weight;
        }
        0
    }

    /// A supervisor other than `not`, if there is one.
    pub(super) fn supervisor(&self, not: usize, dice: &mut Dice) -> Option<usize> {
        let others: Vec<usize> = (0..self.members.len())
            .filter(|i| *i != not && self.members[*i].actor.may(Right::Supervise))
            .collect();
        dice.one_of(&others).copied()
    }
}
