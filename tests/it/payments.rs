//! Payments for tests: two accounts of the first business account, and transactions between them.

use docket::{
    accounts::{NewExternal, Subtype, commands as accounts},
    auth::actor::Actor,
    exceptions::model::Entity,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, TransactionId},
        money::{Currency, Money},
    },
    transactions::{Kind, NewTransaction, TransactionRow, commands as transactions},
};

use crate::harness::TestApp;

/// A routing number whose check digit is right.
pub const ROUTING: &str = "091000019";

/// The accounts of a company and of someone it pays.
pub struct Payments<'a> {
    pub app: &'a TestApp,
    pub actor: Actor,
    pub own: FinancialAccountId,
    pub payee: FinancialAccountId,
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

impl<'a> Payments<'a> {
    pub async fn of(app: &'a TestApp) -> Self {
        Self::in_account(app, app.account).await
    }

    pub async fn in_account(app: &'a TestApp, account: BusinessAccountId) -> Self {
        let actor = Actor::internal(account);
        let (vault, who) = (app.app.vault.clone(), actor.clone());
        let own = app
            .app
            .db
            .write(account, move |tx| {
                accounts::find_or_add_own(tx, &vault, &who, "Northwind", "1234567890", "09100001")
            })
            .await
            .unwrap();
        let mut made = Self {
            app,
            actor,
            own,
            payee: own,
        };
        made.payee = made.account("Dov Marlowe", "000123456789").await;
        made
    }

    /// Someone's account with this number.
    pub async fn account(&self, name: &'static str, number: &'static str) -> FinancialAccountId {
        let (vault, actor) = (self.app.app.vault.clone(), self.actor.clone());
        self.write(move |tx| {
            let new = NewExternal {
                name,
                holder_name: name,
                routing_number: ROUTING,
                number,
                subtype: Subtype::Checking,
            };
            accounts::find_or_add_external(tx, &vault, &actor, &new)
        })
        .await
        .unwrap()
    }

    /// A payment from the company to the payee, to be changed before it is made.
    pub fn payment(&self, minor: i64) -> NewTransaction {
        NewTransaction::ach(Kind::Send, self.own, self.payee, usd(minor))
    }

    pub async fn post(&self, new: NewTransaction) -> TransactionRow {
        let actor = self.actor.clone();
        self.write(move |tx| transactions::post(tx, &actor, new.clone()))
            .await
            .unwrap()
    }

    /// A transaction, and an exception about it.
    pub async fn with_exception(&self) -> (ExceptionId, TransactionId) {
        let payment = self.post(self.payment(12_354)).await.id;
        let mut new = self.app.a_return();
        new.entity_id = payment.uuid();
        new.entity_type = Entity::Transaction;
        new.transaction_id = Some(payment);
        (self.app.raise_as(new).await, payment)
    }

    /// Runs a command in this business account.
    pub async fn write<T, F>(&self, command: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut docket::db::Tx<'_>) -> AppResult<T> + Send + 'static,
    {
        self.app.app.db.write(self.actor.business_account, command).await
    }
}
