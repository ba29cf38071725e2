//! Demo data: made-up people, payments and exceptions, the same every time. Only in databases made by `docket demo`.

use crate::auth::permission::Role;

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
