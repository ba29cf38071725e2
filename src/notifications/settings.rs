//! What one is told of.

use actix_web::web::Data;
use askama::Template;

use super::{commands, model::Kind, queries};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::error::AppResult,
    web::{
        form::Submit,
        page::{Page, SeeOther},
        settings,
        shell::{Section, Shell},
        ui::Tab,
    },
};

#[derive(Template)]
#[template(path = "notifications/settings.html")]
pub struct ChoicesPage {
    shell: Shell,
    pages: Vec<Tab>,
    kinds: Vec<KindView>,
}

struct KindView {
    kind: &'static str,
    label: &'static str,
    is_wanted: bool,
}

/// `GET /settings/notifications`
pub async fn show(app: Data<App>, who: May<Read>) -> AppResult<Page<ChoicesPage>> {
    let whose = (who.account(), who.who.member);
    let choices = app.db.read(move |conn| queries::choices(conn, whose)).await?;
    Ok(Page::ok(ChoicesPage {
        shell: who.shell(&app, "Notifications", Section::Work),
        pages: settings::pages(&who.who, "/settings/notifications"),
        kinds: choices
            .into_iter()
            .map(|(kind, is_wanted)| KindView {
                kind: kind.as_str(),
                label: kind.label(),
                is_wanted,
            })
            .collect(),
    }))
}

/// `POST /settings/notifications`: a field for each kind that is wanted.
pub async fn update(app: Data<App>, form: Submit<Read, Vec<(String, String)>>) -> AppResult<SeeOther> {
    let whose = (form.who.account(), form.who.who.member);
    let choices: Vec<(Kind, bool)> = Kind::ALL
        .iter()
        .map(|kind| (*kind, form.form.iter().any(|(name, _)| name == kind.as_str())))
        .collect();
    app.db
        .write(whose.0, move |tx| commands::choose(tx, whose, &choices))
        .await?;
    Ok(SeeOther::to("/settings/notifications").done("You are told as you have chosen."))
}
