//! One-time links and codes: random, stored hashed, good once and for a while. A newer one for the same purpose ends
//! the older.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    auth::permission::Role,
    db::{AnyConnection, Tx, schema::one_time_links},
    kernel::{
        clock::Ts,
        crypto::{self, token_hash},
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, LinkId, TeamMemberId},
    },
    spelled,
};

spelled! {
    /// What a link is for.
    pub enum LinkKind {
        /// The first set-up: a code to type.
        Setup = "SETUP",
        /// To join a business account.
        Invite = "INVITE",
        /// To set a new password.
        Reset = "RESET",
    }
}

impl LinkKind {
    /// How long it is good.
    pub const fn lifetime(self) -> Duration {
        Duration::from_hours(match self {
            Self::Setup => 24,
            Self::Invite => 7 * 24,
            Self::Reset => 1,
        })
    }
}

/// A link that is good.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = one_time_links)]
pub struct Link {
    /// Its id, by which it is revoked.
    pub id: LinkId,
    /// The business account it leads into.
    pub business_account_id: Option<BusinessAccountId>,
    /// Whose password it resets.
    pub team_member_id: Option<TeamMemberId>,
    /// Who is invited.
    pub email: Option<String>,
    /// As what.
    pub role: Option<Role>,
    /// Who made it.
    pub created_by: Option<TeamMemberId>,
    /// Until when it is good.
    pub expires_at: Ts,
}

/// What a new link is about.
#[derive(Clone, Debug, Default)]
pub struct NewLink<'a> {
    /// The business account it leads into.
    pub business_account: Option<BusinessAccountId>,
    /// Whose password it resets.
    pub member: Option<TeamMemberId>,
    /// Who is invited.
    pub email: Option<&'a str>,
    /// As what.
    pub role: Option<Role>,
    /// Who made it.
    pub created_by: Option<TeamMemberId>,
}

/// Stores the hash of `secret` as a link, instead of older ones for the same purpose.
pub fn insert(tx: &mut Tx<'_>, kind: LinkKind, secret: &str, link: &NewLink<'_>) -> AppResult<()> {
    end_older(tx, kind, link)?;
    diesel::insert_into(one_time_links::table)
        .values((
            one_time_links::token_hash.eq(token_hash(secret)),
            one_time_links::id.eq(LinkId::generate(tx.now)),
            one_time_links::kind.eq(kind),
            one_time_links::business_account_id.eq(link.business_account),
            one_time_links::team_member_id.eq(link.member),
            one_time_links::email.eq(link.email),
            one_time_links::role.eq(link.role),
            one_time_links::created_by.eq(link.created_by),
            one_time_links::created_at.eq(tx.now),
            one_time_links::expires_at.eq(tx.now.plus(kind.lifetime())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn end_older(tx: &mut Tx<'_>, kind: LinkKind, link: &NewLink<'_>) -> AppResult<()> {
    let all = one_time_links::table.filter(one_time_links::kind.eq(kind));
    match kind {
        LinkKind::Setup => diesel::delete(all).execute(tx.conn)?,
        LinkKind::Invite => diesel::delete(
            all.filter(one_time_links::business_account_id.eq(link.business_account))
                .filter(one_time_links::email.eq(link.email)),
        )
        .execute(tx.conn)?,
        LinkKind::Reset => {
            diesel::delete(all.filter(one_time_links::team_member_id.eq(link.member))).execute(tx.conn)?
        }
    };
    Ok(())
}

/// The link with this secret, while it is good.
///
/// # Errors
/// A refusal in words when there is none, or it was used, replaced or revoked, or its time is over.
pub fn get(conn: &mut AnyConnection, kind: LinkKind, secret: &str, now: Ts) -> AppResult<Link> {
    one_time_links::table
        .find(token_hash(secret))
        .filter(one_time_links::kind.eq(kind))
        .filter(one_time_links::used_at.is_null())
        .filter(one_time_links::expires_at.gt(now))
        .select(Link::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(ended)
}

fn ended() -> AppError {
    AppError::refused(
        Code::NotFound,
        "This link was used already, was replaced by a newer one, or its time is over. Ask for a new one.",
    )
}

/// Uses a link up; refuses when somebody was quicker.
pub fn use_up(tx: &mut Tx<'_>, kind: LinkKind, secret: &str) -> AppResult<Link> {
    let link = get(tx.conn, kind, secret, tx.now)?;
    diesel::update(one_time_links::table.find(token_hash(secret)))
        .set(one_time_links::used_at.eq(tx.now))
        .execute(tx.conn)?;
    Ok(link)
}

/// The open invitations of a business account, newest first.
pub fn list_invitations(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
) -> AppResult<Vec<Link>> {
    Ok(one_time_links::table
        .filter(one_time_links::business_account_id.eq(account))
        .filter(one_time_links::kind.eq(LinkKind::Invite))
        .filter(one_time_links::used_at.is_null())
        .filter(one_time_links::expires_at.gt(now))
        .order((one_time_links::created_at.desc(), one_time_links::id.desc()))
        .select(Link::as_select())
        .load(conn)?)
}

/// Takes an open invitation back and gives what it was.
pub fn revoke_invitation(tx: &mut Tx<'_>, account: BusinessAccountId, id: LinkId) -> AppResult<Link> {
    let open = list_invitations(tx.conn, account, tx.now)?;
    let link = open.into_iter().find(|l| l.id == id).ok_or(AppError::NotFound)?;
    diesel::delete(one_time_links::table.filter(one_time_links::id.eq(id))).execute(tx.conn)?;
    Ok(link)
}

/// Ends the reset links of a person.
pub fn end_resets(tx: &mut Tx<'_>, member: TeamMemberId) -> AppResult<()> {
    let link = NewLink {
        member: Some(member),
        ..NewLink::default()
    };
    end_older(tx, LinkKind::Reset, &link)
}

/// Letters and digits that people do not mistake for each other (Crockford's).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code of 100 bits to be typed: `7ZQ4-9K2M-…`.
pub fn new_code() -> AppResult<String> {
    let letters = crypto::random::<20>()?.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    Ok(letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-"))
}

/// A code as it is compared: without hyphens, blanks and small letters.
pub fn plain_code(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_code().unwrap();
        assert_eq!(code.len(), 24);
        assert_eq!(
            plain_code(&format!(" {} ", code.to_lowercase())),
            code.replace('-', "")
        );
        assert_ne!(code, new_code().unwrap());
    }
}
