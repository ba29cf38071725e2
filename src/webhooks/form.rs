//! The form of a subscription, new or changed.

use actix_web::web::Data;
use askama::Template;

use super::{
    commands,
    list::HERE,
    model::{SubscriptionRow, Topic, Wanted},
    queries,
    show::{self, ShowPage},
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    idempotency::{self, Made},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::noun,
        text::Title,
    },
    outbound::guard,
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::Tab,
    },
};

#[derive(Template)]
#[template(path = "webhooks/form.html")]
pub struct FormPage {
    shell: Shell,
    pages: Vec<Tab>,
    heading: &'static str,
    /// Where the form is sent.
    action: String,
    back: String,
    submit: &'static str,
    problems: Vec<Problem>,
    url: Field,
    description: Field,
    topics: Vec<TopicChoice>,
    topics_error: Option<String>,
    /// The version that the form was opened on; empty for a new one.
    version: String,
}

struct TopicChoice {
    topic: &'static str,
    label: &'static str,
    chosen: bool,
}

/// The fields as they were sent: a topic for each box that is ticked.
type Sent = Vec<(String, String)>;

/// As it was typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    url: String,
    description: String,
    topics: Vec<Topic>,
    version: String,
    /// Of the page: what is sent twice is added once.
    key: String,
}

impl Typed {
    fn read(sent: &[(String, String)]) -> Self {
        let one = |name: &str| {
            let found = sent.iter().find(|(n, _)| n == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Self {
            url: one("url"),
            description: one("description"),
            topics: sent
                .iter()
                .filter(|(name, _)| name == "eventTypes[]")
                .filter_map(|(_, value)| Topic::parse(value))
                .collect(),
            version: one("version"),
            key: one("idempotency_key"),
        }
    }

    fn of(row: &SubscriptionRow) -> Self {
        Self {
            url: row.url.clone(),
            description: row.description.clone(),
            topics: row.topics(),
            version: row.version.to_string(),
            key: String::new(),
        }
    }

    fn parse(&self, private: bool) -> Result<Wanted, FieldErrors> {
        read(&self.url, &self.description, Ok(self.topics.clone()), private)
    }
}

/// What was typed or sent, checked.
///
/// # Errors
/// Every wrong field: `url`, `description`, `events`.
pub fn read(
    url: &str,
    description: &str,
    topics: Result<Vec<Topic>, String>,
    private: bool,
) -> Result<Wanted, FieldErrors> {
    let mut errors = FieldErrors::default();
    let url = errors.take("url", guard::check(url, private));
    let description = if description.trim().is_empty() {
        Some(String::new())
    } else {
        let title = Title::parse(description).map(|t| t.as_str().to_owned());
        errors.take("description", title)
    };
    let some = |topics: Vec<Topic>| {
        if topics.is_empty() {
            Err("Choose at least one event.".to_owned())
        } else {
            Ok(topics)
        }
    };
    let topics = errors.take("eventTypes", topics.and_then(some));
    match (url, description, topics) {
        (Some(url), Some(description), Some(topics)) => Ok(Wanted::new(&url, &description, &topics)),
        _ => Err(errors),
    }
}

/// `GET /settings/webhooks/new`
pub async fn new(app: Data<App>, who: May<Administer>, kept: Kept) -> Page<FormPage> {
    let typed = kept
        .form::<Sent>()
        .map(|sent| Typed::read(&sent))
        .unwrap_or_default();
    Page::ok(view(&app, &who, None, &typed, &FieldErrors::default()))
}

/// `POST /settings/webhooks/new`: the new subscription's page with its secret, or the form again.
pub async fn make(
    app: Data<App>,
    form: Submit<Administer, Sent>,
) -> AppResult<actix_web::Either<Page<ShowPage>, Page<FormPage>>> {
    let Submit { who, form } = form;
    let typed = Typed::read(&form);
    match add(&app, &who, &typed).await {
        Ok(made) => {
            let view = show::view(&app, &who, made.id, made.told(), made.secret).await?;
            Ok(actix_web::Either::Left(Page::ok(view)))
        }
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, None, &typed, &errors);
            Ok(actix_web::Either::Right(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

/// Adds what was typed: once, also when it is sent twice, and then with the same secret.
async fn add(app: &App, who: &May<Administer>, typed: &Typed) -> AppResult<Made<noun::WebhookSubscription>> {
    let wanted = typed.parse(app.outbound.may_call_private())?;
    let (key, vault) = (&typed.key, app.vault.clone());
    let content = (&typed.url, &typed.description, &typed.topics);
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

/// `GET /settings/webhooks/{id}/edit`
pub async fn edit(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::WebhookSubscription>,
) -> AppResult<Page<FormPage>> {
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let typed = Typed::of(&row);
    Ok(Page::ok(view(
        &app,
        &who,
        Some(&row),
        &typed,
        &FieldErrors::default(),
    )))
}

/// `POST /settings/webhooks/{id}/edit`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::WebhookSubscription>,
    form: Submit<Administer, Sent>,
) -> AppResult<Answer<FormPage>> {
    let Submit { who, form } = form;
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let typed = Typed::read(&form);
    match change(&app, &who, &row, &typed).await {
        Ok(()) => Ok(Answer::Next(
            SeeOther::to(format!("{HERE}/{id}")).done("The subscription is changed."),
        )),
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, Some(&row), &typed, &errors);
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error @ AppError::Refused(..)) => {
            let mut errors = FieldErrors::default();
            errors.add("", error.sentence());
            // The next try is on what is there now, which the page says.
            let typed = Typed {
                version: row.version.to_string(),
                ..typed
            };
            let view = view(&app, &who, Some(&row), &typed, &errors);
            Ok(Answer::Again(Page::with_status(view, error.code().status())))
        }
        Err(error) => Err(error),
    }
}

async fn change(app: &App, who: &May<Administer>, row: &SubscriptionRow, typed: &Typed) -> AppResult<()> {
    let wanted = typed.parse(app.outbound.may_call_private())?;
    let unreadable = || AppError::field("", "The form was not complete; try again.");
    let seen: i64 = typed.version.parse().map_err(|_| unreadable())?;
    let (actor, id) = (who.actor(), row.id);
    app.db
        .write(who.account(), move |tx| {
            commands::edit(tx, &actor, id, Some(seen), &wanted)
        })
        .await
        .map(|_| ())
}

fn view(
    app: &App,
    who: &May<Administer>,
    row: Option<&SubscriptionRow>,
    typed: &Typed,
    errors: &FieldErrors,
) -> FormPage {
    let heading = if row.is_some() {
        "Change the subscription"
    } else {
        "Add a webhook subscription"
    };
    let page = row.map_or_else(|| HERE.to_owned(), |row| format!("{HERE}/{}", row.id));
    FormPage {
        shell: who.shell(app, heading, Section::People),
        pages: settings::pages(&who.who, HERE),
        heading,
        action: row.map_or_else(|| format!("{HERE}/new"), |_| format!("{page}/edit")),
        back: page,
        submit: if row.is_some() {
            "Save"
        } else {
            "Add and show the secret"
        },
        problems: problems(errors),
        url: Field::of(&typed.url, "url", errors),
        description: Field::of(&typed.description, "description", errors),
        topics: Topic::ALL
            .iter()
            .map(|topic| TopicChoice {
                topic: topic.as_str(),
                label: topic.label(),
                chosen: typed.topics.contains(topic),
            })
            .collect(),
        topics_error: errors.of("eventTypes"),
        version: if row.is_some() {
            typed.version.clone()
        } else {
            String::new()
        },
    }
}
