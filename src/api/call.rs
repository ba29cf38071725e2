//! A write through the API: the caller with a right, the body, the idempotency key and the condition, in that order of
//! checking; and the one way to run its command.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header::HeaderMap},
};

use super::{Client, answer::Done, body::Fields, etag::Condition};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Permission},
    db::Tx,
    idempotency::{self, Claim, Outcome},
    kernel::{
        error::{AppError, AppResult, Code},
        text::IdempotencyKey,
    },
};

/// A write by a caller who has the right `P`.
pub struct Call<P: Permission> {
    /// Who calls.
    pub client: Client<P>,
    /// What they send.
    pub fields: Fields,
    claim: Option<Claim>,
    condition: Option<Condition>,
}

impl<P: Permission> Call<P> {
    /// Runs a command that changes no single thing that could be named by `If-Match`.
    ///
    /// # Errors
    /// Those of the command and of the key; 412 when there is an `If-Match`, as it cannot hold.
    pub async fn make(
        self,
        app: &App,
        command: impl Fn(&mut Tx<'_>, &Actor) -> AppResult<Outcome> + Send + 'static,
    ) -> AppResult<Done> {
        self.run(app, |_, _| Ok(String::new()), command).await
    }

    /// Whether it can be told from a repeat.
    pub fn has_key(&self) -> bool {
        self.claim.is_some()
    }

    /// Takes the body out.
    pub fn take_fields(&mut self) -> Fields {
        std::mem::take(&mut self.fields)
    }

    /// Runs `command` in one write transaction, once for the idempotency key. `state` gives the present body of what
    /// is changed, for `If-Match`; it is asked for only when there is one.
    ///
    /// # Errors
    /// Those of the command, and those of the key and the condition.
    pub async fn run(
        self,
        app: &App,
        state: impl Fn(&mut Tx<'_>, &Actor) -> AppResult<String> + Send + 'static,
        command: impl Fn(&mut Tx<'_>, &Actor) -> AppResult<Outcome> + Send + 'static,
    ) -> AppResult<Done> {
        let (actor, claim, condition) = (self.client.actor(), self.claim, self.condition);
        let outcome = app
            .db
            .write(actor.business_account, move |tx| {
                idempotency::once(tx, claim.as_ref(), |tx| {
                    if let Some(condition) = &condition {
                        condition.require(&state(tx, &actor)?)?;
                    }
                    command(tx, &actor)
                })
            })
            .await?;
        Ok(Done(outcome))
    }
}

impl<P: Permission> Call<P> {
    /// A call by somebody who has proven otherwise who it is. `key` is its idempotency key where it sends no other.
    ///
    /// # Errors
    /// 400 when a key is none.
    pub fn of_proven(
        request: &HttpRequest,
        client: Client<P>,
        fields: Fields,
        key: Option<&str>,
    ) -> AppResult<Self> {
        let refused = |why: String| AppError::refused(Code::BadIdempotencyKey, why);
        let key = key.map(IdempotencyKey::parse).transpose().map_err(refused)?;
        Self::keyed(request, client, fields, key)
    }

    fn with(request: &HttpRequest, client: Client<P>, fields: Fields) -> AppResult<Self> {
        Self::keyed(request, client, fields, None)
    }

    fn keyed(
        request: &HttpRequest,
        client: Client<P>,
        fields: Fields,
        otherwise: Option<IdempotencyKey>,
    ) -> AppResult<Self> {
        let key = idempotency_key(request.headers())?.or(otherwise);
        let claim = match key {
            None => None,
            Some(key) => {
                // Keyed, as a body may have an account number, which could be guessed from a plain hash.
                let content = App::of(request)?.vault.lookup(&fields.canonical());
                let actor = client.actor();
                Some(Claim::new(&actor, method(request), request.path(), key, &content))
            }
        };
        Ok(Self {
            client,
            fields,
            claim,
            condition: Condition::if_match(request),
        })
    }
}

impl<P: Permission> FromRequest for Call<P> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let client = Client::<P>::of(&request).await?;
            let fields = Fields::read(&request, &mut payload).await?;
            Ok(Self::with(&request, client, fields)?)
        })
    }
}

/// A write that says everything by its address: the body may be left out.
pub struct PlainCall<P: Permission>(pub Call<P>);

impl<P: Permission> FromRequest for PlainCall<P> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let client = Client::<P>::of(&request).await?;
            let fields = Fields::read_if_any(&request, &mut payload).await?;
            Ok(Self(Call::with(&request, client, fields)?))
        })
    }
}

fn method(request: &HttpRequest) -> &'static str {
    match *request.method() {
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "DELETE",
    }
}

/// The key, by either of its two names.
pub fn idempotency_key(headers: &HeaderMap) -> AppResult<Option<IdempotencyKey>> {
    let refused = |why: String| AppError::refused(Code::BadIdempotencyKey, why);
    let mut key: Option<IdempotencyKey> = None;
    for name in ["idempotency-key", "x-idempotency-key"] {
        for value in headers.get_all(name) {
            let text = value.to_str().unwrap_or_default().trim();
            let given = IdempotencyKey::parse(text).map_err(refused)?;
            if key.as_ref().is_some_and(|known| *known != given) {
                return Err(refused("Two different idempotency keys were sent.".into()));
            }
            key = Some(given);
        }
    }
    Ok(key)
}
