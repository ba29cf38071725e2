//! The page between a form and its deed: what will happen, before and after, whether a second person must agree.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use askama::Template;

use crate::web::{
    page::{Page, SeeOther},
    shell::Shell,
    ui::{Change, Fact},
};

#[derive(Template)]
#[template(path = "transactions/confirm.html")]
pub struct ConfirmPage {
    pub shell: Shell,
    pub heading: String,
    /// The record's page and its name.
    pub back: String,
    pub short: String,
    /// The form, to change what was typed.
    pub edit: String,
    pub action: String,
    pub version: i64,
    pub idempotency_key: String,
    /// Why it waits for a second person, if it does.
    pub consent: Option<String>,
    pub deed: String,
    pub leave: &'static str,
    pub effects: Vec<String>,
    /// What is left of the limits after it; empty where none is touched.
    pub limits: Vec<Fact>,
    pub changes: Vec<Change>,
    pub kept: Vec<(&'static str, String)>,
}

impl ConfirmPage {
    /// The words of the button: what is done, or that it is asked for.
    pub fn deed(consent: Option<&String>, deed: &str) -> String {
        match consent {
            Some(_) => "Ask for approval".into(),
            None => deed.into(),
        }
    }
}

/// What the handlers of a form with a confirmation answer.
pub enum Step<T: Template> {
    Form(Box<Page<T>>),
    Confirm(Box<Page<ConfirmPage>>),
    Next(SeeOther),
}

impl<T: Template> Responder for Step<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Form(page) => page.respond_to(request),
            Self::Confirm(page) => page.respond_to(request),
            Self::Next(next) => next.respond_to(request),
        }
    }
}
