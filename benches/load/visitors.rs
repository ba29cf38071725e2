//! Who asks: a browser that is signed in, and a client of the JSON API.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::http::{Client, request};
use crate::server::Server;

pub(crate) const DEMO_PASSWORD: &str = "docket-demo-only";
const PERSON: (&str, &str) = ("clerk@demo.test", DEMO_PASSWORD);
/// `demo-key:demo-secret`
const API_KEY: &str = "authorization: Basic ZGVtby1rZXk6ZGVtby1zZWNyZXQ=\r\n";

/// A client of the JSON API.
pub(crate) struct Api {
    client: Client,
    port: u16,
    token: String,
}

impl Api {
    pub(crate) fn open(server: &Server) -> Result<Self> {
        let mut client = Client::connect(server.port)?;
        client.send_expecting_success(&request(
            server.port,
            "POST",
            "/api/v1/api-keys/exchange",
            API_KEY,
            "",
        ))?;
        let answer: Value = serde_json::from_slice(&client.body)?;
        let token = answer
            .get("access_token")
            .and_then(Value::as_str)
            .ok_or("no access token")?
            .to_owned();
        Ok(Self {
            client,
            port: server.port,
            token,
        })
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let headers = format!(
            "authorization: Bearer {}\r\ncontent-type: application/json\r\n",
            self.token
        );
        request(self.port, method, path, &headers, body)
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<String> {
        self.client
            .send_expecting_success(&self.request("GET", path, ""))?;
        Ok(self.client.text())
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &Value) -> Result<String> {
        let request = self.request(method, path, &body.to_string());
        self.client.send_expecting_success(&request)?;
        Ok(self.client.text())
    }

    pub(crate) fn list(&mut self, query: &str) -> Result<Value> {
        Ok(serde_json::from_str(
            &self.get(&format!("/api/exceptions?{query}"))?,
        )?)
    }

    /// Somebody who works on exceptions, by id.
    pub(crate) fn worker(&mut self) -> Result<String> {
        let list = self.list("status=IN_PROGRESS&size=1")?;
        let worker = list["content"][0]["assignedTo"]["id"].as_str();
        Ok(worker.ok_or("nobody works on any exception")?.to_owned())
    }
}

/// As much of a browser as it takes to sign in and to follow links.
pub(crate) struct Browser {
    client: Client,
    port: u16,
    cookies: BTreeMap<String, String>,
    /// The page it is on: its address and what it says.
    path: String,
    shown: String,
}

impl Browser {
    pub(crate) fn open(server: &Server) -> Result<Self> {
        Ok(Self {
            client: Client::connect(server.port)?,
            port: server.port,
            cookies: BTreeMap::new(),
            path: String::new(),
            shown: String::new(),
        })
    }

    pub(crate) fn sign_in(&mut self) -> Result<()> {
        self.sign_in_as(PERSON.0, PERSON.1)
    }

