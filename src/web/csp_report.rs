//! What browsers report of the content security policy. Only the directive and the page's path go into the log, a few
//! a minute: a report is made by whoever likes, and its addresses may hold anything.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Payload},
};
use serde::Deserialize;

use super::{form::read_limited, route::at};
use crate::{app::App, kernel::error::AppResult};

/// Where browsers send their reports.
pub const PATH: &str = "/csp-report";
const LONGEST: usize = 16 * 1024;

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "csp-report")]
    report: Violation,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Violation {
    document_uri: String,
    effective_directive: String,
    violated_directive: String,
}

/// The reports' route.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/csp-report").post(take));
}

async fn take(app: Data<App>, request: HttpRequest, body: Payload) -> AppResult<HttpResponse> {
    let body = read_limited(&request, &mut body.into_inner(), LONGEST).await?;
    if app.csp_reports.take(app.clock.now())
        && let Ok(Report { report }) = serde_json::from_slice(&body)
    {
        let (directive, path) = report.told();
        tracing::warn!(directive, path, "content security policy violated");
    }
    Ok(HttpResponse::NoContent().finish())
}

impl Violation {
    /// The directive, and the path of the page without its query; of each no more than a line.
    fn told(&self) -> (String, String) {
        let directive = if self.effective_directive.is_empty() {
            &self.violated_directive
        } else {
            &self.effective_directive
        };
        let path = self
            .document_uri
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
            .and_then(|rest| rest.split(['?', '#']).next())
            .unwrap_or("");
        (line(directive), line(path))
    }
}

fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_directive_and_path_and_no_query() {
        let Report { report } = serde_json::from_str(
            r#"{"csp-report": {"document-uri": "https://docket.test/search?q=123456789#x",
                "effective-directive": "script-src-elem\n", "blocked-uri": "https://evil.test/?secret"}}"#,
        )
        .unwrap();
        assert_eq!(report.told(), ("script-src-elem".into(), "/search".into()));
        assert_eq!(Violation::default().told(), (String::new(), String::new()));
    }
}
