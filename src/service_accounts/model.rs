//! A service account and its keys, and how long a key lives.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    auth::{permission::Role, principal::AccessState},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::ServiceAccountId,
    },
};

/// So many keys of one service account are good at once: what a rotation needs, and some for several machines.
pub const MOST_KEYS: usize = 10;

/// A key that ends within this time is said to end soon.
pub const SOON: Duration = Duration::from_hours(14 * 24);

/// A user of one business account that is no person.
#[derive(Clone, Debug, Queryable)]
pub struct ServiceAccount {
    /// Its id.
    pub id: ServiceAccountId,
    /// What people call it; unique in the business account.
    pub name: String,
    /// What it is in the business account.
    pub role: Role,
    /// Whether it may act.
    pub state: AccessState,
    /// Grows with each change of it or of its keys.
    pub version: i64,
    /// When it was added.
    pub created_at: Ts,
}

impl ServiceAccount {
    /// Whether it may act.
    pub fn is_active(&self) -> bool {
        self.state == AccessState::Active
    }

    /// Refuses a form that was made before the last change.
    pub fn check_version(&self, seen: Option<i64>) -> AppResult<()> {
        if seen.is_none_or(|seen| seen == self.version) {
            return Ok(());
        }
        let sentence = format!("{} was changed meanwhile; look again.", self.name);
        Err(AppError::refused(Code::Stale, sentence))
    }
}

/// An API key, without its secret: of that only the hash is kept.
#[derive(Clone, Debug, Queryable)]
pub struct Key {
    /// Names the key.
    pub key_id: String,
    /// Whose it is.
    pub service_account: ServiceAccountId,
    /// When it was made.
    pub created_at: Ts,
    /// When it ends by itself.
    pub expires_at: Option<Ts>,
    /// When it was ended.
    pub revoked_at: Option<Ts>,
    /// When it was last exchanged for a token.
    pub last_used_at: Option<Ts>,
}

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is exchanged for tokens.
    Good,
    /// It is, but will end within [`SOON`].
    EndsSoon,
    /// It ended by itself.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl KeyState {
    /// Whether the key is still exchanged for tokens.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::EndsSoon)
    }
}

impl Key {
    /// What it is good for at `now`.
    pub fn state(&self, now: Ts) -> KeyState {
        match self.expires_at {
            _ if self.revoked_at.is_some() => KeyState::Revoked,
            Some(end) if end <= now => KeyState::Expired,
            Some(end) if end <= now.plus(SOON) => KeyState::EndsSoon,
            _ => KeyState::Good,
        }
    }
}

/// How long a new key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// So many days.
    Days(u64),
    /// Until it is revoked.
    Unlimited,
}

impl Life {
    /// The lives that a form offers, with their spelling and words; the first is the usual one.
    pub const OFFERED: [(Self, &'static str, &'static str); 4] = [
        (Self::Days(90), "90", "90 days"),
        (Self::Days(30), "30", "30 days"),
        (Self::Days(365), "365", "One year"),
        (Self::Unlimited, "never", "Until it is revoked"),
    ];

    /// Reads a form's spelling.
    pub fn parse(typed: &str) -> Option<Self> {
        Self::OFFERED
            .iter()
            .find(|(_, value, _)| *value == typed)
            .map(|(life, ..)| *life)
    }

    /// When a key that is made at `now` ends.
    pub fn ends(self, now: Ts) -> Option<Ts> {
        match self {
            Self::Days(days) => Some(now.plus(Duration::from_hours(days * 24))),
            Self::Unlimited => None,
        }
    }
}

/// How long the old key still works after a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap(pub Duration);

impl Overlap {
    /// What a form offers: hours, spelling, words; the first is the usual one.
    pub const OFFERED: [(u64, &'static str, &'static str); 4] = [
        (24, "24", "24 more hours"),
        (1, "1", "one more hour"),
        (7 * 24, "168", "7 more days"),
        (0, "0", "not at all"),
    ];

    /// Reads a form's spelling.
    pub fn parse(typed: &str) -> Option<Self> {
        Self::OFFERED
            .iter()
            .find(|(_, value, _)| *value == typed)
            .map(|(hours, ..)| Self(Duration::from_hours(*hours)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expires_at: Option<u64>, revoked_at: Option<u64>) -> Key {
        let at = |hours| Ts::from_micros(0).plus(Duration::from_hours(hours));
        Key {
            key_id: "docket_key_1".into(),
            service_account: ServiceAccountId::from_uuid(uuid::Uuid::nil()),
            created_at: at(0),
            expires_at: expires_at.map(at),
            revoked_at: revoked_at.map(at),
            last_used_at: None,
        }
    }

    #[test]
    fn a_key_is_good_until_it_ends() {
        let now = Ts::from_micros(0).plus(Duration::from_hours(100));
        for (expires, revoked, state) in [
            (None, None, KeyState::Good),
            (Some(100 + 14 * 24 + 1), None, KeyState::Good),
            (Some(100 + 14 * 24), None, KeyState::EndsSoon),
            (Some(101), None, KeyState::EndsSoon),
            (Some(100), None, KeyState::Expired),
            (None, Some(50), KeyState::Revoked),
            (Some(101), Some(50), KeyState::Revoked),
        ] {
            assert_eq!(key(expires, revoked).state(now), state, "{expires:?} {revoked:?}");
        }
    }

    #[test]
    fn only_what_is_offered_is_read() {
        assert_eq!(Life::parse("30"), Some(Life::Days(30)));
        assert_eq!(Life::parse("never"), Some(Life::Unlimited));
        assert_eq!(Overlap::parse("0"), Some(Overlap(Duration::ZERO)));
        for bad in ["", "-1", "31", "99999999999", "Never"] {
            assert!(
                Life::parse(bad).is_none() && Overlap::parse(bad).is_none(),
                "{bad}"
            );
        }
    }
}
