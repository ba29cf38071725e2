//! A JSON body: read within a limit, strictly, and taken apart by name. Unknown names are ignored.

use actix_web::{HttpRequest, dev::Payload, http::header};
use serde_json::{Map, Value};

use super::strict;
use crate::{
    kernel::error::{AppError, AppResult, Code, FieldErrors},
    web::{form::read_limited, problem},
};

/// The most that a body may have.
const LONGEST: usize = 1024 * 1024;

/// The members of a body's object, or of an object inside it.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    map: Map<String, Value>,
    /// Where the object is: the names that lead to it, each with a dot behind it; empty for the body itself.
    place: String,
    /// The members whose values are of the wrong type, by their whole paths.
    wrong: FieldErrors,
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

    /// Of the body of a request that was read before.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(request: &HttpRequest, body: &[u8]) -> AppResult<Self> {
        if !is_json(request) || is_compressed(request) {
            return Err(unsupported());
        }
        let map = strict::object(body).map_err(|why| AppError::refused(Code::BadRequest, why))?;
        Ok(Self {
            map,
            ..Self::default()
        })
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// 415 when it is said to be something else than JSON, 413 when it is too large, 400 when it cannot be read in exactly one way.
    pub async fn read(request: &HttpRequest, payload: &mut Payload) -> AppResult<Self> {
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        if has_type && !is_json(request) || is_compressed(request) {
            return Err(unsupported());
        }
        let body = read_limited(request, payload, LONGEST).await?;
        let map = strict::object(&body).map_err(|why| AppError::refused(Code::BadRequest, why))?;
        Ok(Self {
            map,
            ..Self::default()
        })
    }

    /// Notes that a member is not what it must be.
    fn refuse(&mut self, name: &str, must: &str) {
        let path = format!("{}{name}", self.place);
        let sentence = format!("{path} must be {must}.");
        self.wrong.add(path, sentence);
    }

    fn inside(&self, name: &str, map: &Map<String, Value>) -> Self {
        Self {
            map: map.clone(),
            place: format!("{}{name}.", self.place),
            wrong: FieldErrors::default(),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether the name is there, be it with null.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Whether any of `names` is there, of a body that says what to change.
    ///
    /// # Errors
    /// 400 with the sentence when none is.
    pub fn need_any(&self, names: &[&str], sentence: &'static str) -> AppResult<()> {
        if names.iter().any(|name| self.has(name)) {
            Ok(())
        } else {
            Err(AppError::refused(Code::BadRequest, sentence))
        }
    }

    /// A text; none when it is not there or null.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.refuse(name, "a text");
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
                self.refuse(name, "true or false");
                None
            }
        }
    }

    /// An object; none when it is not there or null. What is wrong in it is told by [`Self::also`].
    pub fn object(&mut self, name: &str) -> Option<Self> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => Some(self.inside(name, map)),
            Some(_) => {
                self.refuse(name, "an object");
                None
            }
        }
    }

    /// Which of a member's two names is there, the present one when neither is. Both at once are refused: they could
    /// differ, and one of them would not be heard.
    pub fn either<'a>(&mut self, [present, former]: [&'a str; 2]) -> &'a str {
        match (self.has(present), self.has(former)) {
            (true, true) => {
                self.refuse(
                    former,
                    &format!("left out beside {present}: they are two names of the same"),
                );
                present
            }
            (false, true) => former,
            _ => present,
        }
    }

    /// A text by either of its names, as [`Self::either`] has it.
    pub fn text_of(&mut self, names: [&str; 2]) -> Option<String> {
        let name = self.either(names);
        self.text(name)
    }

    /// A decimal number, written as a text or as a number.
    pub fn decimal(&mut self, name: &str) -> Option<String> {
        match self.map.get(name) {
            // Without an exponent, with the digits that tell it from every other number.
            Some(Value::Number(number)) => Some(match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => float.to_string(),
                None => number.to_string(),
            }),
            None | Some(Value::Null | Value::String(_)) => self.text(name),
            Some(_) => {
                self.refuse(name, "a text or a number");
                None
            }
        }
    }

    /// A list of texts; none when it is not there or null.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = match self.map.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(values)) => values.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        if texts.is_none() {
            self.refuse(name, "a list of texts");
        }
        texts
    }

    /// A list of objects, with none for each element that is no object; none when it is not there or null.
    pub fn objects(&mut self, name: &str) -> Option<Vec<Option<Self>>> {
        let inside = |map: &Map<String, Value>| Self {
            map: map.clone(),
            ..Self::default()
        };
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Array(values)) => {
                Some(values.iter().map(|value| value.as_object().map(inside)).collect())
            }
            Some(_) => {
                self.refuse(name, "a list of objects");
                None
            }
        }
    }

    /// Every member with its text: an object whose names are the client's own.
    pub fn all_texts(&mut self) -> Vec<(String, String)> {
        let names: Vec<String> = self.map.keys().cloned().collect();
        names
            .into_iter()
            .filter_map(|name| self.text(&name).map(|text| (name, text)))
            .collect()
    }

    /// Takes over what is wrong in an object inside this one.
    pub fn also(&mut self, inner: Self) {
        self.wrong.extend(&inner.wrong);
    }

    /// After the last member was taken: whether all of them had the right type.
    ///
    /// # Errors
    /// 400 that names every one that had not.
    pub fn finish(self) -> AppResult<()> {
        self.with(Ok(()))
    }

    /// After the last member was taken: what was read of them, if all of them had the right type.
    ///
    /// # Errors
    /// 400 when a type or a value is wrong, with everything that is wrong; 422 when only rules refuse values.
    pub fn with<T>(self, read: Result<T, FieldErrors>) -> AppResult<T> {
        self.misread().beside(read.map_err(AppError::Invalid))
    }

    /// After the last member was taken: what is wrong with types, for a command that looks at the values itself.
    pub fn misread(self) -> Misread {
        Misread(self.wrong)
    }

    /// The same for Matcher's calls, where a wrong value is 400 too.
    ///
    /// # Errors
    /// 400 that names every member that is wrong.
    pub fn matched<T>(self, read: Result<T, FieldErrors>) -> AppResult<T> {
        self.with(read).map_err(|error| match error {
            AppError::Invalid(errors) => AppError::Unreadable(errors),
            other => other,
        })
    }

    /// The same body in one form, whatever the order of its names.
    pub fn canonical(&self) -> String {
        strict::canonical(&self.map)
    }
}

/// The members of a body that are of the wrong type.
#[derive(Clone, Debug, Default)]
pub struct Misread(FieldErrors);

impl Misread {
    /// What came of looking at the values, when no type is wrong.
    ///
    /// # Errors
    /// 400 when a type or a value is wrong, with everything that is wrong; 422 when only rules refuse values; else what
    /// the command led to.
    pub fn beside<T>(&self, done: AppResult<T>) -> AppResult<T> {
        let values = match done {
            Err(AppError::Invalid(values)) => values,
            done if self.0.is_empty() => return done,
            _ => FieldErrors::default(),
        };
        if self.0.is_empty() && values.is_of_rules() {
            return Err(AppError::Invalid(values));
        }
        let mut all = self.0.clone();
        for error in values.iter() {
            let path = problem::member(&error.field);
            // What is of the wrong type was not there for whoever looked at the values.
            let is_inside = |known: &str| known == path || path.starts_with(&format!("{known}."));
            if !self.0.iter().any(|e| is_inside(&e.field)) {
                all.add(path, error.sentence.clone());
            }
        }
        Err(AppError::Unreadable(all))
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
