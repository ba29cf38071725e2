//! Why something was not done. The variants are what the person can do about it; `web::error` has the words and
//! renders them as a page or as the API's problem body.

use std::{borrow::Cow, fmt, time::Duration};

/// What is wrong with one field, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in form and API.
    pub field: Cow<'static, str>,
    /// What is wrong and what to do.
    pub sentence: String,
    /// It can be read, but a rule or what there is refuses it: an account that is not there, a limit. The API tells the
    /// two apart by the status (rocketkor.md 1.7).
    pub is_rule: bool,
}

/// Why a value is not taken: it cannot be read, or it can and a rule refuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    sentence: String,
    is_rule: bool,
}

impl Wrong {
    /// A rule refuses it, or what there is.
    pub fn by_rule(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            is_rule: true,
        }
    }
}

impl From<Wrong> for String {
    fn from(wrong: Wrong) -> Self {
        wrong.sentence
    }
}

impl From<String> for Wrong {
    fn from(sentence: String) -> Self {
        Self {
            sentence,
            is_rule: false,
        }
    }
}

impl From<&str> for Wrong {
    fn from(sentence: &str) -> Self {
        sentence.to_owned().into()
    }
}

/// Every field that is wrong, all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// One wrong field.
    pub fn one(field: impl Into<Cow<'static, str>>, sentence: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, sentence);
        errors
    }

    /// Notes a wrong field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, sentence: impl Into<String>) {
        self.push(field.into(), sentence.into(), false);
    }

    /// Notes a field that can be read and is refused by a rule.
    pub fn refuse(&mut self, field: impl Into<Cow<'static, str>>, sentence: impl Into<String>) {
        self.push(field.into(), sentence.into(), true);
    }

    fn push(&mut self, field: Cow<'static, str>, sentence: String, is_rule: bool) {
        self.0.push(FieldError {
            field,
            sentence,
            is_rule,
        });
    }

    /// Notes all of `others` too.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.iter().cloned());
    }

    /// Whether rules alone refuse it.
    pub fn is_of_rules(&self) -> bool {
        self.0.iter().all(|e| e.is_rule)
    }

    /// Takes a parsed value, or notes what is wrong with its field.
    pub fn take<T>(&mut self, field: &'static str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|sentence| self.add(field, sentence)).ok()
    }

    /// Takes both ends of a range, or notes what is wrong with each; where they are in the wrong order the last is left out,
    /// and `sentence` says so of it.
    pub fn take_range<T: PartialOrd>(
        &mut self,
        [first, last]: [&'static str; 2],
        [from, to]: [Result<Option<T>, String>; 2],
        sentence: &str,
    ) -> (Option<T>, Option<T>) {
        let from = self.take(first, from).flatten();
        let to = self.take(last, to).flatten();
        match (from, to) {
            (Some(from), Some(to)) if from > to => {
                self.add(last, sentence);
                (Some(from), None)
            }
            both => both,
        }
    }

    /// The same with a field under another name.
    #[must_use]
    pub fn renamed(mut self, from: &str, to: &'static str) -> Self {
        self.0
            .iter_mut()
            .filter(|e| e.field == from)
            .for_each(|e| e.field = Cow::Borrowed(to));
        self
    }

    /// Takes what a rule allows, or notes that it refuses the field.
    pub fn allow<T>(&mut self, field: &'static str, ruled: Result<T, String>) -> Option<T> {
        ruled.map_err(|sentence| self.refuse(field, sentence)).ok()
    }

    /// Takes what is read and allowed, or notes which of the two it is not.
    pub fn settle<T>(&mut self, field: &'static str, settled: Result<T, Wrong>) -> Option<T> {
        settled
            .map_err(|wrong| self.push(field.into(), wrong.sentence, wrong.is_rule))
            .ok()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with `field`, if anything.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0
            .iter()
            .find(|e| e.field == field)
            .map(|e| e.sentence.clone())
    }

    /// All of them, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal, $status:literal, $mtch:literal, $title:literal;)+) => {
        /// The stable list of reasons for a refusal: code, HTTP status, Lerian Matcher's number, title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $code),+ }

        impl Code {
            /// Every code: the documented list.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];
            /// The stable spelling, RocketKOR's `errorCode`.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$code => $text),+ } }
            /// The HTTP status.
            pub const fn status(self) -> u16 { match self { $(Self::$code => $status),+ } }
            /// Matcher's `code`.
            pub const fn mtch(self) -> &'static str { match self { $(Self::$code => $mtch),+ } }
            /// A few words for a heading.
            pub const fn title(self) -> &'static str { match self { $(Self::$code => $title),+ } }
        }
    };
}

