//! Settings: a TOML file, then the environment (`DOCKET_…`), read once at start. Unknown keys are refused, so that a
//! misspelled setting is not a silent default.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::{
    db::DbUrl,
    kernel::{
        crypto::{self, Vault},
        error::{AppError, AppResult, Code},
    },
};

/// The secret, in the data folder.
const FILE: &str = "secret.key";

/// The secret before it, while values are sealed anew.
const PREVIOUS_FILE: &str = "secret.key.previous";

/// Everything that can be set. Each key of the file is also an environment variable: `DOCKET_PORT=8081`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the embedded database and the secret key are.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`, which may have a password in it; by default `docket.db` in the data folder.
    pub database: Option<Secret>,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The address that people and other systems reach Docket under, such as `https://docket.example.com`. It goes
    /// into links, and with `https` HSTS is sent.
    pub public_url: Option<String>,
    /// At least 32 characters. Without it one is made in the data folder. Several nodes need the same.
    pub secret_key: Option<Secret>,
    /// The secret before this one: it still opens what it sealed, until `docket key rotate` has sealed everything anew.
    pub previous_secret_key: Option<Secret>,
    /// Minutes without activity after which a session ends.
    pub idle_minutes: u64,
    /// Hours after sign-in at which a session ends.
    pub session_hours: u64,
    /// The reverse proxy whose `X-Forwarded-For` is believed.
    pub trusted_proxy: Option<IpAddr>,
    /// Calls of the API that each service account may make a minute.
    pub api_calls_per_minute: u32,
    /// Callbacks that each outside system may send a minute.
    pub callbacks_per_minute: u32,
    /// The server that takes our e-mail: `smtps://HOST` (TLS from the start, port 465) or `smtp://HOST` (TLS by STARTTLS,
    /// port 587; without TLS, port 25, on this machine or with `?tls=none` at its end). Without it no e-mail is sent.
    pub smtp_url: Option<String>,
    /// The name with which Docket signs in there; without one it does not.
    pub smtp_user: Option<String>,
    /// The password to it.
    pub smtp_password: Option<Secret>,
    /// Whom e-mail comes from: `Docket <docket@example.com>`. Needed with `smtp_url`, as is `public_url`.
    pub mail_from: Option<String>,
    /// Lets webhooks be sent to private addresses, and over http to this machine.
    pub private_targets: bool,
    /// Divides the waits between the attempts to deliver a message of a webhook, for tests; 1 is what receivers are told.
    pub webhook_pace: u32,
    /// Threads that answer requests; by default one per processor.
    pub workers: Option<usize>,
    /// Serves the base line of the load bench.
    pub bench: bool,
}

/// Settings that are text even when they look like a number.
const TEXTS: [&str; 5] = [
    "secret_key",
    "previous_secret_key",
    "smtp_user",
    "smtp_password",
    "mail_from",
];

/// A setting that is printed nowhere.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What it is, for the place where it is needed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: "data".into(),
            database: None,
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8080,
            public_url: None,
            secret_key: None,
            previous_secret_key: None,
            idle_minutes: 15,
            session_hours: 12,
            trusted_proxy: None,
            api_calls_per_minute: 6_000,
            callbacks_per_minute: 60,
            smtp_url: None,
            smtp_user: None,
            smtp_password: None,
            mail_from: None,
            private_targets: false,
            webhook_pace: 1,
            workers: None,
            bench: false,
        }
    }
}

