//! The server around the application: sockets, sessions, compression, and the border that renders errors.

use std::{net::TcpListener, time::Duration};

use actix_session::{SessionMiddleware, config::BrowserSession};
use actix_web::{
    App as ActixApp, HttpServer,
    cookie::{Key, SameSite},
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};

use crate::{
    app::App,
    auth::sessions::{self, Store},
    jobs,
    kernel::error::{AppError, AppResult},
    routes,
    web::{bench, error::border},
};

/// An idle connection is kept for so long, longer than proxies usually keep theirs (a minute): nearly every click comes
/// over one that is there. After the five seconds that are usual in actix a worker thread that was busy for as long
/// finds its idle connections too old, and closes without an answer also those whose next request has come by then.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The head of a new connection's first request is here by then, or it is refused with 408. A thread that is busy
/// meanwhile does not see it come, so it is more than the usual five seconds too.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// A server bound to the configured address.
///
/// # Errors
/// `Unavailable` when something else listens there.
pub fn serve(app: App) -> AppResult<Server> {
    let (host, port) = (app.settings.host, app.settings.port);
    let failed = |e: std::io::Error| AppError::Unavailable(format!("listening on port {port}: {e}"));
    serve_on(app, TcpListener::bind((host, port)).map_err(failed)?)
}

/// A server on a listener that is bound already, with the node's own work beside it.
///
/// # Errors
/// `Unavailable` when the listener does not listen.
pub fn serve_on(app: App, listener: TcpListener) -> AppResult<Server> {
    let failed = |e: std::io::Error| AppError::Unavailable(format!("listening: {e}"));
    let workers = app
        .settings
        .workers
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let key = Key::from(app.vault.cookie_key());
    actix_web::rt::spawn(jobs::work(app.clone()));
    let bench = app.settings.bench;
    let app = Data::new(app);
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
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(FIRST_REQUEST)
    .listen(listener)
    .map_err(failed)?;
    Ok(server.run())
}
