//! The signed-in person of a request, and the extractor by which a handler demands one with a right.

use std::{future::Future, marker::PhantomData, pin::Pin, rc::Rc, sync::Arc};

use actix_session::SessionExt;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    actor::{Actor, ActorKind},
    permission::{Permission, Role},
    sessions,
};
use crate::{
    app::App,
    db::{
        AnyConnection, Tx,
        schema::{business_accounts, memberships},
    },
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, SessionId, TeamMemberId},
    },
    notifications::{self, queries::Unread},
    queues::{
        self,
        beside::{Asking, Beside, at_the_edge},
        model::SavedQueue,
        queries::Saved,
    },
    spelled,
    web::{
        shell::{Section, Shell},
        visit::Visit,
    },
};

spelled! {
    /// Whether a person or service account may act in a business account.
    pub enum AccessState {
        /// It may.
        Active = "ACTIVE",
        /// It may not any more.
        Disabled = "DISABLED",
    }
}

/// A signed-in person in one business account.
#[derive(Clone, Debug)]
pub struct Principal {
    /// As whom commands are done.
    pub actor: Actor,
    /// The person.
    pub member: TeamMemberId,
    /// Their e-mail address.
    pub email: String,
    /// The session of this request.
    pub session: SessionId,
    /// The business account they are in.
    pub account: Account,
    /// The time zone that they have chosen; without one they read times in the business account's.
    pub chosen_zone: Option<Tz>,
    /// Every business account they belong to.
    pub memberships: Vec<Membership>,
    /// What they were told and have not read, counted up to a bound.
    pub unread: i64,
    /// Which columns of the queue they do not want to see: see [`crate::exceptions::columns`].
    pub hidden_columns: i64,
    /// The saved queues that they see, everybody's and their own, with what is in them.
    pub saved_queues: Vec<Beside>,
}

/// What pages need of a business account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: BusinessAccountId,
    /// Its name.
    pub name: String,
    /// Where its day begins and ends.
    pub zone: Tz,
    /// It holds made-up data.
    pub is_demo: bool,
}

/// One business account a person belongs to.
#[derive(Clone, Debug, Queryable, Serialize, Deserialize)]
pub struct Membership {
    /// The business account.
    pub account_id: BusinessAccountId,
    /// Its name.
    pub account_name: String,
    /// Its time zone by name.
    pub zone: String,
    /// It holds made-up data.
    pub is_demo: bool,
    /// What the person is there.
    pub role: Role,
}

impl Principal {
    /// The signed-in person of `request`; looked up once a request.
    pub async fn of(request: &HttpRequest) -> AppResult<Rc<Self>> {
        if let Some(known) = request.extensions().get::<Rc<Self>>() {
            return Ok(Rc::clone(known));
        }
        let app = App::of(request)?;
        let session = sessions::Signed::of(&request.get_session()).ok_or(AppError::LoginRequired)?;
        let (member, person) = (session.member, session.person.clone());
        let current = person
            .memberships
            .iter()
            .find(|m| m.account_id == session.business_account)
            .cloned()
            .ok_or(AppError::LoginRequired)?;
        let zone = current.zone.parse().unwrap_or(Tz::UTC);
        let (unread, saved) = beside(&app, (session.business_account, member)).await?;
        let asking = Asking {
            account: current.account_id,
            me: member,
            zone,
            moment: app.db.moment(),
        };
        let saved_queues = at_the_edge(&app, asking, &saved).await?;
        sessions::touch(&app, request, &session).await?;
        let request_id = Visit::get(request).map(|v| v.request_id).unwrap_or_default();
        let principal = Rc::new(Self {
            actor: Actor {
                kind: ActorKind::Employee,
                id: Some(member.uuid()),
                name: person.name,
                role: current.role,
                business_account: current.account_id,
                request_id,
            },
            member,
            email: person.email,
            session: session.id,
            account: Account {
                id: current.account_id,
                name: current.account_name,
                zone,
                is_demo: current.is_demo,
            },
            chosen_zone: person.chosen_zone,
            memberships: person.memberships,
            unread,
            hidden_columns: person.hidden_columns,
            saved_queues,
        });
        request.extensions_mut().insert(Rc::clone(&principal));
        Ok(principal)
    }

