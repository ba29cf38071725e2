//! A client of the JSON API: a service account with a key, and an access token that it was exchanged for.

use std::sync::atomic::{AtomicUsize, Ordering};

use docket::{
    auth::{actor::Actor, permission::Role},
    kernel::{
        id::{BusinessAccountId, ServiceAccountId},
        text::Title,
    },
    service_accounts::commands::{self, NewKey},
};
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use crate::harness::TestApp;

pub struct Api {
    pub client: reqwest::Client,
    pub url: String,
    pub service_account: ServiceAccountId,
    pub key: NewKey,
    pub token: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Where a relation of the Link header leads.
    pub fn link(&self, relation: &str) -> Option<String> {
        let wanted = format!(">; rel=\"{relation}\"");
        let mut links = self.header("link").split(", ");
        links.find_map(|link| Some(link.strip_suffix(&wanted)?.strip_prefix('<')?.to_owned()))
    }

    /// The names of a JSON object's members, in order.
    pub fn keys(&self) -> Vec<String> {
        keys(&self.json())
    }

    /// Checks that it is a problem of this status, and gives its code.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let body = self.json();
        assert_eq!(body["status"], status);
        for member in [
            "type",
            "title",
            "detail",
            "instance",
            "timestamp",
            "traceId",
            "message",
            "code",
        ] {
            assert!(body[member].is_string(), "{member} is missing: {}", self.text);
        }
        body["errorCode"].as_str().unwrap().to_owned()
    }

    /// The paths of the fields that are wrong.
    pub fn wrong_fields(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|e| e["path"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Api {
    /// A service account of the first business account.
    pub async fn of(app: &TestApp, role: Role) -> Self {
        Self::in_account(app, app.account, role).await
    }

    pub async fn in_account(app: &TestApp, account: BusinessAccountId, role: Role) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(1);
        let owner = Actor::internal(account);
        let name = format!("loans {}", MADE.fetch_add(1, Ordering::Relaxed));
        let (service_account, key) = app
            .app
            .db
            .write(account, move |tx| {
                let id = commands::add(tx, &owner, &Title::parse(&name).unwrap(), role)?;
                Ok((id, commands::add_key(tx, &owner, id, None, None)?))
            })
            .await
            .unwrap();
        let mut api = Self {
            client: reqwest::Client::new(),
            url: app.url.clone(),
            service_account,
            key,
            token: String::new(),
        };
        let reply = api.exchange(&api.key.key_id, &api.key.secret).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut api.token);
        api
    }

    pub async fn exchange(&self, key: &str, secret: &str) -> Reply {
        let request = self
            .client
            .post(format!("{}/api/v1/api-keys/exchange", self.url))
            .basic_auth(key, Some(secret));
        reply(request).await
    }

    /// A call with the token and these headers besides.
    pub fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            all.append(name, HeaderValue::from_str(value).unwrap());
        }
        self.client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .headers(all)
    }

    pub async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path, &[])).await
    }

    /// A callback that has no key of its own gets one, as none is heard without.
    pub async fn send(&self, method: Method, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        static CALLBACKS: AtomicUsize = AtomicUsize::new(1);
        let key = format!("callback-{}", CALLBACKS.fetch_add(1, Ordering::Relaxed));
        let mut headers = headers.to_vec();
        let is_keyed = headers
            .iter()
            .any(|(name, _)| name.to_lowercase().ends_with("idempotency-key"));
        if path.ends_with("/callback") && !is_keyed {
            headers.push(("x-idempotency-key", &key));
        }
        reply(self.request(method, path, &headers).json(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, body, &[]).await
    }

    pub async fn put(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        self.send(Method::PUT, path, body, headers).await
    }

    /// A body as it is, with its type.
    pub async fn raw(&self, method: Method, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
        reply(self.request(method, path, &[("content-type", kind)]).body(body)).await
    }
}

pub async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    Reply {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// The names of a JSON object's members.
pub fn keys(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}
