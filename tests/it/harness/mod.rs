//! A Docket of one's own: `TestApp::start()` on a free port, people of every role, a fixed clock, and browsers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

pub mod browser;
pub mod chromium;
pub mod database;
pub mod forged;
pub mod make;
pub mod smtp;
pub mod upload;

use std::{net::TcpListener, time::Duration};

use diesel::prelude::*;
use docket::{
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        principal::AccessState,
    },
    config::Settings,
    db::{
        AnyConnection, DbUrl,
        connection::Purpose,
        schema::{business_accounts, memberships, team_members},
    },
    kernel::{
        clock::{Clock, Ts},
        id::{BusinessAccountId, TeamMemberId},
    },
    server,
    transactions::payment_reasons,
};

pub use browser::Browser;
pub use database::{Backend, both};
pub use upload::sample;

/// The password of everybody in tests.
pub const PASSWORD: &str = "words with blanks 42";

/// Tuesday, 3 November 2026, 15:00 UTC: 10:00 in New York.
pub const NOW: i64 = 1_793_718_000_000_000;

/// A running Docket.
pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub url: String,
    pub account: BusinessAccountId,
    pub other: BusinessAccountId,
    _folder: tempfile::TempDir,
    _database: database::Lease,
}

impl TestApp {
    /// On SQLite.
    pub async fn start() -> Self {
        Self::start_on(Backend::Sqlite).await
    }

    /// On either database, with two business accounts and people of every role in each.
    pub async fn start_on(backend: Backend) -> Self {
        Self::start_with(backend, |_| {}).await
    }

    /// The same with some settings changed.
    pub async fn start_with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        let mut fresh = Self::fresh_with(backend, change);
        let app = &fresh.app;
        let hash = app.hasher.hash(PASSWORD.into()).await.unwrap();
        fresh.account = business_account(app, "Northwind Payments", "one.test", &hash).await;
        fresh.other = business_account(app, "Southgate Loans", "two.test", &hash).await;
        fresh
    }

    /// As it is after the installation: nobody is there.
    pub fn fresh_on(backend: Backend) -> Self {
        Self::fresh_with(backend, |_| {})
    }

    fn fresh_with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database::lease(backend, folder.path());
        let clock = Clock::fixed(Ts::from_micros(NOW));
        let mut settings = Settings {
            data: folder.path().into(),
            database: Some(database.url.as_str().into()),
            secret_key: Some("0123456789abcdef0123456789abcdef".into()),
            workers: Some(2),
            ..Settings::default()
        };
        change(&mut settings);
        let app = App::open(settings, clock.clone()).unwrap();
        let url = serve(&app);
        let nobody = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        Self {
            app,
            clock,
            url,
            account: nobody,
            other: nobody,
            _folder: folder,
            _database: database,
        }
    }

    /// A connection past the application, as whoever owns the database has it.
    pub fn intruder(&self) -> AnyConnection {
        let url = DbUrl::parse(self.app.settings.database.as_ref().unwrap().reveal()).unwrap();
        url.open(Purpose::Write).unwrap()
    }

    /// Another server on the same data, as after a restart or on a second node; its address.
    pub fn restart(&self) -> String {
        self.restart_with(|_| {})
    }

    /// The same with some settings changed.
    pub fn restart_with(&self, change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = (*self.app.settings).clone();
        change(&mut settings);
        serve(&App::open(settings, self.clock.clone()).unwrap())
    }

    /// A browser that has signed in as somebody of the first business account.
    pub async fn sign_in(&self, role: Role) -> Browser {
        let browser = Browser::new(&self.url);
        browser.sign_in(&email(role, "one.test"), PASSWORD).await;
        browser
    }

    pub async fn as_clerk(&self) -> Browser {
        self.sign_in(Role::Clerk).await
    }

    pub async fn as_manager(&self) -> Browser {
        self.sign_in(Role::Manager).await
    }

    pub async fn as_owner(&self) -> Browser {
        self.sign_in(Role::Owner).await
    }

    /// Somebody of the second business account.
    pub async fn as_stranger(&self, role: Role) -> Browser {
        let browser = Browser::new(&self.url);
        browser.sign_in(&email(role, "two.test"), PASSWORD).await;
        browser
    }

    /// A browser in which nobody has signed in.
    pub fn as_nobody(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// Moves the clock on.
    pub fn wait(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    /// The team member of a role in the first business account.
    pub async fn member(&self, role: Role) -> TeamMemberId {
        let wanted = email(role, "one.test");
        self.app
            .db
            .read(move |conn| {
                Ok(team_members::table
                    .filter(team_members::email.eq(&wanted))
                    .select(team_members::id)
                    .first(conn)?)
            })
            .await
            .unwrap()
    }

    /// As whom commands can be called directly.
    pub async fn actor(&self, role: Role) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(self.member(role).await.uuid()),
            name: format!("{} One", role.label().replace(' ', "")),
            role,
            business_account: self.account,
            request_id: "test".into(),
        }
    }
}

fn serve(app: &App) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    actix_web::rt::spawn(server::serve_on(app.clone(), listener).unwrap());
    url
}

/// `clerk@one.test` and so on.
pub fn email(role: Role, domain: &str) -> String {
    format!("{}@{domain}", role.as_str().to_lowercase().replace('_', ""))
}

async fn business_account(
    app: &App,
    name: &'static str,
    domain: &'static str,
    hash: &str,
) -> BusinessAccountId {
    let id = BusinessAccountId::generate(app.clock.now());
    let hash = hash.to_owned();
    app.db
        .write(id, move |tx| {
            diesel::insert_into(business_accounts::table)
                .values((
                    business_accounts::id.eq(id),
                    business_accounts::name.eq(name),
                    business_accounts::time_zone.eq("America/New_York"),
                    business_accounts::is_demo.eq(false),
                    business_accounts::created_at.eq(tx.now),
                ))
                .execute(tx.conn)?;
            for role in Role::ALL {
                let member = TeamMemberId::generate(tx.now);
                diesel::insert_into(team_members::table)
                    .values((
                        team_members::id.eq(member),
                        team_members::email.eq(email(*role, domain)),
                        team_members::first_name.eq(role.label().replace(' ', "")),
                        team_members::last_name.eq(if domain == "one.test" { "One" } else { "Two" }),
                        team_members::password_hash.eq(&hash),
                        team_members::created_at.eq(tx.now),
                        team_members::updated_at.eq(tx.now),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(memberships::table)
                    .values((
                        memberships::business_account_id.eq(id),
                        memberships::team_member_id.eq(member),
                        memberships::role.eq(role),
                        memberships::state.eq(AccessState::Active),
                        memberships::created_at.eq(tx.now),
                        memberships::updated_at.eq(tx.now),
                    ))
                    .execute(tx.conn)?;
            }
            payment_reasons::seed(tx, id)?;
            Ok(())
        })
        .await
        .unwrap();
    id
}