codes! {
    /// The request cannot be read.
    BadRequest = "BAD_REQUEST", 400, "MTCH-0001", "The request cannot be read";
    /// The idempotency key is not one.
    BadIdempotencyKey = "INVALID_IDEMPOTENCY_KEY", 400, "MTCH-0015", "The idempotency key is not valid";
    /// No session or token, or one that has ended.
    LoginRequired = "LOGIN_REQUIRED", 401, "MTCH-0003", "Sign in to go on";
    /// The API was called without an access token.
    TokenRequired = "TOKEN_REQUIRED", 401, "MTCH-0003", "An access token is required";
    /// The access token is unknown, has expired or was revoked.
    InvalidToken = "INVALID_TOKEN", 401, "MTCH-0003", "The access token is not valid";
    /// The API key and its secret are not good together.
    BadCredentials = "INVALID_CREDENTIALS", 401, "MTCH-0003", "The API key is not valid";
    /// The role does not have the right.
    Forbidden = "FORBIDDEN", 403, "MTCH-0004", "Your role does not allow this";
    /// The form was not sent from one of our pages.
    CrossSite = "CROSS_SITE_REQUEST", 403, "MTCH-0004", "The form has expired";
    /// Nothing there, or nothing of this business account.
    NotFound = "NOT_FOUND", 404, "MTCH-0005", "There is nothing here";
    /// The method is not one of the path's.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "MTCH-0001", "This address does not do that";
    /// Someone changed the record since it was read.
    Stale = "STALE_VERSION", 409, "MTCH-0503", "Someone changed this meanwhile";
    /// Someone else has it.
    AlreadyTaken = "ALREADY_TAKEN", 409, "MTCH-0503", "Someone else has it";
    /// The idempotency key was used for another request.
    KeyReused = "IDEMPOTENCY_KEY_REUSED", 409, "MTCH-0018", "The idempotency key was used for another request";
    /// The same thing is there already.
    Duplicate = "DUPLICATE", 409, "MTCH-0001", "It is there already";
    /// `If-Match` named another version.
    PreconditionFailed = "PRECONDITION_FAILED", 412, "MTCH-0503", "Someone changed this meanwhile";
    /// More than fits.
    TooLarge = "TOO_LARGE", 413, "MTCH-0010", "It is too large";
    /// The address is longer than any of ours.
    AddressTooLong = "URI_TOO_LONG", 414, "MTCH-0001", "The address is too long";
    /// More headers than any browser sends.
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431, "MTCH-0010", "The headers are too large";
    /// Not a kind of body that is taken here.
    UnsupportedType = "UNSUPPORTED_MEDIA_TYPE", 415, "MTCH-0001", "This kind of content is not taken here";
    /// Fields are wrong.
    Invalid = "INVALID_FIELDS", 422, "MTCH-0001", "Some fields need another look";
    /// The lifecycle has no such move.
    IllegalMove = "ILLEGAL_TRANSITION", 422, "MTCH-0503", "That cannot be done now";
    /// A rule of the business or of ACH refuses it.
    RuleRefuses = "RULE_VIOLATION", 422, "MTCH-0006", "A rule does not allow this";
    /// There is no such outside system.
    UnknownTarget = "UNKNOWN_DISPATCH_TARGET", 422, "MTCH-0508", "There is no such outside system";
    /// The outside system is not set up, or disabled.
    NoConnector = "CONNECTOR_NOT_CONFIGURED", 422, "MTCH-0509", "The outside system is not set up";
    /// Too often.
    TooMany = "TOO_MANY_REQUESTS", 429, "MTCH-0506", "Too many attempts";
    /// Our fault.
    Internal = "INTERNAL_ERROR", 500, "MTCH-0002", "Something went wrong on our side";
    /// Busy or down for a moment.
    Unavailable = "UNAVAILABLE", 503, "MTCH-0002", "Docket is busy";
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub enum AppError {
    /// Nothing there, or nothing of this business account: the two look the same.
    NotFound,
    /// No session or token, or one that has ended.
    LoginRequired,
    /// The role does not have the right; its name is told.
    Forbidden(&'static str),
    /// Fields are wrong; all are told at once.
    Invalid(FieldErrors),
    /// Members of a body cannot be read; all are told at once.
    Unreadable(FieldErrors),
    /// Names of an address's query cannot be read; all are told at once.
    BadQuery(FieldErrors),
    /// A rule, a state or the request's form refuses it, with the reason in a sentence.
    Refused(Code, String),
    /// The lifecycle has no such move; a client is told both statuses in the code.
    Move {
        /// The present status.
        from: &'static str,
        /// The status asked for.
        to: &'static str,
        /// The reason in a sentence.
        why: String,
    },
    /// Too often; may be tried again after so long.
    TooMany(Duration),
    /// Busy or down for a moment.
    Unavailable(String),
    /// Our fault. The text is for the log only.
    Internal(String),
}

/// The result of nearly everything.
pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    /// Refuses with a sentence.
    pub fn refused(code: Code, sentence: impl Into<String>) -> Self {
        Self::Refused(code, sentence.into())
    }

    /// One field that a rule, or what there is, refuses.
    pub fn field(field: impl Into<Cow<'static, str>>, sentence: impl Into<String>) -> Self {
        let mut errors = FieldErrors::default();
        errors.refuse(field, sentence);
        Self::Invalid(errors)
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::LoginRequired => Code::LoginRequired,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Invalid(_) => Code::Invalid,
            Self::Unreadable(_) | Self::BadQuery(_) => Code::BadRequest,
            Self::Refused(code, _) => *code,
            Self::Move { .. } => Code::IllegalMove,
            Self::TooMany(_) => Code::TooMany,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The code as a client is told it: that of a move names both statuses.
    pub fn told_code(&self) -> String {
        match self {
            Self::Move { from, to, .. } => format!("{}_{from}_TO_{to}", Code::IllegalMove.as_str()),
            other => other.code().as_str().to_owned(),
        }
    }

    /// What a person may read about it: never internal text.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotFound => "It does not exist, or it is not part of this business account.".into(),
            Self::LoginRequired => "Your session has ended, or you have not signed in.".into(),
            Self::Forbidden(right) => format!("It needs the right “{right}”, which your role does not have."),
            Self::Invalid(errors) | Self::Unreadable(errors) | Self::BadQuery(errors) => {
                let mut sentences: Vec<&str> = Vec::new();
                for error in errors.iter() {
                    // Two fields may be wrong in the same way.
                    if !sentences.contains(&error.sentence.as_str()) {
                        sentences.push(&error.sentence);
                    }
                }
                sentences.join(" ")
            }
            Self::Refused(_, sentence) => sentence.clone(),
            Self::Move { from, to, why } => format!("{from} to {to}: {why}"),
            Self::TooMany(wait) => format!("Try again in {}.", in_words(*wait)),
            Self::Unavailable(_) => "Nothing was changed. Try again in a moment.".into(),
            Self::Internal(_) => {
                "Nothing was changed. If it happens again, tell your administrator the number below.".into()
            }
        }
    }
}

fn in_words(wait: Duration) -> String {
    match wait.as_secs().max(1) {
        1 => "a second".into(),
        seconds @ 2..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Internal(why) => write!(f, "{}: {why}", self.code().as_str()),
            _ => write!(f, "{}: {}", self.code().as_str(), self.sentence()),
        }
    }
}
impl std::error::Error for AppError {}

impl From<FieldErrors> for AppError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}
