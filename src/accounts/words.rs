//! What financial accounts' states are called on pages.

use super::{AccountState, Category, Subtype, Verification, edit::Reach};
use crate::{
    kernel::id::FinancialAccountId,
    web::ui::{Link, Tag, Tone},
};

// What the fields of an account are called where before and after are told.
pub const ROUTING_NUMBER: &str = "Routing number";
pub const ACCOUNT_NUMBER: &str = "Account number";
pub const KIND_OF_ACCOUNT: &str = "Kind of account";
pub const STATE: &str = "State";

/// The payments that a change of an account reaches, ready to print.
#[derive(Default)]
pub struct Reached {
    /// The first of them.
    pub payments: Vec<Link>,
    /// The list of all, where there are more.
    pub all: Option<Link>,
}

impl Reached {
    /// Of an account.
    pub fn of(id: FinancialAccountId, reach: &Reach) -> Self {
        let payments: Vec<Link> = reach
            .first
            .iter()
            .map(|t| Link {
                href: format!("/transactions/{}", t.id),
                label: format!("{} of {}, {}", t.title(), t.money(), t.status.label()),
            })
            .collect();
        let is_all = usize::try_from(reach.count).is_ok_and(|n| n <= payments.len());
        Self {
            all: (!is_all).then(|| Link {
                href: open_payments(id),
                label: format!("All {}", reach.count),
            }),
            payments,
        }
    }
}

/// The list of the payments of an account that can still be taken back.
pub fn open_payments(id: FinancialAccountId) -> String {
    format!("/transactions?account={id}&status=NEW,PENDING")
}

impl Category {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::External => "External",
            Self::Integrated => "Integrated",
            Self::Internal => "Our own",
        }
    }
}

impl Subtype {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Checking => "Checking",
            Self::Saving => "Savings",
        }
    }
}

impl AccountState {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
        }
    }
}

impl Verification {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unverified => "Not verified",
            Self::Pending => "Verification pending",
            Self::Processing => "Being verified",
            Self::Review => "Verification in review",
            Self::Declined => "Verification declined",
            Self::Approved => "Verified",
            Self::Error => "Verification failed",
        }
    }
}

/// A state as a badge.
pub fn state_tag(state: AccountState) -> Tag {
    let (tone, icon) = match state {
        AccountState::Pending => (Tone::Amber, "hourglass"),
        AccountState::Active => (Tone::Green, "circle-check"),
        AccountState::Suspended => (Tone::Red, "ban"),
    };
    Tag {
        tone,
        icon,
        text: state.label().into(),
    }
}

/// A verification as a badge.
pub fn verification_tag(verification: Verification) -> Tag {
    let (tone, icon) = match verification {
        Verification::Unverified => (Tone::Grey, "shield-alert"),
        Verification::Pending | Verification::Processing => (Tone::Amber, "hourglass"),
        Verification::Review => (Tone::Amber, "eye"),
        Verification::Declined | Verification::Error => (Tone::Red, "shield-x"),
        Verification::Approved => (Tone::Green, "shield-check"),
    };
    Tag {
        tone,
        icon,
        text: verification.label().into(),
    }
}
