//! The application: what a handler can reach. `main` and the tests build the same.

use std::sync::Arc;

use actix_web::{HttpRequest, web::Data};

use crate::{
    api::limit::Limiter,
    auth::passwords::Hasher,
    config::Settings,
    db::{Db, Surroundings, memo::Memos},
    kernel::{
        budget::Budget,
        clock::Clock,
        crypto::Vault,
        error::{AppError, AppResult},
        jobs::Jobs,
    },
    keys,
    mail::server::Server,
    outbound::Outbound,
};

/// What a handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database, behind its two doors.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// Seals and opens what is secret at rest.
    pub vault: Vault,
    /// Hashes and verifies passwords.
    pub hasher: Hasher,
    /// How many more reports of browsers go into the log.
    pub csp_reports: Budget,
    /// What pages share: read once, kept until something is written.
    pub memos: Memos,
    /// How often clients of the API may call.
    pub api_limiter: Limiter,
    /// How often API keys may be exchanged from one address.
    pub exchange_limiter: Limiter,
    /// How often each outside system may call back.
    pub callback_limiter: Limiter,
    /// The door to other systems.
    pub outbound: Outbound,
    /// The server that takes our e-mail, if there is one.
    pub mail: Option<Server>,
    /// The work that goes on beside requests.
    pub jobs: Jobs,
    /// The settings.
    pub settings: Arc<Settings>,
}

impl App {
    /// Opens the database and puts the application together.
    pub fn open(settings: Settings, clock: Clock) -> AppResult<Self> {
        let mail = Server::of(&settings).map_err(|why| AppError::Internal(format!("settings: {why}")))?;
        settings.make_data_folder()?;
        let url = settings.database_url()?;
        let db = Db::open(
            &url,
            Surroundings {
                clock: clock.clone(),
                has_mail: mail.is_some(),
            },
        )?;
        Ok(Self {
            vault: keys::settle(&url, settings.vault()?)?,
            db,
            clock,
            hasher: Hasher::default(),
            csp_reports: Budget::default(),
            memos: Memos::default(),
            api_limiter: Limiter::new(settings.api_calls_per_minute),
            // One exchange is for half an hour of calls.
            exchange_limiter: Limiter::new(settings.api_calls_per_minute / 10),
            callback_limiter: Limiter::new(settings.callbacks_per_minute),
            outbound: Outbound::new(settings.private_targets),
            mail,
            jobs: Jobs::default(),
            settings: Arc::new(settings),
        })
    }

    /// The application that `request` is in.
    pub fn of(request: &HttpRequest) -> AppResult<Data<Self>> {
        request
            .app_data::<Data<Self>>()
            .cloned()
            .ok_or_else(|| AppError::Internal("no application".into()))
    }

    /// Whether people reach us over TLS, by a proxy.
    pub fn is_reached_over_tls(&self) -> bool {
        self.settings
            .public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// The address that links in messages lead to.
    pub fn public_url(&self) -> String {
        let settings = &self.settings;
        settings
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}:{}", settings.host, settings.port))
    }
}