    /// The time zone that they read and type times of day in: see [`May::own_zone`].
    pub fn own_zone(&self) -> Tz {
        self.chosen_zone.unwrap_or(self.account.zone)
    }
}

/// What every page shows beside its own matter: how much they have not read, and their saved queues.
async fn beside(
    app: &App,
    whose: (BusinessAccountId, TeamMemberId),
) -> AppResult<(i64, Arc<Vec<SavedQueue>>)> {
    let moment = app.db.moment();
    let (unread, saved) = (app.memos.of::<Unread>(), app.memos.of::<Saved>());
    if let (Some(unread), Some(saved)) = (unread.kept(&whose, moment), saved.kept(&whose, moment)) {
        return Ok((*unread, saved));
    }
    app.db
        .read_by_index(move |conn| {
            let unread = unread.get(whose, moment, || {
                notifications::queries::count_unread(conn, whose)
            })?;
            let saved = saved.get(whose, moment, || queues::queries::seen_by(conn, whose))?;
            Ok((*unread, saved))
        })
        .await
}

/// What is known of a person with a login.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// First and last name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// As in [`Principal`].
    pub hidden_columns: i64,
    /// As in [`Principal`].
    pub chosen_zone: Option<Tz>,
    /// Those that are active, by the business account's name.
    pub memberships: Vec<Membership>,
}

/// The business accounts in which a person is active, by their names.
pub fn memberships_of(conn: &mut AnyConnection, member: TeamMemberId) -> AppResult<Vec<Membership>> {
    Ok(memberships::table
        .inner_join(business_accounts::table)
        .filter(memberships::team_member_id.eq(member))
        .filter(memberships::state.eq(AccessState::Active))
        .order((business_accounts::name, business_accounts::id))
        .select((
            business_accounts::id,
            business_accounts::name,
            business_accounts::time_zone,
            business_accounts::is_demo,
            memberships::role,
        ))
        .load(conn)?)
}

/// A signed-in person who has the right `P`: the check is in the handler's signature.
pub struct May<P: Permission> {
    /// The person.
    pub who: Rc<Principal>,
    request: HttpRequest,
    right: PhantomData<P>,
}

impl<P: Permission> May<P> {
    /// As whom commands are done.
    pub fn actor(&self) -> Actor {
        self.who.actor.clone()
    }

    /// The business account.
    pub fn account(&self) -> BusinessAccountId {
        self.who.actor.business_account
    }

    /// The business account's time zone. Days are days in it: those of filters, reports, the calendar, files and
    /// "today", so that everybody counts the same.
    pub fn zone(&self) -> Tz {
        self.who.account.zone
    }

    /// The time zone that the person reads and types times of day in: their own, or else the business account's.
    pub fn own_zone(&self) -> Tz {
        self.who.own_zone()
    }

    /// The request.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The same person as a reader: whoever may do anything may read.
    pub fn as_reader(&self) -> May<super::permission::Read> {
        May {
            who: Rc::clone(&self.who),
            request: self.request.clone(),
            right: PhantomData,
        }
    }

    /// Does a command as this person, in one transaction.
    ///
    /// # Errors
    /// The command's.
    pub async fn run<T: Send + 'static>(
        &self,
        app: &App,
        mut command: impl FnMut(&mut Tx<'_>, &Actor) -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        let actor = self.actor();
        app.db.write(self.account(), move |tx| command(tx, &actor)).await
    }

    /// The frame of a page.
    pub fn shell(&self, app: &App, title: impl Into<String>, section: Section) -> Shell {
        Shell::new(app, &self.request, Some(&self.who), title, Some(section))
    }
}

impl<P: Permission> FromRequest for May<P> {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = Principal::of(&request).await?;
            who.actor.require(P::RIGHT)?;
            Ok(Self {
                who,
                request,
                right: PhantomData,
            })
        })
    }
}
