//! A new note, from the page of an exception, a transaction or an account.

use actix_web::web::Data;
use uuid::Uuid;

use super::{
    commands,
    forms::{NoteForm, NotePage, at_the_text},
    model::{Noted, Words},
    queries,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Permission, Work},
        principal::May,
    },
    db::{AnyConnection, Tx},
    exceptions,
    idempotency::{self, Outcome},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ExceptionId, Id, NoteId, noun},
    },
    web::{
        back,
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::Section,
    },
};

/// From where the note is written.
#[derive(Clone, Copy)]
enum Place {
    Exception(ExceptionId),
    Entity(Noted, Uuid),
}

impl Place {
    fn transaction(id: Id<noun::Transaction>) -> Self {
        Self::Entity(Noted::Transaction, id.uuid())
    }

    fn account(id: Id<noun::FinancialAccount>) -> Self {
        Self::Entity(Noted::FinancialAccount, id.uuid())
    }

    fn path(self) -> String {
        match self {
            Self::Exception(id) => format!("/exceptions/{id}"),
            Self::Entity(Noted::FinancialAccount, id) => format!("/accounts/{id}"),
            Self::Entity(_, id) => format!("/transactions/{id}"),
        }
    }

    const fn section(self) -> Section {
        match self {
            Self::Exception(_) => Section::Queue,
            Self::Entity(Noted::FinancialAccount, _) => Section::Accounts,
            Self::Entity(..) => Section::Transactions,
        }
    }

    /// What the note is about.
    fn about(self, conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Option<(Noted, Uuid)>> {
        match self {
            Self::Exception(id) => Ok(exceptions::queries::get(conn, account, id)?.noted()),
            Self::Entity(kind, id) => {
                queries::must_be_there(conn, account, (kind, id))?;
                Ok(Some((kind, id)))
            }
        }
    }

    fn add(self, tx: &mut Tx<'_>, actor: &Actor, words: &Words) -> AppResult<NoteId> {
        match self {
            Self::Exception(id) => commands::add_on_exception(tx, actor, id, words),
            Self::Entity(kind, id) => commands::add(tx, actor, (kind, id), words),
        }
        .map(|note| note.id)
    }
}

/// `GET /exceptions/{id}/notes`
pub async fn on_exception(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<NotePage>> {
    show(&app, &who, Place::Exception(id.0), &kept).await
}

/// `GET /transactions/{id}/notes`
pub async fn on_transaction(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Transaction>,
    kept: Kept,
) -> AppResult<Page<NotePage>> {
    show(&app, &who, Place::transaction(id.0), &kept).await
}

/// `GET /accounts/{id}/notes`
pub async fn on_account(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::FinancialAccount>,
    kept: Kept,
) -> AppResult<Page<NotePage>> {
    show(&app, &who, Place::account(id.0), &kept).await
}

/// `POST /exceptions/{id}/notes`
pub async fn create_on_exception(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, NoteForm>,
) -> AppResult<Answer<NotePage>> {
    create(&app, Place::Exception(id.0), &form).await
}

/// `POST /transactions/{id}/notes`
pub async fn create_on_transaction(
    app: Data<App>,
    id: PathId<noun::Transaction>,
    form: Submit<Work, NoteForm>,
) -> AppResult<Answer<NotePage>> {
    create(&app, Place::transaction(id.0), &form).await
}

/// `POST /accounts/{id}/notes`
pub async fn create_on_account(
    app: Data<App>,
    id: PathId<noun::FinancialAccount>,
    form: Submit<Work, NoteForm>,
) -> AppResult<Answer<NotePage>> {
    create(&app, Place::account(id.0), &form).await
}

async fn show(app: &App, who: &May<Work>, place: Place, kept: &Kept) -> AppResult<Page<NotePage>> {
    let typed = kept.form::<NoteForm>().unwrap_or_default();
    page(app, who, place, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn create(app: &App, place: Place, form: &Submit<Work, NoteForm>) -> AppResult<Answer<NotePage>> {
    let typed = &form.form;
    match send(app, place, &form.who, typed).await {
        Ok(_) => Ok(Answer::Next(
            SeeOther::to(format!("{}#notes", place.path())).done("Your note is added."),
        )),
        Err(refused) if is_told_at_the_form(&refused) => {
            let page = page(app, &form.who, place, typed, &at_the_text(&refused)).await?;
            Ok(Answer::Again(Page::with_status(page, refused.code().status())))
        }
        Err(error) => Err(error),
    }
}

/// Adds what was typed: once, also when it is sent twice.
async fn send(app: &App, place: Place, who: &May<Work>, typed: &NoteForm) -> AppResult<Outcome> {
    let words = typed.words()?;
    let (key, content) = (&typed.idempotency_key, typed.content());
    idempotency::done_once(app, who, key, &content, move |tx, actor| {
        let note = place.add(tx, actor, &words)?;
        Ok(Outcome::new(303, None, note.to_string()))
    })
    .await
}

fn is_told_at_the_form(refused: &AppError) -> bool {
    matches!(
        refused.code(),
        Code::Invalid | Code::IllegalMove | Code::RuleRefuses
    )
}

async fn page<P: Permission>(
    app: &App,
    who: &May<P>,
    place: Place,
    typed: &NoteForm,
    errors: &FieldErrors,
) -> AppResult<NotePage> {
    let account = who.account();
    let about = app.db.read(move |conn| place.about(conn, account)).await?;
    let shell = who.shell(app, "New note", place.section());
    let list = back::with_list(&back::list_of(who.request().query_string()));
    Ok(NotePage {
        about: about.map_or_else(String::new, |(kind, _)| {
            format!(
                "It stays with {}, for everybody who works on it later.",
                kind.words()
            )
        }),
        action: format!("{}/notes{list}", place.path()),
        back: format!("{}{list}", place.path()),
        version: String::new(),
        ..NotePage::new(shell, "New note", typed, errors)
    })
}
