//! One of everything, so that every route has something real to act on.

use docket::{
    approvals::Gated,
    auth::{actor::Actor, permission::Role},
    dispatch::{connector_commands, model::Target},
    kernel::{id::Id, text::Title},
    notes::{Noted, Words, commands},
    service_accounts,
    transactions::edit::edit,
    webhooks::{
        self, form,
        model::{DeliveryRow, DeliveryState, SubscriptionState, Topic},
    },
};

use crate::{
    connectors::connect,
    disputes::{a_dispute, with_file},
    harness::{Browser, TestApp, sample},
    money::edit_fields,
    payments::Payments,
};

/// An id that nothing has.
pub const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// The ids of things of the first business account, by the part of the path before them.
pub struct World {
    ids: Vec<(&'static str, String)>,
    /// What an Owner is signed in with.
    pub owner: Browser,
}

impl World {
    /// Makes them, on SQLite or not.
    pub async fn of(app: &TestApp) -> Self {
        let pay = Payments::of(app).await;
        let payment = pay.post(pay.payment(12_354)).await.id;
        let mut new = app.a_return();
        new.entity_id = payment.uuid();
        new.transaction_id = Some(payment);
        let exception = app.raise_as(new).await;
        let actor = app.actor(Role::Owner).await;
        let about = (Noted::Transaction, payment.uuid());
        let note = pay
            .write(move |tx| commands::add(tx, &actor, about, &Words::parse("A title", "A text").unwrap()))
            .await
            .unwrap();
        let approval = Self::approval(app, &pay).await;
        let dispute = a_dispute(app, exception).await;
        let evidence = with_file(app, &dispute, "receipt.txt", b"A receipt").await;
        let owner = app.as_owner().await;
        let page = format!("/exceptions/{exception}");
        let commented = owner
            .submit(&page, &format!("{page}/comments"), &[("content", "A comment.")])
            .await;
        let comment = last_part_but_one(&commented.attribute("a[href^='/comments/']", "href")[0]);
        let import = owner.upload("return-WEB.ach", sample("return-WEB.ach")).await;
        let import = import.path.rsplit('/').next().unwrap().to_owned();
        let review = Self::review(app).await;
        let (bulk, queue) = (
            Self::bulk(&owner, &exception.to_string()).await,
            Self::queue(&owner).await,
        );
        let account = app.account;
        let service_account = pay
            .write(move |tx| {
                let name = Title::parse("Somebody's system").unwrap();
                service_accounts::commands::add(tx, &Actor::internal(account), &name, Role::Clerk)
            })
            .await
            .unwrap();
        let (webhook, message) = Self::webhook(app).await;
        let ids = vec![
            ("connectors", Self::connector(app).await),
            ("webhooks", webhook.clone()),
            ("webhook-subscriptions", webhook),
            ("webhook-messages", message),
            ("exceptions", exception.to_string()),
            ("transactions", payment.to_string()),
            ("accounts", pay.payee.to_string()),
            ("financial-accounts", pay.payee.to_string()),
            ("notes", note.id.to_string()),
            ("comments", comment),
            ("imports", import),
            ("reviews", review),
            ("bulk", bulk),
            ("queues", queue),
            ("approvals", approval),
            ("disputes", dispute.id.to_string()),
            ("evidence", evidence.to_string()),
            ("service-accounts", service_account.to_string()),
            ("people", app.member(Role::Finance).await.to_string()),
            ("workload", app.member(Role::Finance).await.to_string()),
            ("teams", Self::team(app, &owner).await),
        ];
        Self { ids, owner }
    }

    /// A connector that nothing is handed to.
    async fn connector(app: &TestApp) -> String {
        let (row, _) = connect(app, Target::Webhook, "https://tracker.invalid").await;
        let actor = app.actor(Role::Owner).await;
        let disabled = app.app.db.write(app.account, move |tx| {
            connector_commands::set_enabled(tx, &actor, row.id, None, false)
        });
        disabled.await.unwrap().id.to_string()
    }