impl Settings {
    /// Reads the file, if one is named, and the environment over it.
    pub fn read(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> AppResult<Self> {
        let refused = |e: &dyn std::fmt::Display| AppError::Internal(format!("settings: {e}"));
        let mut table = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|e| refused(&format!("{}: {e}", path.display())))?
                .parse::<toml::Table>()
                .map_err(|e| refused(&e))?,
            None => toml::Table::new(),
        };
        for (name, value) in environment {
            // DOCKET_TEST_… belongs to the tests.
            let Some(key) = name.strip_prefix("DOCKET_").filter(|k| !k.starts_with("TEST_")) else {
                continue;
            };
            let key = key.to_lowercase();
            let value = match value.as_str() {
                text if TEXTS.contains(&key.as_str()) => toml::Value::String(text.to_owned()),
                "true" => toml::Value::Boolean(true),
                "false" => toml::Value::Boolean(false),
                text => text
                    .parse()
                    .map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer),
            };
            table.insert(key, value);
        }
        table.try_into().map_err(|e| refused(&e))
    }

    /// Where the data is.
    pub fn database_url(&self) -> AppResult<DbUrl> {
        match &self.database {
            Some(url) => DbUrl::parse(url.reveal()).map_err(AppError::Internal),
            None => Ok(DbUrl::Sqlite(self.data.join("docket.db"))),
        }
    }

    /// The vault with this installation's secret, and the one before it; makes the secret at the first start.
    pub fn vault(&self) -> AppResult<Vault> {
        let (secret, previous) = match &self.secret_key {
            Some(secret) => {
                let previous = self.previous_secret_key.as_ref().map(Secret::reveal);
                (secret.reveal().to_owned(), previous.map(str::to_owned))
            }
            None => (secret_of(&self.data)?, previous_secret_of(&self.data)?),
        };
        Vault::with_previous(secret.as_bytes(), previous.as_ref().map(String::as_bytes))
    }

    /// Makes a new secret in the data folder and keeps the present one beside it; goes on with a change of secret that
    /// was cut off. Where the settings have the secret, they must have both.
    ///
    /// # Errors
    /// The settings have a secret and not the one before it.
    pub fn next_secret(&self) -> AppResult<()> {
        match (&self.secret_key, &self.previous_secret_key) {
            (None, _) => next_secret_of(&self.data),
            (Some(_), Some(_)) => Ok(()),
            (Some(_), None) => Err(AppError::refused(
                Code::RuleRefuses,
                "Set previous_secret_key to the present secret and secret_key to a new one, restart every node with \
                 both, then run this again.",
            )),
        }
    }

    /// Forgets the secret before this one, once nothing is sealed with it any more; what is left to do by hand.
    pub fn forget_previous_secret(&self) -> AppResult<&'static str> {
        if self.secret_key.is_some() {
            return Ok("previous_secret_key can go from the settings.");
        }
        let path = self.data.join(PREVIOUS_FILE);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(AppError::Internal(format!(
                "former secret key {}: {e}",
                path.display()
            ))),
            _ => Ok("The former secret is gone from the data folder."),
        }
    }

    /// How long a session lives without activity.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_minutes * 60)
    }

    /// How long a session lives at most.
    pub fn longest_session(&self) -> Duration {
        Duration::from_secs(self.session_hours * 3600)
    }

    /// Makes the data folder, for its owner only.
    pub fn make_data_folder(&self) -> AppResult<()> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data)
            .map_err(|e| AppError::Internal(format!("data folder {}: {e}", self.data.display())))
    }
}

/// The secret in the data folder, made when there is none. Its file is for its owner only.
fn secret_of(folder: &Path) -> AppResult<String> {
    let path = folder.join(FILE);
    match write_new(&path) {
        Ok(secret) => Ok(secret),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => read_secret(&path),
        Err(e) => Err(failed(&path, &e)),
    }
}

/// The secret before it, if values are being sealed anew.
fn previous_secret_of(folder: &Path) -> AppResult<Option<String>> {
    let path = folder.join(PREVIOUS_FILE);
    if path.exists() {
        read_secret(&path).map(Some)
    } else {
        Ok(None)
    }
}

/// Each step leaves a folder that opens everything, so it can be cut off anywhere and begun again.
fn next_secret_of(folder: &Path) -> AppResult<()> {
    let present = secret_of(folder)?;
    match previous_secret_of(folder)? {
        // It was replaced already; values are still to be sealed anew.
        Some(previous) if previous != present => return Ok(()),
        Some(_) => {}
        None => {
            let (path, copy) = (folder.join(FILE), folder.join(PREVIOUS_FILE));
            std::fs::hard_link(&path, &copy).map_err(|e| failed(&copy, &e))?;
        }
    }
    let path = folder.join("secret.key.new");
    // Left over from a change that was cut off before the secret was used.
    let _ = std::fs::remove_file(&path);
    write_new(&path)
        .and_then(|_| std::fs::rename(&path, folder.join(FILE)))
        .map_err(|e| failed(&path, &e))
}

