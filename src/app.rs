//! The application: what a handler can reach, and the server around it. `main` and the tests build the same.

use std::{net::TcpListener, sync::Arc};

use actix_session::{SessionMiddleware, config::BrowserSession};
use actix_web::{
    App as ActixApp, HttpRequest, HttpServer,
    cookie::{Key, SameSite},
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};

use crate::{
    api::limit::Limiter,
    auth::{
        passwords::Hasher,
        sessions::{self, Store},
    },
    config::Settings,
    db::{Db, memo::Memo},
    exceptions::queue::Desk,
    jobs::{self, Jobs},
    kernel::{
        clock::Clock,
        crypto::Vault,
        error::{AppError, AppResult},
    },
    queues::beside::Totals,
    routes,
    web::{bench, csp_report::Budget, error::border},
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
    /// What queue pages share.
    pub desk: Memo<Desk>,
    /// How many each filter finds.
    pub totals: Totals,
    /// How often clients of the API may call.
    pub api_limiter: Limiter,
    /// The work that goes on beside requests.
    pub jobs: Jobs,
    /// The settings.
    pub settings: Arc<Settings>,
}

impl App {
    /// Opens the database and puts the application together.
    pub fn open(settings: Settings, clock: Clock) -> AppResult<Self> {
        settings.make_data_folder()?;
        Ok(Self {
            db: Db::open(&settings.database_url()?, clock.clone())?,
            clock,
            vault: settings.vault()?,
            hasher: Hasher::default(),
            csp_reports: Budget::default(),
            desk: Memo::default(),
            totals: Memo::default(),
            api_limiter: Limiter::new(settings.api_calls_per_minute),
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

    /// A server bound to the configured address.
    pub fn serve(self) -> AppResult<Server> {
        let failed = |e: std::io::Error| {
            AppError::Unavailable(format!("listening on port {}: {e}", self.settings.port))
        };
        let listener = TcpListener::bind((self.settings.host, self.settings.port)).map_err(failed)?;
        self.serve_on(listener)
    }

    /// A server on a listener that is bound already.
    pub fn serve_on(self, listener: TcpListener) -> AppResult<Server> {
        let failed = |e: std::io::Error| AppError::Unavailable(format!("listening: {e}"));
        let workers = self
            .settings
            .workers
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from));
        let key = Key::from(self.vault.cookie_key());
        actix_web::rt::spawn(jobs::work(self.clone()));
        let bench = self.settings.bench;
        let app = Data::new(self);
        let server = HttpServer::new(move || {
            let sessions = SessionMiddleware::builder(Store::new(app.clone()), key.clone())
                .cookie_name(sessions::COOKIE.into())
                .cookie_secure(true)
                .cookie_http_only(true)
                .cookie_same_site(SameSite::Lax)
                .cookie_path("/".into())
                .session_lifecycle(BrowserSession::default())
                .build();
            ActixApp::new()
                .app_data(app.clone())
                .wrap(from_fn(border))
                .configure(routes::outside)
                .configure(|cfg| {
                    if bench {
                        bench::routes(cfg);
                    }
                })
                .service(web::scope("").wrap(Compress::default()).wrap(sessions).configure(routes::pages))
        })
        .workers(workers.unwrap_or(2))
        // Without it a compressed answer waits 40 ms for the browser's acknowledgement.
        .tcp_nodelay(true)
        .listen(listener)
        .map_err(failed)?;
        Ok(server.run())
    }
}
