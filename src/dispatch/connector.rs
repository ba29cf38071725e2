//! A connector: where an outside system is, what it is asked to make there, and how we show who we are.

use diesel::prelude::*;
use url::Url;

use super::model::Target;
use crate::{
    db::schema::connectors,
    kernel::{
        clock::Ts,
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ConnectorId},
    },
    outbound::guard,
};

/// The longest password or token.
const LONGEST_CREDENTIAL: usize = 2_000;

/// The longest name of a user, an issue type or a project.
const LONGEST_NAME: usize = 255;

/// One row of `connectors`. Without `Debug`, like everything that can lead to a secret.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connectors, treat_none_as_null = true)]
pub struct ConnectorRow {
    pub id: ConnectorId,
    pub business_account_id: BusinessAccountId,
    pub target: Target,
    /// Without a slash at its end.
    pub url: String,
    /// The user or e-mail address that the credential is of; empty for a bearer token.
    pub account: String,
    /// The API token, password or bearer token, sealed; none where messages are signed instead.
    pub credential: Option<Vec<u8>>,
    /// Jira's project key.
    pub project: String,
    /// Jira's issue type, by its name.
    pub issue_type: String,
    /// What messages to it and callbacks from it are signed with, sealed.
    pub secret: Vec<u8>,
    /// The one before it, which signs too for a while.
    pub previous_secret: Option<Vec<u8>>,
    /// Until then.
    pub previous_until: Option<Ts>,
    /// Exceptions may be handed to it.
    pub is_enabled: bool,
    /// When it was last tried out.
    pub tested_at: Option<Ts>,
    /// Whether that went well.
    pub test_passed: bool,
    /// What came back, in words.
    pub test_outcome: String,
    pub version: i64,
    pub created_at: Ts,
    pub updated_at: Ts,
}

/// What binds a sealed credential to its place.
pub fn credential_place(id: ConnectorId) -> String {
    format!("connectors/{id}/credential")
}

/// What binds a sealed secret to its place.
pub fn secret_place(id: ConnectorId) -> String {
    format!("connectors/{id}/secret")
}

impl ConnectorRow {
    /// Refuses a form that was made before the last change.
    ///
    /// # Errors
    /// `Stale`.
    pub fn check_version(&self, seen: Option<i64>) -> AppResult<()> {
        if seen.is_none_or(|seen| seen == self.version) {
            return Ok(());
        }
        let sentence = "The connector was changed meanwhile; look again.";
        Err(AppError::refused(Code::Stale, sentence))
    }

    /// The credential, opened for a call.
    pub fn credential(&self, vault: &Vault) -> AppResult<Option<String>> {
        let open = |sealed: &Vec<u8>| text(vault.open(&credential_place(self.id), sealed)?);
        self.credential.as_ref().map(open).transpose()
    }

    /// Every secret that is good at `now`, the newest first.
    pub fn secrets(&self, vault: &Vault, now: Ts) -> AppResult<Vec<String>> {
        let former = self
            .previous_secret
            .as_ref()
            .filter(|_| self.previous_until.is_some_and(|until| now < until));
        std::iter::once(&self.secret)
            .chain(former)
            .map(|sealed| self.opened(vault, sealed))
            .collect()
    }

    /// The newest of them.
    pub fn newest_secret(&self, vault: &Vault) -> AppResult<String> {
        self.opened(vault, &self.secret)
    }

    fn opened(&self, vault: &Vault, sealed: &[u8]) -> AppResult<String> {
        text(vault.open(&secret_place(self.id), sealed)?)
    }
}

fn text(opened: Vec<u8>) -> AppResult<String> {
    String::from_utf8(opened).map_err(|_| AppError::Internal("a secret that is no text".into()))
}

/// What is typed of a connector.
#[derive(Clone, Default)]
pub struct Typed {
    pub url: String,
    pub account: String,
    pub credential: String,
    pub project: String,
    pub issue_type: String,
}

/// The same, checked.
#[derive(Clone)]
pub struct Wanted {
    target: Target,
    url: String,
    account: String,
    project: String,
    issue_type: String,
    /// None keeps the one that there is.
    pub(super) credential: Option<String>,
}

