//! Answers of handlers: a page, or a redirect with a word for the next page.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    cookie::Cookie,
    http::{StatusCode, header},
};
use askama::Template;

use super::{
    back,
    error::AlreadyRendered,
    flash,
    shell::{Flash, FlashKind},
    visit::Visit,
};
use crate::kernel::error::AppError;

/// Bytes of a page with a list of 50: it is written without growing, and thereby copying, its buffer.
const TYPICAL: usize = 48 * 1024;

/// A page: a view and its status.
pub struct Page<T: Template> {
    view: T,
    status: StatusCode,
}

impl<T: Template> Page<T> {
    /// A page that is as it should be.
    pub fn ok(view: T) -> Self {
        Self {
            view,
            status: StatusCode::OK,
        }
    }

    /// A form that comes back with what is wrong in it, or a page that tells a conflict.
    pub fn with_status(view: T, status: u16) -> Self {
        Self {
            view,
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
}

impl<T: Template> Responder for Page<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut html = String::with_capacity(T::SIZE_HINT.max(TYPICAL));
        if let Err(e) = self.view.render_into(&mut html) {
            return actix_web::ResponseError::error_response(&AppError::Internal(format!("template: {e}")));
        }
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
        if let Some(visit) = Visit::get(request).filter(|v| v.is_new_visitor) {
            response.cookie(visit.visitor_cookie());
        }
        if flash::read(request).is_some() {
            response.cookie(flash::spent());
        }
        let mut response = response.body(html);
        response.extensions_mut().insert(AlreadyRendered);
        response
    }
}

/// After a form: the next page, with a word about what was done.
pub struct SeeOther {
    to: String,
    flash: Option<Flash>,
    cookie: Option<Box<Cookie<'static>>>,
}

impl SeeOther {
    /// To an address of ours.
    pub fn to(address: impl Into<String>) -> Self {
        Self {
            to: address.into(),
            flash: None,
            cookie: None,
        }
    }

    /// With a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookie = Some(Box::new(cookie));
        self
    }

    /// Done, and what was done.
    #[must_use]
    pub fn done(self, text: impl Into<String>) -> Self {
        self.say(FlashKind::Success, text.into())
    }

    /// Not done, and why; or something to know.
    #[must_use]
    pub fn notice(self, text: impl Into<String>) -> Self {
        self.say(FlashKind::Notice, text.into())
    }

    /// Refused, and why.
    #[must_use]
    pub fn refused(self, text: impl Into<String>) -> Self {
        self.say(FlashKind::Error, text.into())
    }

    /// A link after the words.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, label: impl Into<String>) -> Self {
        if let Some(flash) = &mut self.flash {
            flash.link = Some((href.into(), label.into()));
        }
        self
    }

    fn say(mut self, kind: FlashKind, text: String) -> Self {
        self.flash = Some(Flash {
            kind,
            text,
            link: None,
        });
        self
    }
}

impl Responder for SeeOther {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::SeeOther();
        response.insert_header((header::LOCATION, back::kept(self.to, request)));
        if let Some(mut flash) = self.flash {
            if let Some((href, _)) = &mut flash.link {
                *href = back::kept(std::mem::take(href), request);
            }
            response.cookie(flash::cookie(&flash));
        }
        if let Some(cookie) = self.cookie {
            response.cookie(*cookie);
        }
        response.finish()
    }
}

/// What a form's handler answers: on to the next page, or the form again with what is wrong.
pub enum Answer<T: Template> {
    /// Done.
    Next(SeeOther),
    /// The form again, or the conflict.
    Again(Page<T>),
}

impl<T: Template> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Next(next) => next.respond_to(request),
            Self::Again(page) => page.respond_to(request),
        }
    }
}