/// Makes a secret in a file that must not be there yet.
fn write_new(path: &Path) -> std::io::Result<String> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let secret = crypto::new_token().map_err(std::io::Error::other)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret)
}

fn read_secret(path: &Path) -> AppResult<String> {
    let text = std::fs::read_to_string(path).map_err(|e| failed(path, &e))?;
    Ok(text.trim().to_owned())
}

fn failed(path: &Path, error: &std::io::Error) -> AppError {
    AppError::Internal(format!("secret key {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> AppResult<Settings> {
        Settings::read(
            None,
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        )
    }

    #[test]
    fn the_environment_sets_what_the_file_may() {
        let settings = read(&[
            ("DOCKET_PORT", "8081"),
            ("DOCKET_DATABASE", "sqlite:x.db"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(
            (settings.port, settings.database_url().unwrap()),
            (8081, DbUrl::Sqlite("x.db".into()))
        );
    }

    #[test]
    fn a_password_is_a_text_whatever_it_looks_like_and_is_not_printed() {
        for password in ["007", "true", "correct horse"] {
            let settings = read(&[("DOCKET_SMTP_PASSWORD", password)]).unwrap();
            assert_eq!(settings.smtp_password.as_ref().unwrap().reveal(), password);
            assert!(!format!("{settings:?}").contains(&format!("{password:?}")));
        }
    }

    #[test]
    fn what_is_secret_is_not_printed_with_the_settings() {
        let secrets = [
            ("DOCKET_SECRET_KEY", "0123456789abcdef0123456789abcdef"),
            ("DOCKET_PREVIOUS_SECRET_KEY", "another0123456789abcdef0123456789"),
            (
                "DOCKET_DATABASE",
                "postgres://docket:hunter2@db.example.com/docket",
            ),
            ("DOCKET_SMTP_PASSWORD", "correct horse"),
        ];
        let settings = read(&secrets).unwrap();
        let printed = format!("{settings:?} {settings:#?}");
        for (key, secret) in secrets {
            assert!(!printed.contains(secret), "{key}: {printed}");
        }
        assert!(printed.contains("secret_key: Some(***)"), "{printed}");
        assert_eq!(settings.secret_key.unwrap().reveal(), secrets[0].1);
    }

    #[test]
    fn a_misspelled_key_is_refused() {
        assert!(read(&[("DOCKET_PROT", "8081")]).is_err());
    }

    #[test]
    fn the_secret_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = secret_of(folder.path()).unwrap();
        assert_eq!(secret_of(folder.path()).unwrap(), first);
        let mode = std::fs::metadata(folder.path().join("secret.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_new_secret_keeps_the_former_until_it_is_forgotten_and_goes_on_where_it_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let first = secret_of(folder.path()).unwrap();
        next_secret_of(folder.path()).unwrap();
        let second = secret_of(folder.path()).unwrap();
        assert_ne!(second, first);
        assert_eq!(previous_secret_of(folder.path()).unwrap(), Some(first.clone()));
        // Again before everything is sealed anew: no third.
        next_secret_of(folder.path()).unwrap();
        assert_eq!(secret_of(folder.path()).unwrap(), second);
        let settings = Settings {
            data: folder.path().into(),
            ..Settings::default()
        };
        settings.forget_previous_secret().unwrap();
        assert_eq!(previous_secret_of(folder.path()).unwrap(), None);
        assert_eq!(secret_of(folder.path()).unwrap(), second);
        // Cut off after the copy: the next time a new one is made.
        std::fs::hard_link(folder.path().join(FILE), folder.path().join(PREVIOUS_FILE)).unwrap();
        next_secret_of(folder.path()).unwrap();
        assert_ne!(secret_of(folder.path()).unwrap(), second);
        assert_eq!(previous_secret_of(folder.path()).unwrap(), Some(second));
    }

    #[test]
    fn a_secret_in_the_settings_is_changed_there() {
        let mut settings = Settings {
            secret_key: Some("0123456789abcdef0123456789abcdef".into()),
            ..Settings::default()
        };
        assert!(settings.next_secret().is_err());
        settings.previous_secret_key = Some("another0123456789abcdef0123456789".into());
        assert!(settings.next_secret().is_ok());
    }
}
