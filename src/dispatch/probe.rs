//! The Test button: the outside system is really called, and what came back is told in words. Nothing is made there.

use serde_json::{Value, json};

use super::{
    call::{Pass, unanswered},
    connector::ConnectorRow,
    jira,
    model::Target,
    servicenow, webhook,
};
use crate::{
    app::App,
    kernel::{error::AppResult, id::WebhookMessageId},
    outbound::{Question, Reply},
};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Whether an exception could be handed over.
    pub passed: bool,
    /// In words.
    pub words: String,
}

impl Probed {
    fn passed(words: String) -> Self {
        Self { passed: true, words }
    }

    fn failed(words: String) -> Self {
        Self { passed: false, words }
    }
}

/// Tries a connector out.
pub async fn probe(app: &App, row: &ConnectorRow) -> AppResult<Probed> {
    let pass = Pass::of(row, &app.vault)?;
    match row.target {
        Target::Jira => jira_project(app, row, &pass).await,
        Target::ServiceNow => {
            let url = format!(
                "{}?sysparm_limit=1&sysparm_fields=number",
                servicenow::incidents(&row.url)
            );
            let asked = pass.question(url, None, Vec::new());
            let has_list = |body: &Value| body["result"].is_array();
            Ok(ask(app, row.target, &pass, asked, "list of incidents", has_list)
                .await?
                .map_or_else(Probed::failed, |_| {
                    Probed::passed("It answers, and incidents can be read with what we show.".into())
                }))
        }
        Target::Webhook | Target::Manual => a_message(app, row, &pass).await,
    }
}

async fn jira_project(app: &App, row: &ConnectorRow, pass: &Pass) -> AppResult<Probed> {
    let asked = pass.question(jira::myself(&row.url), None, Vec::new());
    let has_name = |body: &Value| body["displayName"].is_string();
    let me = match ask(app, row.target, pass, asked, "name of ours", has_name).await? {
        Ok(body) => body["displayName"].as_str().unwrap_or_default().to_owned(),
        Err(words) => return Ok(Probed::failed(words)),
    };
    let asked = pass.question(jira::project(&row.url, &row.project), None, Vec::new());
    let has_types = |body: &Value| body["issueTypes"].is_array();
    let types: Vec<String> = match ask(app, row.target, pass, asked, "issue types", has_types).await? {
        Ok(body) => body["issueTypes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|kind| kind["name"].as_str().map(|name| shown(name, 40)))
            .take(20)
            .collect(),
        Err(words) => return Ok(Probed::failed(format!("The project {}: {words}", row.project))),
    };
    let me = shown(&me, 60);
    Ok(if types.contains(&row.issue_type) {
        Probed::passed(format!(
            "It knows us as “{me}”, and the project {} has the issue type “{}”.",
            row.project, row.issue_type
        ))
    } else {
        Probed::failed(format!(
            "It knows us as “{me}”, but the project {} has no issue type “{}”; it has: {}.",
            row.project,
            row.issue_type,
            types.join(", ")
        ))
    })
}

/// The other side's words, cut and without control characters.
fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

async fn a_message(app: &App, row: &ConnectorRow, pass: &Pass) -> AppResult<Probed> {
    let now = app.clock.now();
    let id = WebhookMessageId::generate(now).to_string();
    let body = json!({
        "id": id, "type": "docket.test", "createdAt": now.rfc3339(),
        "data": {"businessAccountId": row.business_account_id}
    });
    let secrets = row.secrets(&app.vault, now)?;
    let asked = webhook::message(&row.url, &secrets, &id, now.seconds(), body.to_string())?;
    Ok(match app.outbound.ask(asked).await? {
        Ok(reply) if (200..=299).contains(&reply.status) => Probed::passed(format!(
            "A signed test message was accepted with {}.",
            reply.status
        )),
        Ok(reply) => Probed::failed(format!("It answers {}", pass.said(row.target, &reply))),
        Err(failure) => Probed::failed(unanswered(failure)),
    })
}

/// The body of an answer that is as it should be, or what is wrong with it.
async fn ask(
    app: &App,
    target: Target,
    pass: &Pass,
    asked: Question,
    what: &str,
    is_it: impl Fn(&Value) -> bool,
) -> AppResult<Result<Value, String>> {
    let reply: Reply = match app.outbound.ask(asked).await? {
        Ok(reply) => reply,
        Err(failure) => return Ok(Err(unanswered(failure))),
    };
    if reply.status != 200 {
        return Ok(Err(format!("It answers {}", pass.said(target, &reply))));
    }
    let body = serde_json::from_str::<Value>(&reply.text).ok().filter(is_it);
    Ok(body.ok_or_else(|| {
        format!(
            "It answers 200, but without the {what} that {} gives: is the address right?",
            target.named()
        )
    }))
}