    /// Signs somebody in; when the server says that too many do so now, waits and tries again.
    pub(crate) fn sign_in_as(&mut self, email: &str, password: &str) -> Result<()> {
        loop {
            if let Some(next) = self.try_to_sign_in(email, password)? {
                return self.get(&next).map(drop);
            }
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// Tries once; gives the page that it leads to, or nothing when the server says that too many do so now.
    pub(crate) fn try_to_sign_in(&mut self, email: &str, password: &str) -> Result<Option<String>> {
        let form = self.get("/login")?;
        let token = tag_with(&form, "name=\"csrf_token\"").and_then(|tag| attribute(tag, "value"));
        let token = token.ok_or("the sign-in form has no csrf_token")?;
        let fields = [("email", email), ("password", password), ("csrf_token", &token)];
        let status = self.send("POST", "/login", &encoded(&fields))?;
        let next = self.client.headers("location").next().map(str::to_owned);
        match next {
            _ if status == 429 => Ok(None),
            Some(next) if status == 303 && !next.starts_with("/login") => Ok(Some(next)),
            next => Err(format!(
                "signing in was answered with {status} {}",
                next.unwrap_or_default()
            )
            .into()),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<String> {
        match self.send("GET", path, "")? {
            200 => {
                path.clone_into(&mut self.path);
                self.shown = self.client.text();
                Ok(self.shown.clone())
            }
            status => Err(format!("{path} was answered with {status}").into()),
        }
    }

    /// The address of the page it is on.
    pub(crate) fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or(&self.path)
    }

    /// Opens `page`, and sends its form to `action`.
    pub(crate) fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        self.get(page)?;
        self.submit_shown(action, fields)
    }

    /// Whether the page it is on has a form for `action`.
    pub(crate) fn offers(&self, action: &str) -> bool {
        self.form_for(action).is_some()
    }

    /// The form of the page it is on that goes to `action`, or has a button that does.
    fn form_for(&self, action: &str) -> Option<&str> {
        let (address, button) = (format!("\"{action}\""), format!("formaction=\"{action}\""));
        let goes_there = |form: &str| form.split('>').next().is_some_and(|tag| tag.contains(&address));
        let shown = self.shown.as_str();
        let forms = || {
            let rest = shown.split("<form ").skip(1);
            rest.filter_map(|rest| rest.split("</form>").next())
        };
        forms()
            .find(|form| goes_there(form))
            .or_else(|| forms().find(|form| form.contains(&button)))
    }

    /// Sends the form of the page it is on for `action` with what is hidden in it and `fields`; gives the page that
    /// this leads to.
    pub(crate) fn submit_shown(&mut self, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        let form = self
            .form_for(action)
            .ok_or_else(|| format!("{} has no form for {action}", self.path))?;
        let hidden: Vec<(String, String)> = form
            .split("<input ")
            .filter_map(|rest| rest.split('>').next())
            .filter(|tag| tag.contains("type=\"hidden\""))
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        all.extend(fields);
        let body = encoded(&all);
        match self.send("POST", action, &body)? {
            303 => {
                let next = self.client.headers("location").next().map(str::to_owned);
                self.get(&next.ok_or("a redirect to nowhere")?)
            }
            200 => {
                self.shown = self.client.text();
                Ok(self.shown.clone())
            }
            status => Err(format!("{action} was answered with {status}").into()),
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<u16> {
        let status = self.client.send(&self.request(method, path, body))?;
        for cookie in self.client.headers("set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(status)
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers = format!(
            "accept: text/html\r\norigin: http://127.0.0.1:{}\r\nsec-fetch-site: same-origin\r\n\
             cookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
            self.port,
            cookies.join("; ")
        );
        request(self.port, method, path, &headers, body)
    }

    /// Follows the links to the next page up to `depth` times; returns how far that led, and where.
    pub(crate) fn go_deep(&mut self, from: &str, depth: usize) -> Result<(usize, String)> {
        let mut path = from.to_owned();
        for level in 0..depth {
            let page = self.get(&path)?;
            let Some(next) = tag_with(&page, "rel=\"next\"").and_then(|tag| attribute(tag, "href")) else {
                return Ok((level, path));
            };
            path = if next.starts_with('?') {
                format!("/exceptions{next}")
            } else {
                next
            };
        }
        Ok((depth, path))
    }
}

pub(crate) fn links(html: &str) -> impl Iterator<Item = String> {
    html.split("<a ")
        .skip(1)
        .filter_map(|rest| attribute(rest.split('>').next()?, "href"))
}

/// Whether a link leads to one exception, not to `new`, `export` and the like.
pub(crate) fn is_exception(link: &str) -> bool {
    link.strip_prefix("/exceptions/")
        .and_then(|rest| rest.split(['?', '#']).next())
        .is_some_and(|id| id.len() == 36)
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub(crate) fn tag_with<'a>(html: &'a str, text: &str) -> Option<&'a str> {
    let at = html.find(text)?;
    let begin = html[..at].rfind('<')?;
    Some(&html[begin..at + html[at..].find('>')?])
}

pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    let begin = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[begin..].split('"').next()?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}

pub(crate) fn percent_encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
