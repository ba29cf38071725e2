//! Changing a note. Who comes second is shown what the first made of it, and keeps what they typed.

use actix_web::web::Data;

use super::{
    commands,
    forms::{NoteForm, NotePage, at_the_text},
    model::{NoteRow, Noted},
    queries,
};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    idempotency::{self, Outcome},
    kernel::{
        error::{AppResult, Code, FieldErrors},
        id::{NoteId, noun},
    },
    web::{
        back,
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::Section,
    },
};

/// `GET /notes/{id}/edit`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Note>,
    kept: Kept,
) -> AppResult<Page<NotePage>> {
    let note = find(&app, &who, id.0).await?;
    let typed = kept.form::<NoteForm>().unwrap_or_else(|| NoteForm {
        back: back::page_of(who.request().query_string()),
        ..NoteForm::of(&note)
    });
    Ok(Page::ok(page(&app, &who, &note, &typed, &FieldErrors::default())))
}

/// `POST /notes/{id}/edit`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::Note>,
    form: Submit<Work, NoteForm>,
) -> AppResult<Answer<NotePage>> {
    let (id, typed) = (id.0, form.form);
    match send(&app, &form.who, id, &typed).await {
        Ok(done) => {
            let home = done.location.unwrap_or_else(|| NOWHERE.into());
            let to = SeeOther::to(way_on(&typed, home));
            Ok(Answer::Next(to.done("The note is changed.")))
        }
        Err(refused) if matches!(refused.code(), Code::Invalid | Code::Stale) => {
            let note = find(&app, &form.who, id).await?;
            let mut page = page(&app, &form.who, &note, &typed, &at_the_text(&refused));
            if refused.code() == Code::Stale {
                page.version = note.version.to_string();
                page.meanwhile = Some((note.title, note.text));
            }
            Ok(Answer::Again(Page::with_status(page, refused.code().status())))
        }
        Err(error) => Err(error),
    }
}

/// Changes it to what was typed: once, also when it is sent twice.
async fn send(app: &App, who: &May<Work>, id: NoteId, typed: &NoteForm) -> AppResult<Outcome> {
    let (words, seen) = (typed.words()?, typed.version.parse().ok());
    let (key, content) = (&typed.idempotency_key, typed.content());
    idempotency::done_once(app, who, key, &content, move |tx, actor| {
        let note = commands::edit(tx, actor, id, &words, seen)?;
        Ok(Outcome::new(303, Some(home(&note)), note.id.to_string()))
    })
    .await
}

async fn find(app: &App, who: &May<Work>, id: NoteId) -> AppResult<NoteRow> {
    let account = who.account();
    app.db.read(move |conn| queries::get(conn, account, id)).await
}

fn page(app: &App, who: &May<Work>, note: &NoteRow, typed: &NoteForm, errors: &FieldErrors) -> NotePage {
    NotePage {
        about: format!("It is about {}.", note.entity_type.words()),
        action: format!("/notes/{}/edit", note.id),
        back: way_on(typed, home(note)),
        opened_from: typed.back.clone(),
        ..NotePage::new(
            who.shell(app, "Edit note", Section::Queue),
            "Edit note",
            typed,
            errors,
        )
    }
}

/// The page that the form was opened from, or the note's home.
fn way_on(typed: &NoteForm, home: String) -> String {
    if back::is_ours(&typed.back) {
        typed.back.clone()
    } else {
        home
    }
}

/// Where one goes on from what has no page.
const NOWHERE: &str = "/exceptions";

/// The page of what the note is about; what other systems keep has none.
fn home(note: &NoteRow) -> String {
    match note.entity_type {
        Noted::Transaction => format!("/transactions/{}#notes", note.entity_id),
        Noted::FinancialAccount => format!("/accounts/{}#notes", note.entity_id),
        _ => NOWHERE.into(),
    }
}
