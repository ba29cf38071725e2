//! Roles and what they may do (domain.md section 7). A handler names the right it needs in its signature, as a type.

use serde::{Deserialize, Deserializer, de};

use crate::spelled;

spelled! {
    /// What a team member or a service account is in a business account.
    pub enum Role {
        /// Everything.
        Owner = "OWNER",
        /// People, keys and policies; does not work exceptions.
        Admin = "ADMIN",
        /// Works exceptions and supervises those who do.
        Manager = "MANAGER",
        /// Works exceptions and transactions.
        Finance = "FINANCE",
        /// Works exceptions and transactions.
        Clerk = "CLERK",
        /// Sees everything, changes nothing.
        ViewOnly = "VIEW_ONLY",
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("unknown role {text:?}")))
    }
}

impl Role {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Manager => "Manager",
            Self::Finance => "Finance",
            Self::Clerk => "Clerk",
            Self::ViewOnly => "View Only",
        }
    }

    /// The table of rights: domain.md section 7.
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Work | Right::Transact | Right::Import => {
                matches!(self, Self::Owner | Self::Manager | Self::Finance | Self::Clerk)
            }
            Right::Supervise => matches!(self, Self::Owner | Self::Manager),
            Right::Reveal => matches!(self, Self::Owner | Self::Manager | Self::Finance),
            Right::Administer => matches!(self, Self::Owner | Self::Admin),
            Right::GrantHighRoles => matches!(self, Self::Owner),
            Right::Audit => matches!(self, Self::Owner | Self::Admin | Self::Manager),
        }
    }
}

/// A right of domain.md section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read everything of the business account.
    Read,
    /// Claim, release own, comment, note, dispatch, resolve.
    Work,
    /// Assign others, take over, reopen, review, decide approvals, change severity.
    Supervise,
    /// Make, edit, cancel, reverse transactions.
    Transact,
    /// See account numbers in full, each time with a reason. The specification's table does not have it: who moves
    /// money by rule may, a clerk need not.
    Reveal,
    /// Import files.
    Import,
    /// People, service accounts, policies.
    Administer,
    /// Give the roles Owner and Admin.
    GrantHighRoles,
    /// Audit log and its verification.
    Audit,
}

impl Right {
    /// The right's name, told to who lacks it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Work => "work exceptions",
            Self::Supervise => "supervise exceptions",
            Self::Transact => "make and change transactions",
            Self::Reveal => "see account numbers in full",
            Self::Import => "import files",
            Self::Administer => "manage people and policies",
            Self::GrantHighRoles => "give the roles Owner and Admin",
            Self::Audit => "read the audit log",
        }
    }
}

impl Right {
    /// The right as an OAuth scope, told to a client that lacks it.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Work => "work",
            Self::Supervise => "supervise",
            Self::Transact => "transact",
            Self::Reveal => "reveal",
            Self::Import => "import",
            Self::Administer => "administer",
            Self::GrantHighRoles => "grant-high-roles",
            Self::Audit => "audit",
        }
    }
}

/// A right as a type: `May<Work>` in a handler's signature is the check.
pub trait Permission: 'static {
    /// The right.
    const RIGHT: Right;
}

macro_rules! permissions {
    ($($name:ident),+) => { $(
        #[doc = concat!("[`Right::", stringify!($name), "`] as a type.")]
        #[derive(Debug)]
        pub enum $name {}
        impl Permission for $name { const RIGHT: Right = Right::$name; }
    )+ };
}
permissions!(Read, Work, Supervise, Transact, Reveal, Import, Administer, Audit);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_rights_is_that_of_the_specification() {
        use Right::{Administer, Audit, GrantHighRoles, Import, Read, Reveal, Supervise, Transact, Work};
        let rights = [
            Read,
            Work,
            Supervise,
            Transact,
            Reveal,
            Import,
            Administer,
            GrantHighRoles,
            Audit,
        ];
        let table = [
            (Role::Owner, [true; 9]),
            (
                Role::Admin,
                [true, false, false, false, false, false, true, false, true],
            ),
            (
                Role::Manager,
                [true, true, true, true, true, true, false, false, true],
            ),
            (
                Role::Finance,
                [true, true, false, true, true, true, false, false, false],
            ),
            (
                Role::Clerk,
                [true, true, false, true, false, true, false, false, false],
            ),
            (
                Role::ViewOnly,
                [true, false, false, false, false, false, false, false, false],
            ),
        ];
        for (role, row) in table {
            for (right, expected) in rights.into_iter().zip(row) {
                assert_eq!(role.may(right), expected, "{role} {right:?}");
            }
        }
    }
}