impl Wanted {
    /// Checks what was typed for a `target`; `before` is the connector that is changed, if it is. `private` as of
    /// [`guard::check`].
    ///
    /// # Errors
    /// Every wrong field.
    pub fn parse(
        target: Target,
        typed: &Typed,
        before: Option<&ConnectorRow>,
        private: bool,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let is_tracker = matches!(target, Target::Jira | Target::ServiceNow);
        let url = errors.take("url", address(&typed.url, is_tracker, private));
        let account = errors.take("account", name("A user", &typed.account));
        let new = credential(&typed.credential);
        let new = errors.take("credential", new).filter(|new| !new.is_empty());
        let is_elsewhere = |row: &ConnectorRow| url.as_deref().map(origin) != Some(origin(&row.url));
        match (is_tracker, &new, before) {
            (true, None, None) if errors.of("credential").is_none() => {
                errors.add("credential", "Give the token or password.");
            }
            // What is kept is shown to nobody else.
            (true, None, Some(row)) if url.is_some() && is_elsewhere(row) => {
                errors.add(
                    "credential",
                    "The address is of another host: type the token or password for it.",
                );
            }
            _ => {}
        }
        if is_tracker && account.as_deref() == Some("") {
            let is_bearer = |token: &String| token.chars().all(|c| c.is_ascii_graphic());
            if !new.as_ref().is_none_or(is_bearer) {
                errors.add("credential", "A bearer token has no blanks and no accents.");
            }
        }
        let (mut project, mut issue_type) = (Some(String::new()), Some(String::new()));
        if target == Target::Jira {
            project = errors.take("project", project_key(&typed.project));
            issue_type = errors.take(
                "issueType",
                name("An issue type", &typed.issue_type).and_then(given),
            );
        }
        match (url, account, project, issue_type) {
            (Some(url), Some(account), Some(project), Some(issue_type)) if errors.is_empty() => Ok(Self {
                target,
                url,
                account: if is_tracker { account } else { String::new() },
                project,
                issue_type,
                credential: new.filter(|_| is_tracker),
            }),
            _ => Err(errors),
        }
    }

    /// Its kind.
    pub fn target(&self) -> Target {
        self.target
    }

    /// Puts all but the credential on a connector.
    pub fn apply(&self, row: &mut ConnectorRow) {
        row.url.clone_from(&self.url);
        row.account.clone_from(&self.account);
        row.project.clone_from(&self.project);
        row.issue_type.clone_from(&self.issue_type);
    }
}

/// The address; of a tracker that of its root, as paths are put behind it.
fn address(typed: &str, is_tracker: bool, private: bool) -> Result<String, String> {
    let url = guard::check(typed, private)?;
    if !is_tracker {
        return Ok(url.into());
    }
    if url.query().is_some() {
        return Err("Give the address of its start page, without a ? in it.".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

fn name(what: &str, typed: &str) -> Result<String, String> {
    let text = typed.trim();
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("{what} has at most {LONGEST_NAME} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{what} has no control characters."));
    }
    Ok(text.to_owned())
}

fn given(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("Give an issue type that the project has, such as Task.".into());
    }
    Ok(text)
}

fn credential(typed: &str) -> Result<String, String> {
    let text = typed.trim();
    if text.chars().count() > LONGEST_CREDENTIAL || text.chars().any(char::is_control) {
        return Err(format!(
            "A token or password has at most {LONGEST_CREDENTIAL} characters, and no control characters."
        ));
    }
    Ok(text.to_owned())
}

fn project_key(typed: &str) -> Result<String, String> {
    let key = typed.trim().to_ascii_uppercase();
    let mut letters = key.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_uppercase());
    let goes_on = letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if begins && goes_on && key.len() <= LONGEST_NAME {
        Ok(key)
    } else {
        Err("Give the project’s key: capital letters and digits, such as PAY.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed {
            url: "https://northwind.example.com/".into(),
            account: "bot@example.com".into(),
            credential: "token-1".into(),
            project: "pay".into(),
            issue_type: "Task".into(),
        }
    }

    #[test]
    fn each_kind_asks_for_what_it_needs() {
        let bare = |target| {
            let errors = Wanted::parse(target, &Typed::default(), None, false)
                .err()
                .unwrap();
            errors.iter().map(|e| e.field.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(bare(Target::Jira), ["url", "credential", "project", "issueType"]);
        assert_eq!(bare(Target::ServiceNow), ["url", "credential"]);
        assert_eq!(bare(Target::Webhook), ["url"]);
        let wanted = Wanted::parse(Target::Jira, &typed(), None, false).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(
            (wanted.url.as_str(), wanted.project.as_str()),
            ("https://northwind.example.com", "PAY")
        );
    }

    #[test]
    fn what_would_break_a_header_or_a_path_is_refused() {
        for (field, change) in [
            (
                "url",
                Typed {
                    url: "https://a.example.com/?x=1".into(),
                    ..typed()
                },
            ),
            (
                "url",
                Typed {
                    url: "https://10.0.0.1/".into(),
                    ..typed()
                },
            ),
            (
                "account",
                Typed {
                    account: "a\r\nb".into(),
                    ..typed()
                },
            ),
            (
                "credential",
                Typed {
                    credential: "a\nb".into(),
                    ..typed()
                },
            ),
            (
                "credential",
                Typed {
                    account: String::new(),
                    credential: "two words".into(),
                    ..typed()
                },
            ),
            (
                "project",
                Typed {
                    project: "PAY/../X".into(),
                    ..typed()
                },
            ),
            (
                "issueType",
                Typed {
                    issue_type: " ".into(),
                    ..typed()
                },
            ),
        ] {
            let errors = Wanted::parse(Target::Jira, &change, None, false).err().unwrap();
            assert!(errors.of(field).is_some(), "{field}: {errors:?}");
        }
    }
}
