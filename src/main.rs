//! The command line. Each command calls the library.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use docket::{
    app::App,
    commands,
    config::Settings,
    kernel::{clock::Clock, error::AppResult},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The desk where payments teams work their exceptions.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// A settings file (TOML). Each of its keys can also be set as `DOCKET_KEY` in the environment.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start Docket. The first start prints a one-time code that makes the first business account and its Owner.
    Serve,
    /// Start a demo with made-up people, payments and exceptions.
    Demo(commands::Demo),
    /// The history.
    #[command(subcommand)]
    Audit(commands::Audit),
    /// People.
    #[command(subcommand)]
    Member(commands::Member),
    /// The secret key.
    #[command(subcommand)]
    Key(commands::Key),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Import an ACH file and print the report.
    Import(commands::Import),
}

fn main() -> ExitCode {
    commands::log_to_stderr();
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("docket: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::disallowed_methods)] // The one place that reads the environment.
fn run(arguments: Arguments) -> AppResult<()> {
    let settings = Settings::read(arguments.config.as_deref(), std::env::vars())?;
    match arguments.command {
        Command::Serve => commands::serve(App::open(settings, Clock::System)?),
        Command::Openapi => commands::openapi(),
        Command::Import(import) => commands::import(&App::open(settings, Clock::System)?, &import),
        Command::Key(key) => commands::key(settings, &key),
        Command::Demo(demo) => commands::demo(settings, &demo),
        Command::Audit(audit) => commands::audit(App::open(settings, Clock::System)?, &audit),
        Command::Member(member) => commands::member(App::open(settings, Clock::System)?, &member),
    }
}
