//! The form of a note, new or changed.

use askama::Template;
use serde::Deserialize;

use super::model::{NoteRow, Words};
use crate::{
    kernel::error::{AppResult, FieldErrors},
    web::shell::{Field, Problem, Shell, problems},
};

/// As it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoteForm {
    pub title: String,
    pub content_text: String,
    pub version: String,
    /// The page to come back to, where it is another than that of what the note is about.
    pub back: String,
    /// Of the page: what is sent twice is done once.
    pub idempotency_key: String,
}

impl NoteForm {
    /// The form of a note that is there.
    pub fn of(note: &NoteRow) -> Self {
        Self {
            title: note.title.clone(),
            content_text: note.text.clone(),
            version: note.version.to_string(),
            ..Self::default()
        }
    }

    /// What was typed, and on which version.
    pub fn content(&self) -> [&str; 3] {
        [&self.title, &self.content_text, &self.version]
    }

    /// What was typed, checked.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn words(&self) -> AppResult<Words> {
        Words::parse(&self.title, &self.content_text)
    }
}

/// The page of a form.
#[derive(Template)]
#[template(path = "notes/form.html")]
pub struct NotePage {
    pub shell: Shell,
    /// "New note" or "Edit note".
    pub heading: &'static str,
    /// What it is about, in words.
    pub about: String,
    /// Where the form is sent.
    pub action: String,
    /// Where one goes on, also without saving.
    pub back: String,
    /// The page to come back to, as the form carries it; empty where that is the page of what it is about.
    pub opened_from: String,
    pub problems: Vec<Problem>,
    pub title: Field,
    pub content_text: Field,
    /// The version that the form was opened on; empty for a new note.
    pub version: String,
    /// What somebody else made of it meanwhile: title and text.
    pub meanwhile: Option<(String, String)>,
}

impl NotePage {
    /// Fills the page with what was typed and what is wrong with it.
    pub fn new(shell: Shell, heading: &'static str, typed: &NoteForm, errors: &FieldErrors) -> Self {
        Self {
            shell,
            heading,
            about: String::new(),
            action: String::new(),
            back: String::new(),
            opened_from: String::new(),
            problems: problems(errors),
            title: Field::of(&typed.title, "title", errors),
            content_text: Field::of(&typed.content_text, "content_text", errors),
            version: typed.version.clone(),
            meanwhile: None,
        }
    }
}

/// What a refusal says at the text.
pub fn at_the_text(refusal: &crate::kernel::error::AppError) -> FieldErrors {
    match refusal {
        crate::kernel::error::AppError::Invalid(errors) => errors.clone(),
        other => FieldErrors::one("content_text", other.sentence()),
    }
}
