//! An outside system: Jira, ServiceNow and a taker of messages in one, which checks what it is sent against the
//! documents of each, and fails on purpose.

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// What it shows who calls as.
pub const USER: &str = "bot@example.com";
pub const TOKEN: &str = "tr4cker-t0ken-hush";

/// How it answers a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// As it should.
    Well,
    /// With this status and text.
    Status(u16, String),
    /// With 429 and `Retry-After`.
    Busy(u64),
    /// Later than anybody waits.
    Slow,
    /// As it should, after a second.
    Leisurely,
    /// It takes it, and says 500 all the same.
    Lying,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Came {
    pub method: String,
    pub path: String,
    /// By name, in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Tracker {
    /// Its root, without a slash at the end.
    pub url: String,
    /// What it does with the next calls, and then with all.
    next: Arc<Mutex<VecDeque<Answer>>>,
    always: Arc<Mutex<Answer>>,
    came: Arc<Mutex<Vec<Came>>>,
    /// What it has made, by the key of the hand-over.
    made: Arc<Mutex<Vec<(String, String)>>>,
}

impl Tracker {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tracker = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            next: Arc::default(),
            always: Arc::new(Mutex::new(Answer::Well)),
            came: Arc::default(),
            made: Arc::default(),
        };
        let state = tracker.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(state.clone()))
                .default_service(web::to(take))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap();
        actix_web::rt::spawn(server.run());
        tracker
    }

    /// The next calls are answered so, one after another.
    pub fn will(&self, answers: &[Answer]) {
        self.next.lock().unwrap().extend(answers.iter().cloned());
    }

    /// All further calls are answered so.
    pub fn always(&self, answer: Answer) {
        *self.always.lock().unwrap() = answer;
    }

    /// Everything that came.
    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// What was posted.
    pub fn posted(&self) -> Vec<Came> {
        self.came().into_iter().filter(|c| c.method == "POST").collect()
    }

    /// What was made: the key of each hand-over, and what it is called here.
    pub fn made(&self) -> Vec<(String, String)> {
        self.made.lock().unwrap().clone()
    }
}

async fn take(state: web::Data<Tracker>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |(name, value): (
        &actix_web::http::header::HeaderName,
        &actix_web::http::header::HeaderValue,
    )| {
        (
            name.as_str().to_owned(),
            value.to_str().unwrap_or_default().to_owned(),
        )
    };
    let came = Came {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        headers: request.headers().iter().map(header).collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    state.came.lock().unwrap().push(came.clone());
    let next = state.next.lock().unwrap().pop_front();
    match next.unwrap_or_else(|| state.always.lock().unwrap().clone()) {
        Answer::Well => well(&state, &came),
        Answer::Leisurely => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            well(&state, &came)
        }
        Answer::Lying => {
            well(&state, &came);
            HttpResponse::InternalServerError().finish()
        }
        Answer::Status(status, text) => {
            HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).body(text)
        }
        Answer::Busy(seconds) => HttpResponse::TooManyRequests()
            .insert_header(("retry-after", seconds.to_string()))
            .finish(),
        Answer::Slow => {
            tokio::time::sleep(Duration::from_secs(8)).await;
            HttpResponse::Ok().finish()
        }
    }
}

