//! The form of a connector, new or changed.

use actix_web::{Either, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    connector::{ConnectorRow, Typed, Wanted},
    connector_commands as commands,
    connector_list::HERE,
    connector_queries as queries,
    connector_show::{self as show, ShowPage},
    model::Target,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    idempotency::{self, Made},
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, FieldErrors},
        id::noun,
    },
    web::{
        form::{PathId, Query, Submit},
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::Tab,
    },
};

#[derive(Template)]
#[template(path = "dispatch/connector_form.html")]
pub struct FormPage {
    shell: Shell,
    pages: Vec<Tab>,
    heading: String,
    lead: &'static str,
    action: String,
    back: String,
    submit: &'static str,
    problems: Vec<Problem>,
    system: &'static str,
    is_jira: bool,
    is_tracker: bool,
    keeps_credential: bool,
    address_hint: &'static str,
    account_label: &'static str,
    credential_label: &'static str,
    url: Field,
    account: Field,
    credential: Field,
    project: Field,
    issue_type: Field,
    /// The version that the form was opened on; empty for a new one.
    version: String,
}

/// Which kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    system: String,
}

/// The form as it is typed. Without `Debug`: it holds a secret, which does not come back either.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectorForm {
    system: String,
    url: String,
    account: String,
    credential: String,
    project: String,
    #[serde(rename = "issueType")]
    issue_type: String,
    version: String,
    /// Of the page: what is sent twice is added once.
    idempotency_key: String,
}

impl ConnectorForm {
    fn typed(&self) -> Typed {
        Typed {
            url: self.url.clone(),
            account: self.account.clone(),
            credential: self.credential.clone(),
            project: self.project.clone(),
            issue_type: self.issue_type.clone(),
        }
    }

    fn of(row: &ConnectorRow) -> Self {
        Self {
            system: row.target.as_str().into(),
            url: row.url.clone(),
            account: row.account.clone(),
            credential: String::new(),
            project: row.project.clone(),
            issue_type: row.issue_type.clone(),
            version: row.version.to_string(),
            idempotency_key: String::new(),
        }
    }

    /// What was typed, so that it can be compared and not be read: a credential is among it.
    fn content(&self, vault: &Vault) -> Vec<u8> {
        let typed = [
            &self.system,
            &self.url,
            &self.account,
            &self.credential,
            &self.project,
            &self.issue_type,
        ];
        vault.lookup(&serde_json::to_string(&typed).unwrap_or_default())
    }
}

/// One that is set up: by hand is always there.
fn target(spelled: &str) -> AppResult<Target> {
    Target::CALLED
        .into_iter()
        .find(|target| target.as_str() == spelled)
        .ok_or(AppError::NotFound)
}

/// `GET /settings/connectors/new`
pub async fn new(app: Data<App>, who: May<Administer>, asked: Query<Asked>) -> AppResult<Page<FormPage>> {
    let spelled = if asked.0.system.is_empty() {
        Target::Jira.as_str()
    } else {
        &asked.0.system
    };
    let target = target(spelled)?;
    let typed = ConnectorForm {
        issue_type: "Task".into(),
        ..ConnectorForm::default()
    };
    Ok(Page::ok(view(
        &app,
        &who,
        target,
        None,
        &typed,
        &FieldErrors::default(),
    )))
}

/// `POST /settings/connectors/new`: the new connector's page with its secret, or the form again.
pub async fn make(
    app: Data<App>,
    form: Submit<Administer, ConnectorForm>,
) -> AppResult<Either<Page<ShowPage>, Page<FormPage>>> {
    let Submit { who, form } = form;
    let target = target(&form.system)?;
    match add(&app, &who, target, &form).await {
        Ok(made) => {
            let view = show::view(&app, &who, made.id, made.told(), made.secret).await?;
            Ok(Either::Left(Page::ok(view)))
        }
        Err(error) => {
            let (errors, status) = faults(error)?;
            let view = view(&app, &who, target, None, &form, &errors);
            Ok(Either::Right(Page::with_status(view, status)))
        }
    }
}

/// Adds what was typed: once, also when it is sent twice, and then with the same secret.
async fn add(
    app: &App,
    who: &May<Administer>,
    target: Target,
    form: &ConnectorForm,
) -> AppResult<Made<noun::Connector>> {
    let wanted = Wanted::parse(target, &form.typed(), None, app.outbound.may_call_private())?;
    let (key, content, vault) = (&form.idempotency_key, form.content(&app.vault), app.vault.clone());
    idempotency::secret_once(
        app,
        who,
        key,
        &content,
        commands::newest_secret,
        move |tx, actor| {
            let (row, secret) = commands::add(tx, &vault, actor, &wanted)?;
            Ok((row.id, secret))
        },
    )
    .await
}

