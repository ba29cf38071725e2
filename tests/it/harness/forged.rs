//! Forms that were not sent from one of our pages, in every way that we know; and whether anything came of it.

use diesel::{RunQueryDsl, sql_query, sql_types::Text};
use docket::auth::permission::Role;
use reqwest::{StatusCode, header::HeaderName};

use super::{Browser, TestApp};

/// A POST route and who is tried there.
pub struct Target<'a> {
    pub app: &'a TestApp,
    pub browser: &'a Browser,
    pub path: &'a str,
    pub fields: &'a [(&'a str, &'a str)],
    /// The token that is good here.
    pub own: String,
    /// Tokens of others, which are not.
    pub foreign: Vec<String>,
}

/// For a form of signed-in people: tries it as somebody with `role`. On SQLite.
pub async fn refuses_forged_forms(app: &TestApp, role: Role, path: &str, fields: &[(&str, &str)]) {
    let browser = app.sign_in(role).await;
    let foreign = vec![
        app.sign_in(role).await.token().await,
        app.as_stranger(Role::Owner).await.token().await,
        app.as_nobody().form_token("/login").await,
    ];
    let own = browser.token().await;
    Target {
        app,
        browser: &browser,
        path,
        fields,
        own,
        foreign,
    }
    .refuses_all()
    .await;
}

/// For a form of people who are not signed in, on `page`. On SQLite.
pub async fn refuses_forged_open_forms(app: &TestApp, page: &str, fields: &[(&str, &str)]) {
    let browser = app.as_nobody();
    let foreign = vec![
        app.as_nobody().form_token("/login").await,
        app.as_manager().await.token().await,
    ];
    let own = browser.form_token(page).await;
    Target {
        app,
        browser: &browser,
        path: page,
        fields,
        own,
        foreign,
    }
    .refuses_all()
    .await;
}

impl Target<'_> {
    async fn refuses_all(&self) {
        let before = digest(self.app);
        let own = Some(self.own.as_str());
        let long = format!("{}A", self.own);
        for token in [None, Some(""), Some("x"), Some(long.as_str())] {
            self.is_refused(token, "", &[], "a missing or broken token").await;
        }
        for token in &self.foreign {
            self.is_refused(Some(token), "", &[], "somebody else's token")
                .await;
        }
        let in_query = format!("?csrf_token={}", self.own);
        self.is_refused(None, &in_query, &[], "the token in the query")
            .await;
        for (name, value) in [
            ("origin", "https://evil.test"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            self.is_refused(own, "", &[(name, value)], value).await;
        }
        assert_eq!(
            digest(self.app),
            before,
            "a refused form of {} had an effect",
            self.path
        );
        let real = self.send(own, "", &[("sec-fetch-site", "same-origin")]).await;
        assert_ne!(
            real.0,
            StatusCode::FORBIDDEN,
            "{} refuses its own form: {}",
            self.path,
            real.1
        );
    }

    async fn is_refused(&self, token: Option<&str>, query: &str, headers: &[(&str, &str)], what: &str) {
        let (status, text) = self.send(token, query, headers).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{} took {what}: {text}", self.path);
    }

    async fn send(&self, token: Option<&str>, query: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let mut fields = self.fields.to_vec();
        fields.extend(token.map(|t| ("csrf_token", t)));
        let address = format!("{}{}{query}", self.browser.url, self.path);
        let mut request = self.browser.client.post(address).form(&fields);
        for (name, value) in headers {
            request = request.header(name.parse::<HeaderName>().unwrap(), *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// All that is stored, but for sessions and for what jobs keep up: the indexes of words, the place in the history. On
/// SQLite.
pub fn digest(app: &TestApp) -> String {
    let mut conn = app.intruder();
    let mut lines = |query: &str| -> Vec<String> {
        let rows: Vec<Line> = sql_query(query).load(&mut conn).unwrap();
        rows.into_iter().map(|row| row.line).collect()
    };
    let tables = lines(
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name <> 'sessions' \
         AND name <> 'webhook_cursors' AND name NOT LIKE 'search%' \
         AND name NOT LIKE 'account_words%'",
    );
    let mut all = Vec::new();
    for table in tables {
        let columns = lines(&format!(
            "SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{table}')"
        ));
        let columns = columns.join(" || ',' || ");
        all.push(table.clone());
        all.extend(lines(&format!(
            "SELECT {columns} AS line FROM {table} ORDER BY 1"
        )));
    }
    all.join("\n")
}
