//! A receiver of webhooks that behaves as badly as real ones do.

use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// 204.
    Well,
    /// 204 after a second.
    Leisurely,
    /// 503.
    Down,
    /// It takes longer than anybody waits.
    Slow,
    /// It takes each at once, and says so later than anybody waits.
    Late,
    /// It takes some, and answers 500 to every second call.
    Flapping,
    /// It takes each, and says 500 all the same.
    Lying,
    /// It sends whoever calls elsewhere.
    Redirects,
}

/// What came, accepted or not.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
    /// Whether it was answered well.
    pub accepted: bool,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    calls: Arc<AtomicUsize>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            mood: Arc::new(Mutex::new(mood)),
            calls: Arc::default(),
            received: Arc::default(),
        };
        let state = receiver.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(state.clone()))
                .route("/hook", web::post().to(take))
                .route("/elsewhere", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap();
        actix_web::rt::spawn(server.run());
        receiver
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Everything that came.
    pub fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// How many were refused.
    pub fn refused(&self) -> usize {
        self.all().iter().filter(|r| !r.accepted).count()
    }

    /// What was accepted.
    pub fn accepted(&self) -> Vec<Received> {
        self.all().into_iter().filter(|r| r.accepted).collect()
    }

    fn receive(&self, request: &HttpRequest, body: &web::Bytes, accepted: bool) {
        let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
        self.received.lock().unwrap().push(Received {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: String::from_utf8(body.to_vec()).unwrap(),
            accepted,
        });
    }
}

async fn take(state: web::Data<Receiver>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let nth = state.calls.fetch_add(1, Ordering::SeqCst);
    let mood = *state.mood.lock().unwrap();
    match mood {
        Mood::Well => {
            state.receive(&request, &body, true);
            HttpResponse::NoContent().finish()
        }
        Mood::Leisurely => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            state.receive(&request, &body, true);
            HttpResponse::NoContent().finish()
        }
        Mood::Flapping if nth.is_multiple_of(2) => {
            state.receive(&request, &body, true);
            HttpResponse::Ok().body("thank you")
        }
        Mood::Slow => {
            tokio::time::sleep(Duration::from_secs(8)).await;
            HttpResponse::NoContent().finish()
        }
        Mood::Late => {
            state.receive(&request, &body, true);
            tokio::time::sleep(Duration::from_secs(8)).await;
            HttpResponse::NoContent().finish()
        }
        Mood::Lying => {
            state.receive(&request, &body, true);
            HttpResponse::InternalServerError().finish()
        }
        Mood::Redirects => HttpResponse::TemporaryRedirect()
            .insert_header(("location", "/elsewhere"))
            .finish(),
        Mood::Down | Mood::Flapping => {
            state.receive(&request, &body, false);
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}
