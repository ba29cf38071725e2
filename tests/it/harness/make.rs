//! Makes the data of a test by the product's own commands.

use docket::{
    auth::permission::Role,
    exceptions::{
        self,
        claim::claim,
        model::{Category, Entity, Kind, Source},
        raise::{InForce, NewException, Said, raise},
        row::ExceptionRow,
    },
    kernel::{
        id::ExceptionId,
        money::{Currency, Money},
    },
};

use super::TestApp;

impl TestApp {
    /// Raises a return of 123.54 to Paul Jones, R01, without a transaction of ours.
    pub async fn raise(&self) -> ExceptionId {
        self.raise_as(self.a_return()).await
    }

    /// A role's member takes it.
    pub async fn take(&self, id: ExceptionId, role: Role) {
        let actor = self.actor(role).await;
        self.app
            .db
            .write(self.account, move |tx| claim(tx, &actor, id))
            .await
            .unwrap();
    }

    /// Raises as many of them.
    pub async fn raise_many(&self, n: usize) -> Vec<ExceptionId> {
        let mut ids = Vec::with_capacity(n);
        for _ in 0..n {
            ids.push(self.raise().await);
        }
        ids
    }

    /// What [`Self::raise`] raises, to be changed before.
    pub fn a_return(&self) -> NewException {
        NewException {
            category: Category::Transaction,
            kind: Kind::AchReturn,
            description: "R01 Insufficient Funds: $123.54 to Paul Jones".into(),
            entity_id: self.account.uuid(),
            entity_type: Entity::Transaction,
            transaction_id: None,
            amount: Some(Money::new(12_354, Currency::USD)),
            reason: None,
            code: Some("R01".into()),
            party: "Paul Jones".into(),
            account_tail: "6789".into(),
            source: Source::Api,
            said: Said::default(),
        }
    }

    /// Raises an exception in the first business account.
    pub async fn raise_as(&self, new: NewException) -> ExceptionId {
        let (vault, actor) = (self.app.vault.clone(), self.actor(Role::Owner).await);
        self.app
            .db
            .write(self.account, move |tx| {
                let policies = InForce::of(tx.conn, actor.business_account)?;
                raise(tx, &vault, &actor, &policies, new.clone())
            })
            .await
            .unwrap()
    }

    /// An exception as it is stored.
    pub async fn exception(&self, id: ExceptionId) -> ExceptionRow {
        let account = self.account;
        self.app
            .db
            .read(move |conn| exceptions::queries::get(conn, account, id))
            .await
            .unwrap()
    }
}
