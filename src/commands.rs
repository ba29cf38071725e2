//! What the commands of the command line do.

use std::{io::IsTerminal, path::PathBuf};

use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::{
    app::App,
    config::Settings,
    demo,
    kernel::{
        clock::Clock,
        error::{AppError, AppResult},
    },
};

/// `docket demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// The port to listen on.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Where the demo's data is; it is made there when the folder is new.
    #[arg(long, default_value = "demo-data")]
    pub data: PathBuf,
    /// How many exceptions to make up.
    #[arg(long, default_value_t = 400)]
    pub exceptions: u32,
}

/// Sends the log to standard error: for people on a terminal, as JSON lines otherwise. `RUST_LOG` chooses how much.
pub fn log_to_stderr() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.compact().init();
    } else {
        log.json().init();
    }
}

/// Serves until it is told to stop.
pub fn serve(app: App) -> AppResult<()> {
    actix_web::rt::System::new().block_on(async move {
        println!("Docket is at {}", app.public_url());
        app.serve()?
            .await
            .map_err(|e| AppError::Unavailable(format!("the server stopped: {e}")))
    })
}

/// Fills a demo database, prints who can sign in, and serves.
pub fn demo(mut settings: Settings, demo: &Demo) -> AppResult<()> {
    settings.port = demo.port;
    settings.data.clone_from(&demo.data);
    let app = App::open(settings, Clock::System)?;
    let filling = app.clone();
    let outcome =
        actix_web::rt::System::new().block_on(async move { demo::fill(&filling, demo.exceptions).await })?;
    println!("{}", demo::welcome(outcome, &demo.data));
    serve(app)
}
