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
    kernel::{
        error::{AppResult, Code, FieldErrors},
        id::{NoteId, noun},
    },
    web::{
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
    let typed = kept.form::<NoteForm>().unwrap_or_else(|| NoteForm::of(&note));
    Ok(Page::ok(page(&app, &who, &note, &typed, &FieldErrors::default())))
}

/// `POST /notes/{id}/edit`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::Note>,
    form: Submit<Work, NoteForm>,
) -> AppResult<Answer<NotePage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form);
    let seen = typed.version.parse().ok();
    let outcome = match typed.words() {
        Ok(words) => {
            app.db
                .write(actor.business_account, move |tx| {
                    commands::edit(tx, &actor, id, &words, seen)
                })
                .await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(note) => Ok(Answer::Next(
            SeeOther::to(home(&note)).done("The note is changed."),
        )),
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

async fn find(app: &App, who: &May<Work>, id: NoteId) -> AppResult<NoteRow> {
    let account = who.account();
    app.db.read(move |conn| queries::get(conn, account, id)).await
}

fn page(app: &App, who: &May<Work>, note: &NoteRow, typed: &NoteForm, errors: &FieldErrors) -> NotePage {
    NotePage {
        about: format!("It is about {}.", note.entity_type.words()),
        action: format!("/notes/{}/edit", note.id),
        back: home(note),
        ..NotePage::new(
            who.shell(app, "Edit note", Section::Queue),
            "Edit note",
            typed,
            errors,
        )
    }
}

/// The page of what the note is about; what other systems keep has none.
fn home(note: &NoteRow) -> String {
    match note.entity_type {
        Noted::Transaction => format!("/transactions/{}#notes", note.entity_id),
        Noted::FinancialAccount => format!("/accounts/{}#notes", note.entity_id),
        _ => "/exceptions".into(),
    }
}
