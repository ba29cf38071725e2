//! Sessions in the database, behind actix-session: the browser has a random token in a signed cookie, the table has
//! its hash. A session ends after a time without activity, at the latest after some hours, and at once when it is
//! revoked.

use std::{collections::HashMap, time::Duration};

use actix_session::{
    Session, SessionExt,
    storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError},
};
use actix_web::{HttpRequest, cookie::time, http::header, web::Data};
use diesel::prelude::*;

use super::principal::{AccessState, Membership, Person};
use crate::{
    app::App,
    db::{
        AnyConnection, Tx,
        schema::{business_accounts, memberships, sessions, team_members},
    },
    kernel::{
        clock::Ts,
        crypto,
        error::{AppError, AppResult},
        id::{BusinessAccountId, SessionId, TeamMemberId},
    },
    on_backend,
    web::visit::Visit,
};

/// The cookie that carries a session's token.
pub const COOKIE: &str = "__Host-sid";

/// At most so many sessions a person; signing in once more ends the oldest.
pub const PER_PERSON: i64 = 10;

/// Activity is noted at most this often, so that reading pages does not write all the time.
const NOTED_EVERY: Duration = Duration::from_secs(30);

/// The signed-in session of a request.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The session.
    pub id: SessionId,
    /// Who signed in.
    pub member: TeamMemberId,
    /// The business account they are in.
    pub business_account: BusinessAccountId,
    /// The last noted activity.
    pub seen_at: Ts,
    /// Who that is, as stored when this request began.
    pub person: Person,
}

impl Signed {
    /// What the session says; none when nobody signed in.
    pub fn of(session: &Session) -> Option<Self> {
        Some(Self {
            id: session.get("id").ok()??,
            member: session.get("member").ok()??,
            business_account: session.get("account").ok()??,
            seen_at: Ts::from_micros(session.get("seen").ok()??),
            person: session.get("person").ok()??,
        })
    }
}

/// Signs a person in: opens a session under a new token, whatever the browser sent, and gives up the one it had.
pub fn open(
    request: &HttpRequest,
    app: &App,
    member: TeamMemberId,
    account: BusinessAccountId,
) -> AppResult<SessionId> {
    let failed = |e: actix_session::SessionInsertError| AppError::Internal(format!("session: {e}"));
    let visit = Visit::get(request).ok_or(AppError::LoginRequired)?;
    let session = request.get_session();
    let now = app.clock.now();
    let id = SessionId::generate(now);
    session.clear();
    session.renew();
    session.insert("id", id).map_err(failed)?;
    session.insert("member", member).map_err(failed)?;
    session.insert("account", account).map_err(failed)?;
    session.insert("seen", now.micros()).map_err(failed)?;
    session.insert("agent", visit.user_agent).map_err(failed)?;
    session
        .insert("address", visit.address.to_string())
        .map_err(failed)?;
    Ok(id)
}

/// Notes activity. Requests that a page makes by itself say so, and do not count.
pub async fn touch(app: &App, request: &HttpRequest, session: &Signed) -> AppResult<()> {
    let now = app.clock.now();
    let headers = request.headers();
    let follows = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept == "text/event-stream");
    if follows || headers.contains_key("x-docket-poll") || now.since(session.seen_at) < NOTED_EVERY {
        return Ok(());
    }
    let id = session.id;
    app.db
        .write(session.business_account, move |tx| {
            diesel::update(sessions::table.filter(sessions::id.eq(id)))
                .set(sessions::seen_at.eq(tx.now))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
}

/// One session, as the profile shows it.
#[derive(Clone, Debug, Queryable)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// The browser's name for itself.
    pub user_agent: String,
    /// Where it is.
    pub address: String,
    /// When it signed in.
    pub created_at: Ts,
    /// The last noted activity.
    pub seen_at: Ts,
}

/// Since when a live session was opened and was last used, at the earliest.
pub fn horizon(app: &App) -> (Ts, Ts) {
    let now = app.clock.now();
    (
        now.minus(app.settings.longest_session()),
        now.minus(app.settings.idle()),
    )
}

