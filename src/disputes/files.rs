//! Files of evidence: what they are by their content, how they are kept (sealed piece by piece, with the SHA-256 of what
//! was sent), and how they are given out: to be saved, never to be opened as a page.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use futures_util::stream;
use sha2::{Digest, Sha256};

use super::queries;
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    imports::names,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult},
        id::{EvidenceId, noun},
    },
    web::form::PathId,
};

/// The largest file.
pub const LARGEST: usize = 10 * 1024 * 1024;

/// Bytes are sealed in pieces of this size.
const PIECE: usize = 1024 * 1024;

/// What is taken: type, and the endings its name may have, the usual one first.
const TAKEN: [(&str, &[&str]); 7] = [
    ("application/pdf", &["pdf"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/gif", &["gif"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/webp", &["webp"]),
    ("text/plain", &["txt", "csv", "eml", "log"]),
];

/// As a form says it.
pub const TAKEN_WORDS: &str = "PDF, PNG, JPEG, GIF, TIFF, WebP or plain text, up to 10 MiB";

/// A file that is ready to be stored.
#[derive(Debug)]
pub struct Sealed {
    /// What it is called; its ending fits its type.
    pub name: String,
    /// Its type by its content.
    pub kind: &'static str,
    /// In bytes.
    pub size: i64,
    /// Of what was sent.
    pub sha256: Vec<u8>,
    /// Its bytes.
    pub pieces: Vec<Vec<u8>>,
}

/// Ties a sealed piece to its place.
pub(crate) fn piece_place(id: EvidenceId, position: i64) -> String {
    format!("evidence_pieces/{id}/{position}")
}

/// The type of a file and its endings, by its content alone; none when it is not taken.
fn kind_of(bytes: &[u8]) -> Option<(&'static str, &'static [&'static str])> {
    let found = match infer::get(bytes) {
        Some(kind) => kind.mime_type(),
        None if is_text(bytes) => "text/plain",
        None => return None,
    };
    TAKEN.into_iter().find(|(kind, _)| *kind == found)
}

/// UTF-8 that a terminal would show without doing anything else, and no markup.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let is_shown = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    let start = text.trim_start_matches('\u{feff}').trim_start();
    !start.starts_with('<') && !start.starts_with("#!") && text.chars().all(is_shown)
}

/// Its own name, with an ending that fits its type.
fn named(given: &str, endings: &[&str]) -> String {
    let name = match given {
        "" => "unnamed".to_owned(),
        given => names::kept(given),
    };
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    match (ending, endings.first()) {
        (Some(ending), _) if endings.contains(&ending.as_str()) => name,
        (_, Some(usual)) => format!("{name}.{usual}"),
        (_, None) => name,
    }
}

/// Looks at a file and seals it.
///
/// # Errors
/// What is wrong with `file`, in a sentence.
pub fn seal(vault: &Vault, id: EvidenceId, given: &str, bytes: &[u8]) -> AppResult<Sealed> {
    if bytes.is_empty() {
        return Err(AppError::field("file", "The file is empty."));
    }
    let Some((kind, endings)) = kind_of(bytes) else {
        let sentence = format!("This kind of file is not taken. Send {TAKEN_WORDS}.");
        return Err(AppError::field("file", sentence));
    };
    let pieces: AppResult<Vec<Vec<u8>>> = bytes
        .chunks(PIECE)
        .zip(0..)
        .map(|(piece, position)| vault.seal(&piece_place(id, position), piece))
        .collect();
    Ok(Sealed {
        name: named(given, endings),
        kind,
        size: bytes.len() as i64,
        sha256: Sha256::digest(bytes).to_vec(),
        pieces: pieces?,
    })
}

/// `GET /evidence/{id}/file`
pub async fn download(app: Data<App>, who: May<Read>, id: PathId<noun::Evidence>) -> AppResult<HttpResponse> {
    let (account, id) = (who.account(), id.0);
    let row = app
        .db
        .read(move |conn| queries::get_evidence(conn, account, id))
        .await?;
    let (Some(name), Some(kind)) = (row.file_name, row.file_type) else {
        return Err(AppError::NotFound);
    };
    // Piece by piece: no more than one is in memory.
    let pieces = stream::try_unfold((app, 0_i64), move |(app, position)| async move {
        let sealed = app
            .db
            .read(move |conn| queries::piece(conn, id, position))
            .await?;
        let opened = sealed
            .map(|sealed| app.vault.open(&piece_place(id, position), &sealed))
            .transpose()?;
        AppResult::Ok(opened.map(|bytes| (Bytes::from(bytes), (app, position + 1))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header(names::attachment(&name))
        .streaming(pieces))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] = b"%PDF-1.7\n1 0 obj";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn vault() -> Vault {
        Vault::new(b"0123456789abcdef0123456789abcdef").unwrap()
    }

    fn taken(name: &str, bytes: &[u8]) -> Option<(String, &'static str)> {
        let id = EvidenceId::from_uuid(uuid::Uuid::nil());
        seal(&vault(), id, name, bytes).ok().map(|f| (f.name, f.kind))
    }

    #[test]
    fn the_content_says_what_a_file_is_and_the_name_follows() {
        let named = |name: &str, kind| Some((name.to_owned(), kind));
        assert_eq!(taken("a.pdf", PDF), named("a.pdf", "application/pdf"));
        assert_eq!(taken("a.PDF", PDF), named("a.PDF", "application/pdf"));
        assert_eq!(taken("a.txt", PDF), named("a.txt.pdf", "application/pdf"));
        assert_eq!(
            taken("../x.html", b"plain words"),
            named("x.html.txt", "text/plain")
        );
        assert_eq!(
            taken("a.jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
            named("a.jpeg", "image/jpeg")
        );
        assert_eq!(taken("", PNG), named("unnamed.png", "image/png"));
        assert_eq!(
            taken("b.csv", "a;ü\r\n1;2\r\n".as_bytes()),
            named("b.csv", "text/plain")
        );
    }

    #[test]
    fn what_is_not_taken_is_refused_whatever_its_name() {
        let zip = b"PK\x03\x04\x14\0\0\0\x08\0";
        let gzip = b"\x1f\x8b\x08\0\0\0\0\0";
        let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>";
        for (what, bytes) in [
            ("nothing", &b""[..]),
            ("zip", zip),
            ("gzip", gzip),
            ("program", elf),
            ("page", b"<!DOCTYPE html><script>alert(1)</script>"),
            ("page behind blanks", b" \n<html>"),
            ("picture with script", svg),
            ("script", b"#!/bin/sh\nrm x"),
            ("UTF-16", b"\xff\xfea\0b\0"),
            ("control characters", b"a\x1b[31m"),
            ("not UTF-8", b"caf\xe9"),
        ] {
            assert_eq!(taken("a.pdf", bytes), None, "{what}");
        }
    }

    #[test]
    fn pieces_are_sealed_for_their_place() {
        let (vault, id) = (vault(), EvidenceId::from_uuid(uuid::Uuid::nil()));
        let bytes = vec![b'x'; PIECE + 1];
        let file = seal(&vault, id, "x.txt", &bytes).unwrap();
        assert_eq!((file.pieces.len(), file.size), (2, 1_048_577));
        let last = vault.open(&piece_place(id, 1), &file.pieces[1]).unwrap();
        assert_eq!(last, b"x");
        assert!(vault.open(&piece_place(id, 0), &file.pieces[1]).is_err());
    }
}
