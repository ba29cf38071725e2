//! A browser without script: it keeps cookies, follows redirects, and sends forms with the fields that are on the page.

use std::sync::Arc;

use reqwest::{
    Client, StatusCode,
    cookie::{CookieStore, Jar},
    redirect,
};
use scraper::{Html, Selector};

/// One browser.
pub struct Browser {
    pub client: Client,
    pub url: String,
    pub jar: Arc<Jar>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    /// The path and query it ended at.
    pub path: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(redirect::Policy::limited(5))
            .build()
            .unwrap();
        Self {
            client,
            url: url.into(),
            jar,
        }
    }

    /// A browser at another address of this machine, such as 127.0.0.2.
    pub fn at(url: &str, address: [u8; 4]) -> Self {
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .local_address(std::net::IpAddr::from(address))
            .build()
            .unwrap();
        Self {
            client,
            url: url.into(),
            jar,
        }
    }

    /// Tries to sign in; what came back.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        let fields = [("email", email), ("password", password)];
        self.submit("/login", "/login", &fields).await
    }

    /// Another browser that has stolen this one's cookies, as they are now.
    pub fn stolen(&self) -> Self {
        let stolen = Self::new(&self.url);
        let url = self.url.parse().unwrap();
        if let Some(cookies) = CookieStore::cookies(&*self.jar, &url) {
            for cookie in cookies.to_str().unwrap().split("; ") {
                stolen
                    .jar
                    .add_cookie_str(&format!("{cookie}; Path=/; Secure"), &url);
            }
        }
        stolen
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = CookieStore::cookies(&*self.jar, &self.url.parse().unwrap())?;
        let pairs = cookies.to_str().unwrap().to_owned();
        pairs
            .split("; ")
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    }

    /// The token of the first form on a page.
    pub async fn form_token(&self, page: &str) -> String {
        let shown = self.get(page).await;
        shown.attribute("input[name=csrf_token]", "value").remove(0)
    }

    /// Whether somebody is signed in.
    pub async fn is_signed_in(&self) -> bool {
        !self.get("/exceptions").await.path.starts_with("/login")
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let answer = self
            .submit("/login", "/login", &[("email", email), ("password", password)])
            .await;
        assert_eq!(answer.status, 200, "signing in as {email}: {}", answer.text);
        assert!(
            !answer.path.starts_with("/login"),
            "signing in as {email} was refused: {}",
            answer.text
        );
        answer
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        answer(
            self.client
                .get(format!("{}{path}", self.url))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Opens `page`, takes the hidden fields of its form that is sent to `action`, and sends it with `fields`.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        self.submit_shown(&shown, action, fields).await
    }

    /// Sends the form for `action` of a page that is shown already.
    pub async fn submit_shown(&self, shown: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = hidden_fields(&shown.text, action);
        assert!(
            !all.is_empty(),
            "{} has no form for {action} ({}):\n{}",
            shown.path,
            shown.status,
            shown.text
        );
        all.retain(|(name, _)| !fields.iter().any(|(n, _)| n == name));
        all.extend(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        self.post(action, &all).await
    }

    /// Sends a form as it is.
    pub async fn post<N: AsRef<str>, V: AsRef<str>>(&self, path: &str, fields: &[(N, V)]) -> Answer {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_ref(), v.as_ref())).collect();
        answer(
            self.client
                .post(format!("{}{path}", self.url))
                .form(&fields)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// The token that any page of a signed-in person carries.
    pub async fn token(&self) -> String {
        let page = self.get("/exceptions").await;
        hidden_fields(&page.text, "/logout")
            .into_iter()
            .find(|(n, _)| n == "csrf_token")
            .expect("a token")
            .1
    }
}

pub async fn answer(response: reqwest::Response) -> Answer {
    let url = response.url().clone();
    let path = url
        .query()
        .map_or_else(|| url.path().to_owned(), |q| format!("{}?{q}", url.path()));
    Answer {
        status: response.status(),
        path,
        headers: response.headers().clone(),
        text: response.text().await.unwrap_or_default(),
    }
}

impl Answer {
    /// The visible text of what `selector` finds, blanks folded.
    pub fn find(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector)
            .map(|e| {
                e.text()
                    .collect::<String>()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }

    /// An attribute of what `selector` finds.
    pub fn attribute(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector)
            .filter_map(|e| e.value().attr(name).map(str::to_owned))
            .collect()
    }

    /// The path of the link that a page shows this once.
    pub fn one_time_link(&self) -> String {
        let link = self.attribute("#link", "value");
        let link = link.first().unwrap_or_else(|| panic!("no link: {}", self.text));
        let (_, rest) = link.split_once("://").unwrap();
        rest[rest.find('/').unwrap()..].to_owned()
    }

    /// Whether the page says so, wherever.
    pub fn says(&self, words: &str) -> bool {
        self.find("body").join(" ").contains(words)
    }
}

fn hidden_fields(html: &str, action: &str) -> Vec<(String, String)> {
    let html = Html::parse_document(html);
    let form = Selector::parse("form").unwrap();
    let hidden = Selector::parse("input[type=hidden]").unwrap();
    let button = Selector::parse("button[formaction]").unwrap();
    html.select(&form)
        .find(|f| {
            f.value().attr("action").is_some_and(|a| a == action)
                || f.select(&button)
                    .any(|b| b.value().attr("formaction") == Some(action))
        })
        .map(|f| {
            f.select(&hidden)
                .map(|i| {
                    let of = |name| i.value().attr(name).unwrap_or_default().to_owned();
                    (of("name"), of("value"))
                })
                .collect()
        })
        .unwrap_or_default()
}
