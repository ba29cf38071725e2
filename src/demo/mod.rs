//! Demo data: made-up people, payments and exceptions, the same every time. Only in databases made by `docket demo`.
//!
//! [`fill`] draws everything from one seed ([`dice`]) and counts times back from the first start, so that ages and
//! due times look alive. A [`desk`] makes one business account: its [`team`] and [`parties`], the daily [`trade`],
//! then each exception from being [`raised`] over the [`work`] on it, here or [`outside`], to its [`closing`]. At last
//! the first team [`arrange`]s its desk by the commands that people use, does with them what it does every day ([`everyday`]), says
//! something on [`many`] at once and imports a [`file`]. Severity, due date, review and history chain come from the
//! functions that the product itself uses.

mod arrange;
mod batch;
mod breaks;
mod closing;
mod desk;
mod dice;
mod everyday;
mod fates;
mod file;
mod ledger;
mod lines;
mod many;
mod names;
mod notices;
mod outside;
mod parties;
mod payments;
mod people;
mod raised;
mod remarks;
mod rows;
mod seed;
mod subjects;
mod team;
mod trade;
mod verdicts;
mod welcome;
mod work;

use crate::auth::permission::Role;

pub use seed::{Outcome, fill};
pub use team::DemoKey;
pub use welcome::welcome;

/// The API keys of a demo, with the business account of each.
pub fn api_keys() -> impl Iterator<Item = (&'static str, DemoKey)> {
    team::OFFICES.iter().map(|office| (office.name, office.api_key))
}

/// The password of every demo person.
pub const PASSWORD: &str = "docket-demo-only";

/// Someone to sign in as.
#[derive(Clone, Copy, Debug)]
pub struct DemoPerson {
    /// E-mail address.
    pub email: &'static str,
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// Role in the first business account, or in the second for the last person.
    pub role: Role,
}

const fn person(
    email: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    role: Role,
) -> DemoPerson {
    DemoPerson {
        email,
        first_name,
        last_name,
        role,
    }
}

/// Who can sign in to a demo.
pub const PEOPLE: [DemoPerson; 7] = [
    person("owner@demo.test", "Olive", "Whitlock", Role::Owner),
    person("admin@demo.test", "Adrian", "Keller", Role::Admin),
    person("manager@demo.test", "Mara", "Lindqvist", Role::Manager),
    person("finance@demo.test", "Felix", "Okafor", Role::Finance),
    person("clerk@demo.test", "Clara", "Novak", Role::Clerk),
    person("viewer@demo.test", "Victor", "Amari", Role::ViewOnly),
    person("clerk@other.test", "Casey", "Brandt", Role::Clerk),
];
