//! Errors at the border. A handler's error carries itself in its response; one middleware, outermost, turns every
//! failed answer (ours and the framework's) into a page in the normal layout or the API's problem body, logs it once,
//! and adds the headers that every answer has.

use std::{future::Future, panic::AssertUnwindSafe};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use askama::Template;
use futures_util::FutureExt;

use super::{
    csp_report, csrf, headers,
    kept::KeptBody,
    problem,
    shell::Shell,
    ui::Link,
    visit::{Visit, told_path},
};
use crate::{
    api::limit,
    app::App,
    auth::{login, principal::Principal, refusals},
    kernel::error::{AppError, AppResult, Code},
};

/// Marks an answer whose body is what it should be, whatever its status.
#[derive(Clone, Copy)]
pub struct AlreadyRendered;

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    shell: Shell,
    fault: Fault,
}

#[derive(Template)]
#[template(path = "web/error_bare.html")]
struct BareErrorPage {
    shell: Shell,
    fault: Fault,
}

/// What an error page says.
struct Fault {
    status: u16,
    icon: &'static str,
    title: String,
    text: String,
    /// Field errors of a form that has no page of its own to come back to.
    details: Vec<String>,
    ways: Vec<Link>,
    /// The request id.
    request: String,
}

/// The outermost middleware.
pub async fn border(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = App::of(request.request())?;
    let visit = Visit::of(request.request(), &app);
    request.extensions_mut().insert(visit.clone());
    let path = request.path().to_owned();
    let echoed = is_api(&path).then(|| echo(request.request())).flatten();
    let finish = |response: &mut HttpResponse| {
        headers::add(response.headers_mut(), &visit.nonce, app.is_reached_over_tls());
        if let Some(id) = &echoed {
            response
                .headers_mut()
                .insert(HeaderName::from_static(REQUEST_ID), id.clone());
        }
    };
    // Browsers report what a foreign page tried under that page's origin.
    let gate = fits(&request).and_then(|()| {
        if is_api(&path) || path == csp_report::PATH {
            return Ok(());
        }
        let public_url = app.settings.public_url.as_deref();
        csrf::gate(request.method(), request.headers(), public_url)
    });
    let response = match gate {
        Ok(()) => survived(next.call(request))
            .await
            .map(ServiceResponse::map_into_boxed_body),
        Err(refusal) => Ok(request.into_response(refusal.error_response())),
    };
    match response {
        Ok(response) => {
            let (request, mut response) = response.into_parts();
            if needs_words(&response) {
                response = in_words(&request, &app, response).await;
            }
            limit::tell(&request, response.headers_mut());
            finish(&mut response);
            Ok(ServiceResponse::new(request, response))
        }
        // A middleware of ours or the framework's failed, and the request went with it.
        Err(error) => {
            let status = error.as_response_error().status_code();
            let told = error
                .as_error::<AppError>()
                .cloned()
                .unwrap_or_else(|| of_framework(status));
            tracing::error!(request_id = %visit.request_id, path = told_path(&path), %error, "failed");
            let mut response = if is_api(&path) {
                problem::body(&told, &path, &visit.request_id, app.clock.now())
            } else {
                error_page(
                    Shell::bare(told.code().title(), &visit.nonce),
                    &told,
                    &visit.request_id,
                )
            };
            finish(&mut response);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// A client's own number for a call (matcher.md 3.1). Ours, in `traceId` and the log, stays ours.
const REQUEST_ID: &str = "x-request-id";

/// The number that a client gave the call, when it is one word of at most 128 characters.
fn echo(request: &HttpRequest) -> Option<HeaderValue> {
    let mut given = request.headers().get_all(REQUEST_ID);
    let (id, another) = (given.next()?, given.next());
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let is_one = (1..=128).contains(&id.len()) && id.as_bytes().iter().all(is_word);
    (is_one && another.is_none()).then(|| id.clone())
}

/// The longest address, in bytes.
const LONGEST_ADDRESS: usize = 16 * 1024;
/// The most that all headers may have together, in bytes.
const LARGEST_HEADERS: usize = 32 * 1024;

/// Refuses an address or headers beyond all measure, before anything else looks at them.
fn fits(request: &ServiceRequest) -> AppResult<()> {
    let address = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if address > LONGEST_ADDRESS {
        return Err(of_framework(StatusCode::URI_TOO_LONG));
    }
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if headers > LARGEST_HEADERS {
        return Err(AppError::refused(
            Code::HeadersTooLarge,
            "The headers are larger than any of a browser. Delete this site's cookies, then try again.",
        ));
    }
    Ok(())
}

/// A handler that panics fails its own request and no other.
async fn survived<T>(
    handled: impl Future<Output = Result<T, actix_web::Error>>,
) -> Result<T, actix_web::Error> {
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(AppError::Internal("a handler panicked".into()).into()))
}

fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn needs_words(response: &HttpResponse) -> bool {
    response.status().as_u16() >= 400 && response.extensions().get::<AlreadyRendered>().is_none()
}

async fn in_words(request: &HttpRequest, app: &App, response: HttpResponse) -> HttpResponse {
    let error = response
        .extensions()
        .get::<AppError>()
        .cloned()
        .unwrap_or_else(|| of_framework(response.status()));
    let trace_id = Visit::get(request).map(|v| v.request_id).unwrap_or_default();
    if error.code().status() >= 500 {
        tracing::error!(request_id = %trace_id, path = told_path(request.path()), %error, "failed");
    }
    refusals::tell(request, app, &error).await;
    let mut rendered = if is_api(request.path()) {
        problem::body(&error, request.path(), &trace_id, app.clock.now())
    } else if matches!(error, AppError::LoginRequired) {
        let kept = request.extensions().get::<KeptBody>().cloned();
        return login::ask(request, app, kept);
    } else {
        let principal = Principal::of(request).await.ok();
        let shell = Shell::new(app, request, principal.as_deref(), error.code().title(), None);
        error_page(shell, &error, &trace_id)
    };
    // What is now is where the change was meant for, but for the verb at its end.
    if matches!(error, AppError::Refused(Code::PreconditionFailed, _)) {
        let link = format!("<{}>; rel=\"current\"", thing_of(request.path()));
        if let Ok(link) = link.parse() {
            rendered.headers_mut().insert(header::LINK, link);
        }
    }
    if let AppError::TooMany(wait) = &error {
        rendered
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
    }
    for (name, value) in response.headers() {
        if matches!(
            *name,
            header::ALLOW | header::RETRY_AFTER | header::WWW_AUTHENTICATE
        ) {
            rendered.headers_mut().insert(name.clone(), value.clone());
        }
    }
    rendered
}

/// The address of the thing that a call changes: up to the last id in it.
fn thing_of(path: &str) -> &str {
    let mut end = 0;
    let mut thing = path;
    for part in path.split_inclusive('/') {
        end += part.len();
        if uuid::Uuid::parse_str(part.trim_end_matches('/')).is_ok() {
            thing = path.get(..end).unwrap_or(path).trim_end_matches('/');
        }
    }
    thing
}

/// The page about `error`, in the frame of whoever sees it.
fn error_page(shell: Shell, error: &AppError, trace_id: &str) -> HttpResponse {
    let code = error.code();
    let way = |href: &str, label: &str| Link {
        href: href.into(),
        label: label.into(),
    };
    let signed_in = shell.person.is_some();
    let fault = Fault {
        status: code.status(),
        icon: match code.status() {
            401 | 403 => "lock",
            404 => "search",
            409 | 412 => "repeat",
            429 | 503 => "hourglass",
            _ => "triangle-alert",
        },
        title: code.title().to_owned(),
        text: error.sentence(),
        details: Vec::new(),
        ways: if signed_in {
            vec![way("/", "Back to my work"), way("/exceptions", "Go to the queue")]
        } else {
            vec![way("/login", "Go to sign in")]
        },
        request: trace_id.to_owned(),
    };
    let html = if signed_in {
        ErrorPage { shell, fault }.render()
    } else {
        BareErrorPage { shell, fault }.render()
    };
    HttpResponse::build(error.status_code())
        .content_type("text/html; charset=utf-8")
        .body(html.unwrap_or_else(|_| code.title().to_owned()))
}

/// An error that the framework made itself.
fn of_framework(status: StatusCode) -> AppError {
    match status.as_u16() {
        404 => AppError::NotFound,
        405 => AppError::refused(
            Code::MethodNotAllowed,
            "The address is right, but not for this kind of request.",
        ),
        413 => AppError::refused(Code::TooLarge, "It is larger than what is taken here."),
        414 => AppError::refused(Code::AddressTooLong, "The address is longer than any of ours."),
        415 => AppError::refused(Code::UnsupportedType, "This kind of content is not taken here."),
        429 => AppError::TooMany(std::time::Duration::from_secs(1)),
        400..=499 => AppError::refused(Code::BadRequest, "The request cannot be read."),
        503 => AppError::Unavailable("framework".into()),
        other => AppError::Internal(format!("the framework answered {other}")),
    }
}