/// A person's live sessions, newest first.
pub fn list(
    conn: &mut AnyConnection,
    member: TeamMemberId,
    oldest: Ts,
    idle_since: Ts,
) -> AppResult<Vec<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::team_member_id.eq(member))
        .filter(sessions::created_at.gt(oldest))
        .filter(sessions::seen_at.gt(idle_since))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .select((
            sessions::id,
            sessions::user_agent,
            sessions::address,
            sessions::created_at,
            sessions::seen_at,
        ))
        .load(conn)?)
}

/// Ends one session of a person; whether there was one.
pub fn end(tx: &mut Tx<'_>, member: TeamMemberId, id: SessionId) -> AppResult<bool> {
    let mine = sessions::table
        .filter(sessions::team_member_id.eq(member))
        .filter(sessions::id.eq(id));
    Ok(diesel::delete(mine).execute(tx.conn)? > 0)
}

/// Ends every session that a person has in one business account; how many there were.
pub fn end_in(tx: &mut Tx<'_>, member: TeamMemberId, account: BusinessAccountId) -> AppResult<usize> {
    let theirs = sessions::table
        .filter(sessions::team_member_id.eq(member))
        .filter(sessions::business_account_id.eq(account));
    Ok(diesel::delete(theirs).execute(tx.conn)?)
}

/// Ends every session of a person but `except`; how many there were.
pub fn end_all(tx: &mut Tx<'_>, member: TeamMemberId, except: Option<SessionId>) -> AppResult<usize> {
    let keep = except.unwrap_or_else(|| SessionId::from_uuid(uuid::Uuid::nil()));
    let theirs = sessions::table
        .filter(sessions::team_member_id.eq(member))
        .filter(sessions::id.ne(keep));
    Ok(diesel::delete(theirs).execute(tx.conn)?)
}

/// The table behind actix-session.
pub struct Store {
    app: Data<App>,
}

impl Store {
    /// A store in the application's database.
    pub fn new(app: Data<App>) -> Self {
        Self { app }
    }

