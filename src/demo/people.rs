//! The people of the first office, in whose name commands of its desk are given once its data is stored.

use diesel::prelude::*;

use super::team::OFFICES;
use crate::{
    auth::actor::{Actor, ActorKind},
    db::{Tx, schema::business_accounts},
    exceptions::queries::{self, Worker},
    kernel::{
        error::{AppError, AppResult},
        id::BusinessAccountId,
    },
};

/// Everybody who works exceptions in the first office.
pub(super) struct People {
    pub(super) account: BusinessAccountId,
    pub(super) all: Vec<Worker>,
}

impl People {
    /// Those who are stored.
    pub(super) fn of_first_office(tx: &mut Tx<'_>) -> AppResult<Self> {
        let account: BusinessAccountId = business_accounts::table
            .filter(business_accounts::name.eq(OFFICES[0].name))
            .select(business_accounts::id)
            .first(tx.conn)?;
        Ok(Self {
            account,
            all: queries::workers(tx.conn, account)?,
        })
    }

    pub(super) fn named(&self, email: &str) -> AppResult<&Worker> {
        self.all
            .iter()
            .find(|w| w.email == email)
            .ok_or_else(|| AppError::Internal(format!("the demo has no {email}")))
    }

    pub(super) fn actor(&self, of: &Worker) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(of.id.uuid()),
            name: of.name(),
            role: of.role,
            business_account: self.account,
            request_id: "demo".into(),
        }
    }

    /// Who gives a command, by e-mail address.
    pub(super) fn as_actor(&self, email: &str) -> AppResult<Actor> {
        Ok(self.actor(self.named(email)?))
    }
}

/// A text of the demo's own, which is one that people may type.
pub(super) fn said<T>(text: Result<T, String>) -> AppResult<T> {
    text.map_err(AppError::Internal)
}
