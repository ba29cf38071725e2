//! What the commands of the command line do.

use std::{io::IsTerminal, path::PathBuf};

use clap::{Args, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::{
    app::App,
    config::Settings,
    db::AnyConnection,
    demo,
    history::verify::{self, Anchor, Verdict},
    imports,
    kernel::{
        clock::Clock,
        error::{AppError, AppResult, Code},
    },
    keys,
    members::{queries, reset, setup},
    openapi, server,
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

/// `docket audit …`
#[derive(Subcommand, Debug)]
pub enum Audit {
    /// Recompute the history of every business account and name the first event that does not fit.
    Verify {
        /// An event's place and hash, noted down earlier: it must still be there.
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Anchor>,
    },
}

/// `docket member …`
#[derive(Subcommand, Debug)]
pub enum Member {
    /// Print a link with which a locked-out person sets a new password. It works once, for an hour.
    Reset {
        /// The person's e-mail address.
        email: String,
    },
}

/// `docket key …`
#[derive(Subcommand, Debug)]
pub enum Key {
    /// Seal everything that is secret at rest with a new secret key. With the key in the data folder: stop Docket
    /// first; a new key is made. With the key in the settings: give every node `secret_key` and `previous_secret_key`
    /// first; they go on working meanwhile. It can be cut off and run again.
    Rotate,
}

/// `docket import`
#[derive(Args, Debug)]
pub struct Import {
    /// The ACH file.
    pub file: PathBuf,
    /// The business account's name; not needed when there is only one.
    #[arg(long)]
    pub account: Option<String>,
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

/// Prints the description of the API.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn openapi() -> AppResult<()> {
    let document = openapi::document("http://127.0.0.1:8080");
    let text = serde_json::to_string_pretty(&document)
        .map_err(|e| AppError::Internal(format!("writing the description: {e}")))?;
    println!("{text}");
    Ok(())
}

/// Serves until it is told to stop.
pub fn serve(app: App) -> AppResult<()> {
    actix_web::rt::System::new().block_on(async move {
        println!("Docket is at {}", app.public_url());
        if let Some(code) = setup::new_code(&app).await? {
            println!("Open {}/setup and enter this code: {code}", app.public_url());
        }
        server::serve(app)?
            .await
            .map_err(|e| AppError::Unavailable(format!("the server stopped: {e}")))
    })
}

/// Seals everything with the new secret key.
pub fn key(settings: Settings, Key::Rotate: &Key) -> AppResult<()> {
    settings.make_data_folder()?;
    settings.next_secret()?;
    let app = App::open(settings, Clock::System)?;
    let sealed = actix_web::rt::System::new().block_on(keys::rotate(&app))?;
    let done = app.settings.forget_previous_secret()?;
    println!("{sealed} values are sealed with the new key. {done}");
    Ok(())
}

/// Imports a file and prints the report.
pub fn import(app: &App, import: &Import) -> AppResult<()> {
    actix_web::rt::System::new().block_on(imports::command_line::import(
        app,
        &import.file,
        import.account.clone(),
    ))
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

/// Verifies every history; fails when one is broken, or when the anchor is in none.
pub fn audit(app: App, Audit::Verify { anchor }: &Audit) -> AppResult<()> {
    let anchor = anchor.clone();
    actix_web::rt::System::new().block_on(async move {
        let (told, is_whole) = app
            .db
            .read_slow(move |conn| verify_all(conn, anchor.as_ref()))
            .await?;
        println!("{told}");
        if is_whole {
            Ok(())
        } else {
            Err(AppError::refused(Code::RuleRefuses, "The history is not whole."))
        }
    })
}

/// A line for each business account, and whether all is well. The anchor belongs to one of them.
fn verify_all(conn: &mut AnyConnection, anchor: Option<&Anchor>) -> AppResult<(String, bool)> {
    let (mut lines, mut is_whole, mut is_anchored) = (Vec::new(), true, anchor.is_none());
    for (account, name) in queries::list_accounts(conn)? {
        match verify::verify(conn, account, None)? {
            Verdict::Whole(end) => lines.push(format!("{name}: whole, anchor {}", Anchor::from(&end))),
            Verdict::Broken { seq, why } => {
                is_whole = false;
                lines.push(format!("{name}: not whole, event {seq} {why}"));
            }
        }
        if let Some(anchor) = anchor {
            is_anchored |= verify::holds(conn, account, anchor)?;
        }
    }
    if !is_anchored {
        lines.push("The anchor's event is in no business account's history.".into());
    }
    Ok((lines.join("\n"), is_whole && is_anchored))
}

/// Prints a reset link.
pub fn member(app: App, Member::Reset { email }: &Member) -> AppResult<()> {
    actix_web::rt::System::new().block_on(async move {
        let link = reset::make_for(&app, email).await?;
        println!("This link works once, for an hour: {link}");
        Ok(())
    })
}
