//! Adding evidence: a comment, and a file or none. A multipart body, of which no more than the largest file is kept.

use actix_multipart::Field as Part;
use actix_web::{
    HttpMessage, HttpRequest,
    http::header,
    web::{Data, Payload},
};
use futures_util::StreamExt;

use super::{
    acts,
    commands::{self, NewEvidence},
    files::{self, LARGEST},
    model::DisputeRow,
    queries,
    show::{DisputePage, Typed},
};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    idempotency::{self, Claim, Outcome},
    kernel::{
        crypto::sha256,
        error::{AppError, AppResult, Code},
        id::{DisputeId, EvidenceId, noun},
        text::EvidenceText,
    },
    web::{
        csrf,
        form::{PathId, check_token},
        multipart::{self, broken, text},
        page::Answer,
    },
};

/// The longest text part of the form, in bytes: a comment of a thousand characters with room to be told it is too long.
const LONGEST_TEXT: usize = 16 * 1024;

/// Beyond this a body is refused before it is read.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// What the form sent.
#[derive(Default)]
struct Sent {
    is_ours: bool,
    /// Of the page: what is sent twice is added once.
    key: String,
    typed: Typed,
    file: Option<(String, Vec<u8>)>,
    is_too_large: bool,
}

/// `POST /disputes/{id}/evidence`
pub async fn create(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Dispute>,
    payload: Payload,
) -> AppResult<Answer<DisputePage>> {
    refuse_early(who.request())?;
    let mut sent = Sent::default();
    let mut parts = multipart::parts(who.request(), payload)?;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|e| broken(&e))?;
        take(&who, &mut part, &mut sent).await?;
    }
    if !sent.is_ours {
        check_token(who.request(), None)?;
    }
    let typed = sent.typed.clone();
    let outcome = add(&app, &who, id.0, sent).await;
    let field = match &outcome {
        Err(AppError::Refused(Code::RuleRefuses | Code::Stale, _)) => "comment",
        _ => "file",
    };
    acts::answer(
        &app,
        &who,
        id.0,
        &typed,
        outcome,
        (field, "The evidence is added."),
    )
    .await
}

/// What the head of the request tells before a byte of the body is read.
fn refuse_early(request: &HttpRequest) -> AppResult<()> {
    let told = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > LARGEST_BODY) {
        return Err(too_large());
    }
    if request.headers().contains_key(header::CONTENT_ENCODING)
        || request.content_type() != "multipart/form-data"
    {
        let sentence = "Evidence is sent as multipart/form-data, without compression.";
        return Err(AppError::refused(Code::UnsupportedType, sentence));
    }
    Ok(())
}

async fn take(who: &May<Work>, part: &mut Part, sent: &mut Sent) -> AppResult<()> {
    match part.name().unwrap_or_default() {
        csrf::FIELD => {
            let token = text(part, LONGEST_TEXT).await?;
            check_token(who.request(), Some(&token))?;
            sent.is_ours = true;
        }
        "idempotency_key" => sent.key = text(part, LONGEST_TEXT).await?,
        "version" => sent.typed.version = text(part, LONGEST_TEXT).await?,
        "comment" => sent.typed.comment = text(part, LONGEST_TEXT).await?,
        "file" => {
            if !sent.is_ours {
                // The token stands before the file in our own form.
                check_token(who.request(), None)?;
            }
            take_file(part, sent).await?;
        }
        _ => {
            text(part, LONGEST_TEXT).await?;
        }
    }
    Ok(())
}

/// Keeps a file as far as it may go; the rest is read and dropped, as a browser that is still sending would not read
/// the answer.
async fn take_file(part: &mut Part, sent: &mut Sent) -> AppResult<()> {
    let given = part.content_disposition().and_then(|d| d.get_filename());
    let name = given.unwrap_or_default().to_owned();
    let (mut bytes, mut read) = (Vec::new(), 0_usize);
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|e| broken(&e))?;
        read += chunk.len();
        if read > LARGEST_BODY {
            return Err(too_large());
        }
        if read > LARGEST {
            sent.is_too_large = true;
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    // A browser sends an empty part without a name when no file was chosen.
    if read > 0 || !name.is_empty() {
        sent.file = Some((name, bytes));
    }
    Ok(())
}

/// Adds what was sent: once, also when it is sent twice.
async fn add(app: &App, who: &May<Work>, id: DisputeId, sent: Sent) -> AppResult<DisputeRow> {
    if sent.is_too_large {
        return Err(too_large());
    }
    let comment = EvidenceText::parse(&sent.typed.comment).map_err(|why| AppError::field("comment", why))?;
    let evidence = EvidenceId::generate(app.clock.now());
    let (actor, seen) = (who.actor(), sent.typed.version.parse().ok());
    let file = sent.file.as_ref().map(|(name, bytes)| (name, sha256(bytes)));
    let claim = Claim::of_page(
        &actor,
        who.request().path(),
        &sent.key,
        &(&sent.typed.comment, file),
    )?;
    let file = match sent.file {
        Some((name, bytes)) => Some(files::seal(&app.vault, evidence, &name, &bytes)?),
        None => None,
    };
    let new = NewEvidence {
        id: evidence,
        comment,
        url: None,
        file,
    };
    app.db
        .write_large(who.account(), move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                commands::add_evidence(tx, &actor, id, seen, &new)?;
                Ok(Outcome::new(303, None, new.id.to_string()))
            })?;
            queries::get(tx.conn, actor.business_account, id)
        })
        .await
}

fn too_large() -> AppError {
    let sentence = format!("A file has at most {} MiB.", LARGEST / 1024 / 1024);
    AppError::refused(Code::TooLarge, sentence)
}