/// What the form says of a refusal, and with which status; other errors go on.
fn faults(error: AppError) -> AppResult<(FieldErrors, u16)> {
    match error {
        AppError::Invalid(errors) => Ok((errors, 422)),
        AppError::Refused(code, sentence) => Ok((FieldErrors::one("", sentence), code.status())),
        other => Err(other),
    }
}

/// `GET /settings/connectors/{id}/edit`
pub async fn edit(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::Connector>,
) -> AppResult<Page<FormPage>> {
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let typed = ConnectorForm::of(&row);
    let errors = FieldErrors::default();
    Ok(Page::ok(view(
        &app,
        &who,
        row.target,
        Some(&row),
        &typed,
        &errors,
    )))
}

/// `POST /settings/connectors/{id}/edit`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::Connector>,
    form: Submit<Administer, ConnectorForm>,
) -> AppResult<Answer<FormPage>> {
    let Submit { who, mut form } = form;
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    match change(&app, &who, &row, &form).await {
        Ok(()) => Ok(Answer::Next(
            SeeOther::to(format!("{HERE}/{id}")).done("The connector is changed. Test it now."),
        )),
        Err(error) => {
            let (errors, status) = faults(error)?;
            // The next try is on what is there now, which the page says.
            form.version = row.version.to_string();
            let view = view(&app, &who, row.target, Some(&row), &form, &errors);
            Ok(Answer::Again(Page::with_status(view, status)))
        }
    }
}

async fn change(app: &App, who: &May<Administer>, row: &ConnectorRow, form: &ConnectorForm) -> AppResult<()> {
    let private = app.outbound.may_call_private();
    let wanted = Wanted::parse(row.target, &form.typed(), Some(row), private)?;
    let unreadable = || AppError::field("", "The form was not complete; try again.");
    let seen: i64 = form.version.parse().map_err(|_| unreadable())?;
    // What was checked is what is changed: a kept credential goes nowhere else.
    row.check_version(Some(seen))?;
    let (actor, id, vault) = (who.actor(), row.id, app.vault.clone());
    app.db
        .write(who.account(), move |tx| {
            commands::edit(tx, &vault, &actor, id, Some(seen), &wanted)
        })
        .await
        .map(|_| ())
}

fn view(
    app: &App,
    who: &May<Administer>,
    target: Target,
    row: Option<&ConnectorRow>,
    typed: &ConnectorForm,
    errors: &FieldErrors,
) -> FormPage {
    let heading = match row {
        Some(_) => format!("Change the connector to {}", target.named()),
        None => format!("Set up {}", target.label()),
    };
    let page = row.map_or_else(|| HERE.to_owned(), |row| format!("{HERE}/{}", row.id));
    let words = words(target);
    FormPage {
        shell: who.shell(app, heading.clone(), Section::People),
        pages: settings::pages(&who.who, HERE),
        heading,
        lead: words.lead,
        action: row.map_or_else(|| format!("{HERE}/new"), |_| format!("{page}/edit")),
        back: page,
        submit: if row.is_some() {
            "Save"
        } else {
            "Set up and show the secret"
        },
        problems: problems(errors),
        system: target.as_str(),
        is_jira: target == Target::Jira,
        is_tracker: target != Target::Webhook,
        keeps_credential: row.is_some(),
        address_hint: words.address,
        account_label: words.account,
        credential_label: words.credential,
        url: Field::of(&typed.url, "url", errors),
        account: Field::of(&typed.account, "account", errors),
        credential: Field::of("", "credential", errors),
        project: Field::of(&typed.project, "project", errors),
        issue_type: Field::of(&typed.issue_type, "issueType", errors),
        version: if row.is_some() {
            typed.version.clone()
        } else {
            String::new()
        },
    }
}

/// What the form of a kind says.
struct Words {
    lead: &'static str,
    address: &'static str,
    account: &'static str,
    credential: &'static str,
}

const fn words(target: Target) -> Words {
    match target {
        Target::Jira => Words {
            lead: "An exception that is handed over becomes an issue in one project.",
            address: "Such as https://northwind.atlassian.net.",
            account: "E-mail address of the API token",
            credential: "API token, or bearer token",
        },
        Target::ServiceNow => Words {
            lead: "An exception that is handed over becomes an incident.",
            address: "Such as https://northwind.service-now.com.",
            account: "User",
            credential: "Password, or bearer token",
        },
        Target::Webhook | Target::Manual => Words {
            lead: "An exception that is handed over is a signed message to one address.",
            address: "Begins with https://. Each message is a POST to it.",
            account: "",
            credential: "",
        },
    }
}