    async fn insert(&self, token: &str, state: &HashMap<String, String>) -> AppResult<()> {
        let text = |name: &str| text_of(state, name);
        let id = |name: &str| {
            text(name)
                .parse::<uuid::Uuid>()
                .map_err(|e| AppError::Internal(format!("session {name}: {e}")))
        };
        let (session, member, account) = (id("id")?, id("member")?, id("account")?);
        let (agent, address, hash) = (text("agent"), text("address"), crypto::token_hash(token));
        let oldest = self.app.clock.now().minus(self.app.settings.longest_session());
        let member = TeamMemberId::from_uuid(member);
        let account = BusinessAccountId::from_uuid(account);
        self.app
            .db
            .write(account, move |tx| {
                diesel::delete(sessions::table.filter(sessions::created_at.lt(oldest))).execute(tx.conn)?;
                let open: Vec<SessionId> = sessions::table
                    .filter(sessions::team_member_id.eq(member))
                    .order(sessions::created_at.desc())
                    .select(sessions::id)
                    .load(tx.conn)?;
                for surplus in open
                    .into_iter()
                    .skip(usize::try_from(PER_PERSON - 1).unwrap_or(0))
                {
                    end(tx, member, surplus)?;
                }
                diesel::insert_into(sessions::table)
                    .values((
                        sessions::token_hash.eq(&hash),
                        sessions::id.eq(SessionId::from_uuid(session)),
                        sessions::team_member_id.eq(member),
                        sessions::business_account_id.eq(account),
                        sessions::user_agent.eq(&agent),
                        sessions::address.eq(&address),
                        sessions::created_at.eq(tx.now),
                        sessions::seen_at.eq(tx.now),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })
            .await
    }
}

/// A text of the state; actix-session keeps each value as JSON.
fn text_of(state: &HashMap<String, String>, name: &str) -> String {
    state
        .get(name)
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

type Opened = (SessionId, TeamMemberId, BusinessAccountId, Ts, Ts);

/// The session of this token's hash, and its person: in one question, as every request asks it.
fn find(conn: &mut AnyConnection, hash: &[u8]) -> AppResult<Option<(Opened, Person)>> {
    type Row = (
        Opened,
        (String, String, String, i64, Option<String>),
        Option<Membership>,
    );
    let is_active = memberships::state.eq(AccessState::Active);
    let rows: Vec<Row> = on_backend!(conn, |conn| {
        sessions::table
            .inner_join(team_members::table)
            .left_join(
                memberships::table.on(memberships::team_member_id
                    .eq(sessions::team_member_id)
                    .and(is_active)),
            )
            .left_join(
                business_accounts::table.on(business_accounts::id.eq(memberships::business_account_id)),
            )
            .filter(sessions::token_hash.eq(hash))
            .order((business_accounts::name, business_accounts::id))
            .select((
                (
                    sessions::id,
                    sessions::team_member_id,
                    sessions::business_account_id,
                    sessions::created_at,
                    sessions::seen_at,
                ),
                (
                    team_members::first_name,
                    team_members::last_name,
                    team_members::email,
                    team_members::hidden_columns,
                    team_members::time_zone,
                ),
                (
                    business_accounts::id,
                    business_accounts::name,
                    business_accounts::time_zone,
                    business_accounts::is_demo,
                    memberships::role,
                )
                    .nullable(),
            ))
            .load(conn)
    })?;
    let Some((opened, (first, last, email, hidden_columns, zone), _)) = rows.first().cloned() else {
        return Ok(None);
    };
    let person = Person {
        name: format!("{first} {last}"),
        email,
        hidden_columns,
        chosen_zone: zone.and_then(|name| name.parse().ok()),
        memberships: rows
            .into_iter()
            .filter_map(|(.., membership)| membership)
            .collect(),
    };
    Ok(Some((opened, person)))
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let hash = crypto::token_hash(key.as_ref());
        let (oldest, idle_since) = horizon(&self.app);
        let found = self
            .app
            .db
            .read_by_index(move |conn| find(conn, &hash))
            .await
            .map_err(|e| LoadError::Other(e.into()))?;
        let Some(((id, member, account, created_at, seen_at), person)) = found else {
            return Ok(None);
        };
        if created_at <= oldest || seen_at <= idle_since {
            return Ok(None);
        }
        let person = serde_json::to_string(&person).map_err(|e| LoadError::Deserialization(e.into()))?;
        let quoted = |name: &str, value: String| (name.to_owned(), format!("\"{value}\""));
        Ok(Some(HashMap::from([
            quoted("id", id.to_string()),
            quoted("member", member.to_string()),
            quoted("account", account.to_string()),
            ("seen".to_owned(), seen_at.micros().to_string()),
            ("person".to_owned(), person),
        ])))
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        _: &time::Duration,
    ) -> Result<SessionKey, SaveError> {
        let token = crypto::new_token().map_err(|e| SaveError::Other(e.into()))?;
        self.insert(&token, &state)
            .await
            .map_err(|e| SaveError::Other(e.into()))?;
        token
            .try_into()
            .map_err(|_| SaveError::Other(AppError::Internal("session key".into()).into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let hash = crypto::token_hash(key.as_ref());
        if let Ok(account) = text_of(&state, "account").parse::<BusinessAccountId>() {
            self.app
                .db
                .write(account, move |tx| {
                    diesel::update(sessions::table.find(&hash))
                        .set(sessions::business_account_id.eq(account))
                        .execute(tx.conn)?;
                    Ok(())
                })
                .await
                .map_err(|e| UpdateError::Other(e.into()))?;
        }
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> Result<(), anyhow::Error> {
        Ok(()) // Activity is noted by `touch`.
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = crypto::token_hash(key.as_ref());
        self.app
            .db
            .write(crate::db::Scope::Global, move |tx| {
                diesel::delete(sessions::table.find(&hash)).execute(tx.conn)?;
                Ok(())
            })
            .await?;
        Ok(())
    }
}
