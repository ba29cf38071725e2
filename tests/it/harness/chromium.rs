//! A real Chromium, driven by Debian's chromedriver.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::WebDriverCompatibleCommand};
use serde_json::json;
use ureq::http::Method;
use url::{ParseError, Url};

/// How the browser is set up.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub width: u32,
    pub dark: bool,
    pub script: bool,
}

/// One browser with its driver.
pub struct Chromium {
    pub client: Client,
    driver: Child,
    port: u16,
    url: String,
    look: Look,
    _profile: tempfile::TempDir,
}

/// Without the last ones Chromium calls home at every start.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Chromium's own command: its window is the one that somebody works in. Without a screen it may take it for one that
/// nobody looks at, in which nothing is in focus (from version 148 on at the latest).
#[derive(Debug)]
struct WorkHere;

impl WebDriverCompatibleCommand for WorkHere {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!(
            "session/{}/goog/cdp/execute",
            session_id.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let command = json!({ "cmd": "Emulation.setFocusEmulationEnabled", "params": { "enabled": true } });
        (Method::POST, Some(command.to_string()))
    }
}

impl Chromium {
    pub async fn start(url: &str, look: Look) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (Debian's chromium-driver) is installed");
        let profile = tempfile::tempdir().unwrap();
        let mut flags: Vec<String> = FLAGS.iter().map(|f| (*f).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--window-size={},900", look.width.max(500)));
        if look.dark {
            flags.push("--blink-settings=preferredColorScheme=0".into());
        }
        let mut options = json!({ "args": flags });
        options["binary"] = json!("/usr/bin/chromium");
        if look.width < 500 {
            // The driver's touches need script.
            options["mobileEmulation"] = json!({ "deviceMetrics": { "width": look.width, "height": 844, "pixelRatio": 1.0, "touch": look.script } });
        }
        if !look.script {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("browserName".into(), json!("chrome"));
        capabilities.insert("goog:chromeOptions".into(), options);
        let address = format!("http://127.0.0.1:{port}");
        let mut client = None;
        for _ in 0..100 {
            match ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                .capabilities(capabilities.clone())
                .connect(&address)
                .await
            {
                Ok(connected) => {
                    client = Some(connected);
                    break;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        let client = client.expect("chromedriver starts Chromium");
        client.issue_cmd(WorkHere).await.unwrap();
        Self {
            client,
            driver,
            port,
            url: url.into(),
            look,
            _profile: profile,
        }
    }

    pub async fn end(self) {
        let _ = self.client.clone().close().await;
    }

    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.url)).await.unwrap();
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn find(&self, selector: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(Duration::from_secs(10))
            .for_element(Locator::Css(selector))
            .await;
        match found {
            Ok(element) => element,
            Err(e) => panic!(
                "no {selector} at {}: {e}\n{}",
                self.path().await,
                self.text().await
            ),
        }
    }

    /// Presses what leads to another page, and waits until the one it stood on is gone.
    pub async fn press(&self, selector: &str) {
        let pressed = self.find(selector).await;
        self.leave_by(&pressed).await;
    }

    async fn leave_by(&self, way: &Element) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        way.click().await.unwrap();
        for _ in 0..200 {
            if page.tag_name().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still at {}:\n{}", self.path().await, self.text().await);
    }

    /// Follows the link that says so.
    pub async fn follow(&self, words: &str) {
        let link = self.link(words).await;
        self.leave_by(&link).await;
    }

    /// Follows the link that says so to its form: where there is script, a dialog on the same page.
    pub async fn follow_to_form(&self, words: &str) {
        if !self.look.script {
            return self.follow(words).await;
        }
        self.link(words).await.click().await.unwrap();
        self.find("dialog[open] form").await;
    }

    async fn link(&self, words: &str) -> Element {
        let link = format!("//main//a[contains(normalize-space(.), '{words}')]");
        let found = self
            .client
            .wait()
            .at_most(Duration::from_secs(10))
            .for_element(Locator::XPath(&link))
            .await;
        found.unwrap_or_else(|e| panic!("no link says {words}: {e}"))
    }

    pub async fn type_into(&self, selector: &str, text: &str) {
        self.find(selector).await.send_keys(text).await.unwrap();
    }

    /// Puts a text in place of what stands in a field.
    pub async fn type_over(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks what stays on the page: a choice, a menu.
    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap();
    }

    /// The visible text of the page; none while it loads.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub async fn says(&self, words: &str) -> bool {
        self.text().await.contains(words)
    }

    /// Waits for words that come with a later page: an import runs for a moment.
    pub async fn wait_for(&self, words: &str) {
        for _ in 0..100 {
            if self.says(words).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.client.refresh().await.unwrap();
        }
        panic!("{words} never came:\n{}", self.text().await);
    }

    pub async fn sign_in(&self, email: &str, password: &str) {
        self.open("/login").await;
        self.type_into("#email", email).await;
        self.type_into("#password", password).await;
        self.press("form[action='/login'] button").await;
        self.find("form[action='/logout']").await;
    }

    /// Signs out by the person's menu.
    pub async fn sign_out(&self) {
        self.click(".menu summary").await;
        self.press("form[action='/logout'] button").await;
        self.find("form[action='/login']").await;
    }

    /// Looks at the page: no axe violation, no scrolling sideways; keeps its HTML for the checkers and a picture.
    pub async fn check(&self, name: &str) {
        let Look { width, dark, script } = self.look;
        let slug = format!(
            "{name}-{width}{}{}",
            if dark { "-dark" } else { "" },
            if script { "" } else { "-plain" }
        );
        fs::create_dir_all("target/screens").unwrap();
        fs::write(
            format!("target/screens/{slug}.png"),
            self.client.screenshot().await.unwrap(),
        )
        .unwrap();
        self.keep_html(&slug).await;
        let sideways = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let over = self.client.execute(sideways, vec![]).await.unwrap();
        assert_eq!(over.as_i64(), Some(0), "{slug} scrolls sideways");
        // axe runs on promises, which never come true without script; the same page is checked with it.
        if script {
            let violations = self.axe().await;
            assert!(violations.is_empty(), "{slug}: {violations:#?}");
        }
    }

    /// The body as the server sent it: the browser's own has its mistakes repaired.
    async fn keep_html(&self, slug: &str) {
        let cookies = self.client.get_all_cookies().await.unwrap();
        let cookies: Vec<String> = cookies
            .iter()
            .map(|c| format!("{}={}", c.name(), c.value()))
            .collect();
        let url = self.client.current_url().await.unwrap();
        let answer = reqwest::Client::new()
            .get(url)
            .header("Cookie", cookies.join("; "))
            .send()
            .await
            .unwrap();
        if !answer.status().is_success() && answer.status() != 404 {
            return; // the address of a form that came back: its page is checked by axe alone
        }
        let policy = answer
            .headers()
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        fs::create_dir_all("target/pages").unwrap();
        fs::write(format!("target/pages/{slug}.html"), answer.text().await.unwrap()).unwrap();
        fs::write("target/pages/csp.txt", format!("{policy}\n")).unwrap();
    }

    async fn axe(&self) -> Vec<String> {
        let path = Path::new("tests/tools/node_modules/axe-core/axe.min.js");
        let source = fs::read_to_string(path).expect("npm ci in tests/tools, as tests/run does");
        self.client.execute(&source, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run().then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))), \
                   e => done(['axe failed: ' + e]));";
        let found = self.client.execute_async(run, vec![]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }
}

/// Also after a failed test: the driver ends its browsers before itself.
impl Drop for Chromium {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ =
                stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
