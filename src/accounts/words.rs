//! What financial accounts' states are called on pages.

use super::{AccountState, Category, Subtype, Verification};
use crate::web::ui::{Tag, Tone};

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
