//! The first start: whoever reads the terminal makes the first business account and its Owner, with a code that is
//! printed there. There is no default login, and no second set-up.

use actix_web::{HttpRequest, web::Data};
use askama::Template;
use chrono_tz::{TZ_VARIANTS, Tz};
use diesel::prelude::*;
use serde::Deserialize;

use super::{
    access::record,
    links::{self, LinkKind, NewLink},
    model::{NewPerson, parse_zone},
    queries,
};
use crate::{
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        sessions,
    },
    db::{Scope, Tx, schema::business_accounts},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TeamMemberId},
        text::Title,
    },
    transactions::payment_reasons,
    web::{
        form::OpenForm,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Shell, problems},
        ui::Choice,
        visit::Visit,
    },
};

/// A new code for the set-up, which ends the one before; none when somebody has a login already.
pub async fn new_code(app: &App) -> AppResult<Option<String>> {
    let code = links::new_code()?;
    let plain = links::plain_code(&code);
    let is_needed = app
        .db
        .write(Scope::Global, move |tx| {
            if queries::is_anybody_there(tx.conn)? {
                return Ok(false);
            }
            links::insert(tx, LinkKind::Setup, &plain, &NewLink::default())?;
            Ok(true)
        })
        .await?;
    Ok(is_needed.then_some(code))
}

#[derive(Template)]
#[template(path = "auth/setup.html")]
pub struct SetupPage {
    shell: Shell,
    problems: Vec<Problem>,
    code: Field,
    business_account: Field,
    time_zone: Field,
    time_zones: Vec<Choice>,
    first_name: Field,
    last_name: Field,
    email: Field,
    password: Field,
}

/// The set-up as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SetupForm {
    code: String,
    business_account: String,
    time_zone: String,
    first_name: String,
    last_name: String,
    email: String,
    password: String,
}

/// The set-up, checked.
struct Setup {
    code: String,
    title: Title,
    zone: Tz,
    owner: NewPerson,
}

impl SetupForm {
    fn parse(&self) -> Result<Setup, FieldErrors> {
        let mut errors = FieldErrors::default();
        let title = errors.take("business_account", Title::parse(&self.business_account));
        let zone = errors.take("time_zone", parse_zone(&self.time_zone));
        let owner = NewPerson::parse(
            &mut errors,
            &self.email,
            &self.first_name,
            &self.last_name,
            &self.password,
            &self.business_account,
        );
        match (title, zone, owner) {
            (Some(title), Some(zone), Some(owner)) => Ok(Setup {
                code: links::plain_code(&self.code),
                title,
                zone,
                owner,
            }),
            _ => Err(errors),
        }
    }
}

/// `GET /setup`
pub async fn show(app: Data<App>, request: HttpRequest) -> AppResult<Page<SetupPage>> {
    require_nobody(&app).await?;
    let form = SetupForm {
        time_zone: "America/New_York".into(),
        ..SetupForm::default()
    };
    Ok(Page::ok(view(&app, &request, &form, &FieldErrors::default())))
}

/// `POST /setup`
pub async fn finish(
    app: Data<App>,
    request: HttpRequest,
    form: OpenForm<SetupForm>,
) -> AppResult<Answer<SetupPage>> {
    require_nobody(&app).await?;
    match set_up(&app, &request, &form.0).await {
        Ok((account, owner)) => {
            sessions::open(&request, &app, owner, account)?;
            let next = SeeOther::to("/settings/people").done("Docket is set up. Invite your team next.");
            Ok(Answer::Next(next))
        }
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &request, &form.0, &errors);
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn require_nobody(app: &App) -> AppResult<()> {
    if app.db.read(queries::is_anybody_there).await? {
        return Err(AppError::NotFound);
    }
    Ok(())
}

async fn set_up(
    app: &App,
    request: &HttpRequest,
    form: &SetupForm,
) -> AppResult<(BusinessAccountId, TeamMemberId)> {
    let setup = form.parse()?;
    let (code, now) = (setup.code.clone(), app.clock.now());
    app.db
        .read(move |conn| {
            links::get(conn, LinkKind::Setup, &code, now)
                .map(|_| ())
                .map_err(wrong_code)
        })
        .await?;
    let hash = app.hasher.hash(form.password.clone()).await?;
    let request_id = Visit::get(request).map(|v| v.request_id).unwrap_or_default();
    app.db
        .write(Scope::Global, move |tx| make(tx, &setup, &hash, &request_id))
        .await
}

fn wrong_code(error: AppError) -> AppError {
    match error {
        AppError::Refused(..) => AppError::field(
            "code",
            "This is not the code, or it is older than a day. A restart of Docket prints a new one.",
        ),
        other => other,
    }
}

/// Makes the business account and its Owner.
fn make(
    tx: &mut Tx<'_>,
    setup: &Setup,
    hash: &str,
    request_id: &str,
) -> AppResult<(BusinessAccountId, TeamMemberId)> {
    if queries::is_anybody_there(tx.conn)? {
        return Err(AppError::NotFound);
    }
    links::use_up(tx, LinkKind::Setup, &setup.code).map_err(wrong_code)?;
    let account = BusinessAccountId::generate(tx.now);
    diesel::insert_into(business_accounts::table)
        .values((
            business_accounts::id.eq(account),
            business_accounts::name.eq(setup.title.as_str()),
            business_accounts::time_zone.eq(setup.zone.name()),
            business_accounts::is_demo.eq(false),
            business_accounts::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    payment_reasons::seed(tx, account)?;
    let owner = queries::insert_login(tx, &setup.owner, hash)?;
    queries::insert_membership(tx, account, owner, Role::Owner)?;
    let (first, last) = (&setup.owner.first_name, &setup.owner.last_name);
    let actor = Actor {
        kind: ActorKind::Employee,
        id: Some(owner.uuid()),
        name: format!("{} {}", first.as_str(), last.as_str()),
        role: Role::Owner,
        business_account: account,
        request_id: request_id.to_owned(),
    };
    record_both(tx, &actor, owner, setup)?;
    Ok((account, owner))
}

fn record_both(tx: &mut Tx<'_>, actor: &Actor, owner: TeamMemberId, setup: &Setup) -> AppResult<()> {
    let created = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: actor.business_account.uuid(),
        kind: EventKind::Create,
        previous: "",
        new: setup.title.as_str(),
        description: &format!("{} was set up", setup.title.as_str()),
    };
    history::record(tx, actor, &created)?;
    let text = format!("{} joined as Owner", actor.name);
    record(tx, actor, owner, EventKind::Membership, ("", "ACTIVE"), &text)
}

fn view(app: &App, request: &HttpRequest, form: &SetupForm, errors: &FieldErrors) -> SetupPage {
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    SetupPage {
        shell: Shell::new(app, request, None, "Set up Docket", None),
        problems: problems(errors),
        code: field(&form.code, "code"),
        business_account: field(&form.business_account, "business_account"),
        time_zone: field(&form.time_zone, "time_zone"),
        time_zones: zones(&form.time_zone),
        first_name: field(&form.first_name, "first_name"),
        last_name: field(&form.last_name, "last_name"),
        email: field(&form.email, "email"),
        password: field("", "password"),
    }
}

fn zones(chosen: &str) -> Vec<Choice> {
    TZ_VARIANTS
        .iter()
        .map(|zone| Choice {
            value: zone.name().to_owned(),
            label: zone.name().replace('_', " "),
            selected: zone.name() == chosen,
        })
        .collect()
}