fn well(state: &Tracker, came: &Came) -> HttpResponse {
    let jira = came.path.starts_with("/rest/api/3/");
    let is_called = jira || came.path.starts_with("/api/now/");
    let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{TOKEN}")));
    let bearer = format!("Bearer {TOKEN}");
    if is_called && ![basic.as_str(), &bearer].contains(&came.header("authorization")) {
        return HttpResponse::Unauthorized().body("Client must be authenticated to access this resource.");
    }
    match (came.method.as_str(), came.path.as_str()) {
        ("GET", "/rest/api/3/myself") => {
            HttpResponse::Ok().json(json!({"accountId": "1", "displayName": "Docket Bot"}))
        }
        ("GET", "/rest/api/3/project/PAY") => {
            let types = json!([{"id": "1", "name": "Task"}, {"id": "2", "name": "Bug"}]);
            HttpResponse::Ok().json(json!({"key": "PAY", "issueTypes": types}))
        }
        ("GET", path) if path.starts_with("/rest/api/3/project/") => HttpResponse::NotFound()
            .json(json!({"errorMessages": ["No project could be found with that key."], "errors": {}})),
        ("POST", "/rest/api/3/issue") => match wrong_with_issue(&came.json()) {
            None => {
                let key = make(state, came, "PAY-");
                HttpResponse::Created().json(json!({"id": "10001", "key": key, "self": "x"}))
            }
            Some((field, why)) => {
                HttpResponse::BadRequest().json(json!({"errorMessages": [], "errors": {field: why}}))
            }
        },
        ("GET", "/api/now/table/incident") => {
            HttpResponse::Ok().json(json!({"result": [{"number": "INC1"}]}))
        }
        ("POST", "/api/now/table/incident") => {
            let body = came.json();
            let short = body["short_description"].as_str().unwrap_or_default();
            let levels = ["1", "2", "3"].map(|l| json!(l));
            let is_right = (1..=160).contains(&short.chars().count())
                && levels.contains(&body["impact"])
                && levels.contains(&body["urgency"]);
            if !is_right {
                let error = json!({"message": "Invalid incident", "detail": "short_description"});
                return HttpResponse::BadRequest().json(json!({"error": error, "status": "failure"}));
            }
            let number = make(state, came, "INC001000");
            HttpResponse::Created()
                .json(json!({"result": {"sys_id": "a9e30c7dc61122760116894de7bcc7bd", "number": number}}))
        }
        ("POST", "/hook") if came.json()["type"] == "docket.test" => HttpResponse::Ok().finish(),
        ("POST", "/hook") => {
            let name = make(state, came, "T-");
            let page = format!("https://tracker.example.com/{name}");
            HttpResponse::Ok().json(json!({"externalIssueId": name, "externalUrl": page}))
        }
        _ => HttpResponse::NotFound().body("<html><body>Not here</body></html>"),
    }
}

/// Makes it, or gives what was made for the same key.
fn make(state: &Tracker, came: &Came, prefix: &str) -> String {
    let key = came.header("idempotency-key").to_owned();
    assert!(!key.is_empty(), "no key: {came:?}");
    let mut made = state.made.lock().unwrap();
    if let Some((_, name)) = made.iter().find(|(k, _)| *k == key) {
        return name.clone();
    }
    let name = format!("{prefix}{}", made.len() + 1);
    made.push((key, name.clone()));
    name
}

/// What Jira's documents refuse of a new issue.
fn wrong_with_issue(body: &Value) -> Option<(&'static str, &'static str)> {
    let fields = &body["fields"];
    let summary = fields["summary"].as_str().unwrap_or_default();
    if fields["project"]["key"] != "PAY" {
        return Some(("project", "valid project is required"));
    }
    if !["Task", "Bug"].contains(&fields["issuetype"]["name"].as_str().unwrap_or_default()) {
        return Some(("issuetype", "Specify a valid issue type"));
    }
    if summary.is_empty() || summary.chars().count() > 255 || summary.contains('\n') {
        return Some(("summary", "Summary must be one line of at most 255 characters."));
    }
    let priorities = ["Highest", "High", "Medium", "Low", "Lowest"];
    if !priorities.contains(&fields["priority"]["name"].as_str().unwrap_or_default()) {
        return Some(("priority", "Priority name is not valid"));
    }
    let labels = fields["labels"].as_array().unwrap();
    if labels.iter().any(|l| l.as_str().is_none_or(|l| l.contains(' '))) {
        return Some(("labels", "The label contains spaces which is invalid."));
    }
    if !is_document(&fields["description"]) {
        return Some(("description", "Operation value must be an Atlassian Document"));
    }
    None
}

/// Whether it is of Atlassian's document format, as far as we use it.
fn is_document(value: &Value) -> bool {
    value["type"] == "doc" && value["version"] == 1 && all_are(value, is_block)
}

/// Whether a node has contents, all of a kind.
fn all_are(node: &Value, is: fn(&Value) -> bool) -> bool {
    node["content"]
        .as_array()
        .is_some_and(|all| !all.is_empty() && all.iter().all(is))
}

fn is_text(node: &Value) -> bool {
    let marks = node["marks"].as_array().cloned().unwrap_or_default();
    node["type"] == "text"
        && node["text"].as_str().is_some_and(|text| !text.is_empty())
        && marks.iter().all(|mark| match mark["type"].as_str() {
            Some("strong") => true,
            Some("link") => mark["attrs"]["href"]
                .as_str()
                .is_some_and(|href| href.starts_with("http")),
            _ => false,
        })
}

fn is_paragraph(node: &Value) -> bool {
    node["type"] == "paragraph" && all_are(node, is_text)
}

fn is_item(node: &Value) -> bool {
    node["type"] == "listItem" && all_are(node, is_paragraph)
}

fn is_block(node: &Value) -> bool {
    is_paragraph(node) || node["type"] == "bulletList" && all_are(node, is_item)
}
