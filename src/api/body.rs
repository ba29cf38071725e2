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
    /// Reads the body of a request that may have none.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_if_any(request: &HttpRequest, payload: &mut Payload) -> AppResult<Self> {
        let has_body = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .is_some_and(|v| v.as_bytes() != b"0")
            || request.headers().contains_key(header::TRANSFER_ENCODING);
        if has_body {
            Self::read(request, payload).await
        } else {
            Ok(Self::default())
        }
    }

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

    /// A yes or no; none when it is not there or null.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.wrong.push(format!("{name} must be true or false"));
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

    /// A text by the first of several names that is there: a call's present spelling and its former one.
    pub fn text_of(&mut self, names: &[&str]) -> Option<String> {
        let name = names.iter().find(|name| self.has(name))?;
        self.text(name)
    }

    /// A decimal number, written as a text or as a number.
    pub fn decimal(&mut self, name: &str) -> Option<String> {
        match self.map.get(name) {
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => self.text(name),
        }
    }

    /// A list of texts by the first of several names that is there; none when it is not there or null.
    pub fn texts_of(&mut self, names: &[&str]) -> Option<Vec<String>> {
        let name = names.iter().find(|name| self.has(name))?;
        let texts = match self.map.get(*name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(values)) => values.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        if texts.is_none() {
            self.wrong.push(format!("{name} must be a list of texts"));
        }
        texts
    }

    /// A list of objects; none when it is not there or null.
    pub fn objects(&mut self, name: &str) -> Option<Vec<Self>> {
        let objects = match self.map.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| {
                    value.as_object().map(|map| Self {
                        map: map.clone(),
                        wrong: Vec::new(),
                    })
                })
                .collect(),
            Some(_) => None,
        };
        if objects.is_none() {
            self.wrong.push(format!("{name} must be a list of objects"));
        }
        objects
    }

    /// Every member with its text: an object whose names are the client's own.
    pub fn all_texts(&mut self) -> Vec<(String, String)> {
        let names: Vec<String> = self.map.keys().cloned().collect();
        names
            .into_iter()
            .filter_map(|name| self.text(&name).map(|text| (name, text)))
            .collect()
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
