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
        error::{AppError, AppResult},
    },
};

/// Everything that can be set. Each key of the file is also an environment variable: `DOCKET_PORT=8081`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the embedded database and the secret key are.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; by default `docket.db` in the data folder.
    pub database: Option<String>,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The address that people and other systems reach Docket under, such as `https://docket.example.com`. It goes
    /// into links, and with `https` HSTS is sent.
    pub public_url: Option<String>,
    /// At least 32 characters. Without it one is made in the data folder. Several nodes need the same.
    pub secret_key: Option<String>,
    /// Minutes without activity after which a session ends.
    pub idle_minutes: u64,
    /// Hours after sign-in at which a session ends.
    pub session_hours: u64,
    /// The reverse proxy whose `X-Forwarded-For` is believed.
    pub trusted_proxy: Option<IpAddr>,
    /// Calls of the API that each service account may make a minute.
    pub api_calls_per_minute: u32,
    /// Threads that answer requests; by default one per processor.
    pub workers: Option<usize>,
    /// Serves the base line of the load bench.
    pub bench: bool,
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
            idle_minutes: 15,
            session_hours: 12,
            trusted_proxy: None,
            api_calls_per_minute: 6_000,
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
            let value = match value.as_str() {
                "true" => toml::Value::Boolean(true),
                "false" => toml::Value::Boolean(false),
                text => text
                    .parse()
                    .map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer),
            };
            table.insert(key.to_lowercase(), value);
        }
        table.try_into().map_err(|e| refused(&e))
    }

    /// Where the data is.
    pub fn database_url(&self) -> AppResult<DbUrl> {
        match &self.database {
            Some(url) => DbUrl::parse(url).map_err(AppError::Internal),
            None => Ok(DbUrl::Sqlite(self.data.join("docket.db"))),
        }
    }

    /// The vault with this installation's secret; makes the secret at the first start.
    pub fn vault(&self) -> AppResult<Vault> {
        match &self.secret_key {
            Some(secret) => Vault::new(secret.as_bytes()),
            None => Vault::new(secret_of(&self.data)?.as_bytes()),
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
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let path = folder.join("secret.key");
    let failed = |e: std::io::Error| AppError::Internal(format!("secret key {}: {e}", path.display()));
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
    {
        Ok(mut file) => {
            let secret = crypto::new_token()?;
            file.write_all(secret.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
            Ok(secret)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(std::fs::read_to_string(&path).map_err(failed)?.trim().to_owned())
        }
        Err(e) => Err(failed(e)),
    }
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
}