    /// A subscription that nothing is sent to, and a message that waits for it.
    async fn webhook(app: &TestApp) -> (String, String) {
        let topics = Ok(vec![Topic::Overdue]);
        let wanted = form::read("https://example.com/hook", "Somebody's system", topics, false).unwrap();
        let (actor, vault) = (app.actor(Role::Owner).await, app.app.vault.clone());
        let made = app.app.db.write(app.account, move |tx| {
            let (row, _) = webhooks::commands::add(tx, &vault, &actor, &wanted)?;
            webhooks::commands::set_state(tx, &actor, row.id, None, SubscriptionState::Suspended)?;
            let message = DeliveryRow {
                id: Id::generate(tx.now),
                business_account_id: actor.business_account,
                subscription_id: row.id,
                message_id: Id::generate(tx.now),
                kind: Topic::Overdue,
                subject_id: Id::from_uuid(row.id.uuid()),
                place: 1,
                body: "{}".into(),
                state: DeliveryState::Waiting,
                attempts: 0,
                failing_since: None,
                next_at: tx.now,
                last_outcome: String::new(),
                delivered_at: None,
                created_at: tx.now,
            };
            webhooks::rows::insert(tx.conn, &message)?;
            Ok((row.id.to_string(), message.id.to_string()))
        });
        made.await.unwrap()
    }

    /// A bulk action that is planned.
    async fn bulk(owner: &Browser, exception: &str) -> String {
        let (token, pick) = (owner.token().await, format!("{exception}.1"));
        let fields = [
            ("csrf_token", token.as_str()),
            ("act", "COMMENT"),
            ("back", "/exceptions"),
            ("pick[]", &pick),
        ];
        let planned = owner.post("/bulk", &fields).await;
        planned.path.rsplit('/').next().unwrap().to_owned()
    }

    /// A queue of the owner's own.
    async fn queue(owner: &Browser) -> String {
        let (new, fields) = ("/queues/new", [("name", "Kept")]);
        owner.submit("/queues/new?tab=open&code=R01", new, &fields).await;
        let link = owner.get("/queues").await.attribute("td a.btn", "href").remove(0);
        link.rsplit('/').next().unwrap().to_owned()
    }

    /// A team of one.
    async fn team(app: &TestApp, owner: &Browser) -> String {
        let (new, clerk) = ("/settings/teams/new", app.member(Role::Clerk).await.to_string());
        let fields = [("name", "Returns"), ("member[]", clerk.as_str())];
        let made = owner.submit(new, new, &fields).await;
        let link = made.attribute("td a[href^='/settings/teams/']", "href").remove(0);
        link.rsplit('/').next().unwrap().to_owned()
    }

    /// An edit that waits for a second person.
    async fn approval(app: &TestApp, pay: &Payments<'_>) -> String {
        let row = pay.post(pay.payment(100)).await;
        let (clerk, fields) = (app.actor(Role::Clerk).await, edit_fields(&row, 2_000_000));
        let asked = pay.write(move |tx| edit(tx, &clerk, row.id, None, &fields)).await;
        match asked.unwrap() {
            Gated::Waits(approval) => approval.id.to_string(),
            Gated::Done(_) => panic!("it did not wait"),
        }
    }

    /// A resolution that waits for its review.
    async fn review(app: &TestApp) -> String {
        let mut new = app.a_return();
        new.code = Some("R03".into());
        let resolve = format!("/exceptions/{}/resolve", app.raise_as(new).await);
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Done"),
            ("notes", "Done."),
        ];
        app.as_clerk().await.submit(&resolve, &resolve, &fields).await;
        let list = app.as_manager().await.get("/reviews").await;
        let link = list.attribute("tbody a[href^='/reviews/']", "href").remove(0);
        link.rsplit('/').next().unwrap().to_owned()
    }

    /// The address of a route about something that is there.
    pub fn address(&self, route: &str) -> String {
        fill(route, |kind| {
            let found = self.ids.iter().find(|(name, _)| *name == kind);
            found.map_or_else(|| NOTHING.to_owned(), |(_, id)| id.clone())
        })
    }

    /// The address of a route about something that is nowhere.
    pub fn address_of_nothing(route: &str) -> String {
        fill(route, |_| NOTHING.to_owned())
    }
}

fn last_part_but_one(path: &str) -> String {
    path.rsplit('/').nth(1).unwrap().to_owned()
}

/// Fills `{id}` by the part of the path before it, and every other placeholder with an id of nothing.
fn fill(route: &str, id_of: impl Fn(&str) -> String) -> String {
    let mut before = "";
    let mut parts = Vec::new();
    for part in route.split('/') {
        parts.push(match part {
            "{id}" => id_of(before),
            placeholder if placeholder.starts_with('{') => NOTHING.to_owned(),
            plain => plain.to_owned(),
        });
        before = part;
    }
    parts.join("/")
}
