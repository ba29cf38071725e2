//! A JSON body: read within a limit, strictly, and taken apart by name. Unknown names are ignored.

use actix_web::{HttpRequest, dev::Payload, http::header};
use serde_json::{Map, Value};

use super::strict;
use crate::{
    kernel::error::{AppError, AppResult, Code},
    web::form::read_limited,
};

/// The most that a body may have.
const LONGEST: usize = 1024 * 1024;

/// The members of a body's object.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    map: Map<String, Value>,
    /// The names whose values are of the wrong type.
    wrong: Vec<String>,
}

impl Fields {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 415 when it is not JSON, 413 when it is too large, 400 when it cannot be read in exactly one way.
    pub async fn read(request: &HttpRequest, payload: &mut Payload) -> AppResult<Self> {
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        if has_type && !is_json(request) || is_compressed(request) {
            return Err(unsupported());
        }
        let body = read_limited(request, payload, LONGEST).await?;
        if !has_type && !body.is_empty() {
            return Err(unsupported());
        }
        let map = strict::object(&body).map_err(|why| AppError::refused(Code::BadRequest, why))?;
        Ok(Self {
            map,
            wrong: Vec::new(),
        })
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether the name is there, be it with null.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// A text; none when it is not there or null.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong.push(format!("{name} must be a text"));
                None
            }
        }
    }

    /// An object; none when it is not there or null.
    pub fn object(&mut self, name: &str) -> Option<Self> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => Some(Self {
                map: map.clone(),
                wrong: Vec::new(),
            }),
            Some(_) => {
                self.wrong.push(format!("{name} must be an object"));
                None
            }
        }
    }

    /// After the last member was taken: whether all of them had the right type.
    ///
    /// # Errors
    /// 400 that names every one that had not.
    pub fn finish(self) -> AppResult<()> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(AppError::refused(
            Code::BadRequest,
            format!("{}.", self.wrong.join("; ")),
        ))
    }

    /// The same body in one form, whatever the order of its names.
    pub fn canonical(&self) -> String {
        strict::canonical(&self.map)
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let types = request.headers().get_all(header::CONTENT_TYPE);
    let mut parts = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .split(';')
        .map(str::trim);
    types.count() == 1
        && parts
            .next()
            .is_some_and(|t| t.eq_ignore_ascii_case("application/json"))
        && parts
            .all(|p| p.eq_ignore_ascii_case("charset=utf-8") || p.eq_ignore_ascii_case("charset=\"utf-8\""))
}

fn is_compressed(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|v| v.as_bytes() != b"identity")
}

fn unsupported() -> AppError {
    AppError::refused(
        Code::UnsupportedType,
        "Send the body as application/json in UTF-8, not compressed.",
    )
}
