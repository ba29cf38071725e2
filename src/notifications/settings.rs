//! What one is told of, and how: in Docket, and by e-mail where it is set up.

use actix_web::web::Data;
use askama::Template;

use super::{
    commands,
    model::{ByMail, Choice, Kind},
    queries,
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::error::{AppError, AppResult, FieldErrors},
    mail::{
        self,
        model::{DigestTime, USUAL_MINUTE},
    },
    web::{
        form::Submit,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Choice as Pick, Tab},
    },
};

const HERE: &str = "/settings/notifications";

/// How the fields of kinds by e-mail begin.
const BY_MAIL: &str = "mail_";

#[derive(Template)]
#[template(path = "notifications/settings.html")]
pub struct ChoicesPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    kinds: Vec<KindView>,
    /// None where e-mail is not set up.
    mail: Option<MailView>,
}

struct KindView {
    kind: &'static str,
    label: &'static str,
    is_wanted: bool,
    by_mail: Vec<Pick>,
}

struct MailView {
    email: String,
    has_digest: bool,
    digest_at: Field,
    /// Where it is that time of day.
    zone: &'static str,
}

/// What somebody has chosen, or wants to.
struct Chosen {
    kinds: Vec<Choice>,
    has_digest: bool,
    digest_at: String,
}

impl Chosen {
    fn stored(kinds: Vec<Choice>, time: DigestTime) -> Self {
        Self {
            kinds,
            has_digest: time.minute.is_some(),
            digest_at: DigestTime::written_minute(time.minute.unwrap_or(USUAL_MINUTE)),
        }
    }

    /// As the form says: a field for each kind that is wanted, one for each by e-mail, and those of the digest.
    fn typed(pairs: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = pairs.iter().find(|(n, _)| n == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let kinds = Kind::chosen().map(|kind| {
            let usual = Choice::usual(kind);
            let by_mail = ByMail::parse(value(&format!("{BY_MAIL}{}", kind.as_str())));
            Choice {
                is_wanted: pairs.iter().any(|(name, _)| name == kind.as_str()),
                mail: by_mail.unwrap_or(usual.mail),
                ..usual
            }
        });
        Self {
            kinds: kinds.collect(),
            has_digest: value("digest") == "1",
            digest_at: value("digest_at").to_owned(),
        }
    }

    /// At which time of day, in minutes after midnight; none for never.
    fn minute(&self) -> Result<Option<u16>, FieldErrors> {
        // A time that does not count may be anything.
        if !self.has_digest {
            return Ok(None);
        }
        DigestTime::read_minute(&self.digest_at)
            .map(Some)
            .ok_or_else(|| FieldErrors::one("digest_at", "Give a time of day, such as 08:00."))
    }
}

/// `GET /settings/notifications`
pub async fn show(app: Data<App>, who: May<Read>) -> AppResult<Page<ChoicesPage>> {
    let whose = (who.account(), who.who.member);
    let chosen = app
        .db
        .read(move |conn| {
            let kinds = queries::choices(conn, whose)?;
            Ok(Chosen::stored(kinds, mail::queries::digest_time(conn, whose)?))
        })
        .await?;
    Ok(Page::ok(view(&app, &who, &chosen, &FieldErrors::default())))
}

/// `POST /settings/notifications`
pub async fn update(
    app: Data<App>,
    form: Submit<Read, Vec<(String, String)>>,
) -> AppResult<Answer<ChoicesPage>> {
    let Submit { who, form } = form;
    let chosen = Chosen::typed(&form);
    match save(&app, &who, &chosen).await {
        Ok(()) => Ok(Answer::Next(
            SeeOther::to(HERE).done("You are told as you have chosen."),
        )),
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, &chosen, &errors);
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn save(app: &App, who: &May<Read>, chosen: &Chosen) -> AppResult<()> {
    let whose = (who.account(), who.who.member);
    let has_mail = app.mail.is_some();
    // Where it is not set up, the form says nothing of it, and what was chosen stays.
    let digest = has_mail.then(|| chosen.minute()).transpose()?;
    let kinds: Vec<_> = chosen
        .kinds
        .iter()
        .map(|c| (c.kind, c.is_wanted, has_mail.then_some(c.mail)))
        .collect();
    app.db
        .write(whose.0, move |tx| {
            commands::choose(tx, whose, &kinds)?;
            match digest {
                Some(minute) => mail::outbox::choose_digest(tx, whose, minute),
                None => Ok(()),
            }
        })
        .await
}

fn view(app: &App, who: &May<Read>, chosen: &Chosen, errors: &FieldErrors) -> ChoicesPage {
    ChoicesPage {
        shell: who.shell(app, "Notifications", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        kinds: chosen.kinds.iter().copied().map(kind_view).collect(),
        mail: app.mail.as_ref().map(|_| MailView {
            email: who.who.email.clone(),
            has_digest: chosen.has_digest,
            digest_at: Field::of(&chosen.digest_at, "digest_at", errors),
            zone: who.own_zone().name(),
        }),
    }
}

fn kind_view(choice: Choice) -> KindView {
    KindView {
        kind: choice.kind.as_str(),
        label: choice.kind.label(),
        is_wanted: choice.is_wanted,
        by_mail: ByMail::ALL
            .iter()
            .map(|how| Pick {
                value: how.as_str().to_owned(),
                label: how.label().to_owned(),
                selected: *how == choice.mail,
            })
            .collect(),
    }
}
