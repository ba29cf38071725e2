//! The form that takes a file, and what it sends: a multipart body, read as it comes.

use actix_multipart::{Field as Part, Multipart};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header,
    web::{Data, Payload},
};
use askama::Template;
use futures_util::{Stream, StreamExt};

use super::{
    csv_head::{self, COLUMNS, Column},
    names,
    store::{LARGEST, PIECE, Received, Receiver},
};
use crate::{
    app::App,
    auth::{permission::Import, principal::May},
    imports::model::{ImportRow, ImportState},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::ImportId,
    },
    web::{
        csrf, csv,
        form::check_token,
        multipart::{self, broken, text},
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
    },
};

/// The longest text part of the form: a token is much shorter.
const LONGEST_TEXT: usize = 1024;

#[derive(Template)]
#[template(path = "imports/new.html")]
pub struct NewPage {
    shell: Shell,
    problems: Vec<Problem>,
    file: Field,
    limits: String,
    columns: &'static [Column],
}

/// `GET /imports/new`
pub async fn new(app: Data<App>, who: May<Import>) -> Page<NewPage> {
    Page::ok(page(&app, &who, &FieldErrors::default()))
}

fn page(app: &App, who: &May<Import>, errors: &FieldErrors) -> NewPage {
    NewPage {
        shell: who.shell(app, "Import a file", Section::Imports),
        problems: problems(errors),
        file: Field::of("", "file", errors),
        limits: "ACH (NACHA), or exceptions as CSV; up to 64 MB".into(),
        columns: COLUMNS,
    }
}

/// `GET /imports/sample.csv`: a file with every column and two lines.
pub async fn sample(_who: May<Import>) -> HttpResponse {
    csv::table("exceptions.csv").body(csv_head::sample())
}

/// `POST /imports/new`
pub async fn create(app: Data<App>, who: May<Import>, payload: Payload) -> AppResult<Answer<NewPage>> {
    match receive(&app, &who, payload).await {
        Ok(received) => Ok(Answer::Next(next(&who, received))),
        Err(AppError::Invalid(errors)) => {
            Ok(Answer::Again(Page::with_status(page(&app, &who, &errors), 422)))
        }
        Err(error) => Err(error),
    }
}

fn next(who: &May<Import>, received: Received) -> SeeOther {
    match received {
        Received::New(id) => SeeOther::to(address(id)),
        Received::Before(row) => SeeOther::to(address(row.id)).notice(said_before(who, &row)),
    }
}

fn said_before(who: &May<Import>, row: &ImportRow) -> String {
    let when = row.created_at.written_in(who.own_zone());
    let by = &row.created_by_name;
    match row.state {
        ImportState::Checked => {
            format!("This file was uploaded already on {when} by {by}; it waits to be imported.")
        }
        _ => format!("This file was imported already on {when} by {by}; nothing was changed."),
    }
}

/// Where an import's page is.
pub fn address(id: ImportId) -> String {
    format!("/imports/{id}")
}

/// Takes the file in. Until the token has been checked nothing is stored, wherever in the form it stands.
async fn receive(app: &App, who: &May<Import>, payload: Payload) -> AppResult<Received> {
    refuse_early(who.request())?;
    let mut parts = multipart::parts(who.request(), payload)?;
    let mut upload = Upload {
        app,
        who,
        is_ours: false,
        file: None,
    };
    let outcome = upload.take(&mut parts).await;
    if outcome.is_err() {
        // A browser that is still sending would not read the answer.
        drain(&mut parts).await;
    }
    match (outcome, upload.file) {
        (Ok(()), Some(file)) if upload.is_ours => file.finish().await,
        (Ok(()), Some(_)) => Err(check_token(who.request(), None)
            .err()
            .unwrap_or(AppError::NotFound)),
        (Ok(()), None) => Err(AppError::field("file", "Choose a file.")),
        (Err(error), file) => {
            if let Some(file) = file {
                file.abandon().await?;
            }
            Err(error)
        }
    }
}

/// What the head of the request tells before a byte of the body is read.
fn refuse_early(request: &HttpRequest) -> AppResult<()> {
    refuse_large_or_packed(request)?;
    if request.content_type() != "multipart/form-data" {
        let sentence = "A file is sent as multipart/form-data.";
        return Err(AppError::refused(Code::UnsupportedType, sentence));
    }
    Ok(())
}

/// What the head tells of a file however it is sent.
pub(super) fn refuse_large_or_packed(request: &HttpRequest) -> AppResult<()> {
    let told = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let sentence = "A file is sent as it is, without compression.";
        return Err(AppError::refused(Code::UnsupportedType, sentence));
    }
    Ok(())
}

fn too_large() -> AppError {
    AppError::refused(Code::TooLarge, "A file may have at most 64 MB.")
}

struct Upload<'a> {
    app: &'a App,
    who: &'a May<Import>,
    /// The token was there and is right.
    is_ours: bool,
    file: Option<Receiver<'a>>,
}

impl Upload<'_> {
    async fn take(&mut self, parts: &mut Multipart) -> AppResult<()> {
        while let Some(part) = parts.next().await {
            let mut part = part.map_err(|e| broken(&e))?;
            match part.name() {
                Some(csrf::FIELD) => {
                    let token = text(&mut part, LONGEST_TEXT).await?;
                    check_token(self.who.request(), Some(&token))?;
                    self.is_ours = true;
                }
                Some("file") => self.take_file(&mut part).await?,
                _ => {
                    text(&mut part, LONGEST_TEXT).await?;
                }
            }
        }
        Ok(())
    }

    async fn take_file(&mut self, part: &mut Part) -> AppResult<()> {
        if self.file.is_some() {
            return Err(AppError::field("file", "Send one file at a time."));
        }
        let given = part.content_disposition().and_then(|d| d.get_filename());
        let name = names::kept(given.unwrap_or_default());
        let nothing_chosen = given.is_none_or(str::is_empty);
        let mut file = Receiver::begin(self.app, self.who.actor(), name).await?;
        while let Some(bytes) = part.next().await {
            let bytes = bytes.map_err(|e| broken(&e))?;
            if !self.is_ours && file.size() + bytes.len() > PIECE {
                // The next byte would be stored.
                check_token(self.who.request(), None)?;
            }
            if let Err(error) = file.push(&bytes).await {
                self.file = Some(file);
                return Err(error);
            }
        }
        // A browser sends an empty part when no file was chosen.
        if file.size() > 0 || !nothing_chosen {
            self.file = Some(file);
        }
        Ok(())
    }
}

/// Reads on without keeping anything, as far as a body may go.
pub(super) async fn drain(parts: &mut Multipart) {
    let mut left = LARGEST;
    while let Some(Ok(mut part)) = parts.next().await {
        if !drain_part(&mut part, &mut left).await {
            return;
        }
    }
}

pub(super) async fn drain_part<E>(
    part: &mut (impl Stream<Item = Result<actix_web::web::Bytes, E>> + Unpin),
    left: &mut usize,
) -> bool {
    while let Some(Ok(bytes)) = part.next().await {
        match left.checked_sub(bytes.len()) {
            Some(rest) => *left = rest,
            None => return false,
        }
    }
    true
}
