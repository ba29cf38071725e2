//! `/api/docs`: the description as a page, with nothing from outside, for whoever never saw Docket.

use std::sync::LazyLock;

use actix_web::{HttpRequest, web::Data};
use askama::Template;
use serde_json::Value;

use super::DOCUMENT;
use crate::{
    app::App,
    kernel::error::Code,
    web::{page::Page, shell::Shell},
};

#[derive(Template)]
#[template(path = "openapi/docs.html")]
pub struct DocsPage {
    shell: Shell,
    url: String,
    groups: &'static [Group],
    shapes: &'static [Shape],
    refusals: Vec<Refusal>,
}

/// The calls of one tag.
struct Group {
    name: String,
    id: String,
    text: String,
    calls: Vec<Call>,
}

struct Call {
    id: String,
    method: String,
    path: String,
    summary: String,
    text: String,
    right: Option<String>,
    query: Vec<Member>,
    body: Option<Link>,
    answers: Vec<Answer>,
}

/// A member of a body, or a name of a query.
struct Member {
    name: String,
    kind: String,
    shape: Option<Link>,
    is_required: bool,
    text: String,
}

/// A shape that is described further down.
struct Link {
    id: String,
    label: String,
}

struct Answer {
    status: String,
    text: String,
    shape: Option<Link>,
}

/// An object that calls take or answer.
struct Shape {
    id: String,
    name: String,
    text: String,
    members: Vec<Member>,
    example: Option<String>,
}

struct Refusal {
    code: &'static str,
    status: u16,
    mtch: &'static str,
    title: &'static str,
}

/// `GET /api/docs`
pub async fn show(app: Data<App>, request: HttpRequest) -> Page<DocsPage> {
    static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| groups(&DOCUMENT));
    static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes(&DOCUMENT));
    Page::ok(DocsPage {
        shell: Shell::new(&app, &request, None, "API", None),
        url: app.public_url(),
        groups: &GROUPS,
        shapes: &SHAPES,
        refusals: Code::ALL.iter().copied().map(refusal).collect(),
    })
}

fn refusal(code: Code) -> Refusal {
    Refusal {
        code: code.as_str(),
        status: code.status(),
        mtch: code.mtch(),
        title: code.title(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn groups(document: &Value) -> Vec<Group> {
    let tags = document["tags"].as_array();
    tags.into_iter()
        .flatten()
        .map(|tag| {
            let name = text(&tag["name"]);
            Group {
                id: name.to_lowercase().replace([' ', ','], "-"),
                calls: calls(document, &name),
                text: text(&tag["description"]),
                name,
            }
        })
        .collect()
}

fn calls(document: &Value, tag: &str) -> Vec<Call> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, call) in methods.as_object().into_iter().flatten() {
            if call["tags"][0] == tag {
                found.push(one_call(document, method, path, call));
            }
        }
    }
    found
}

fn one_call(document: &Value, method: &str, path: &str, call: &Value) -> Call {
    let query = call["parameters"].as_array().into_iter().flatten();
    let summary = text(&call["summary"]);
    let described = text(&call["description"]);
    Call {
        id: text(&call["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        text: if described.trim_end_matches('.') == summary {
            String::new()
        } else {
            described
        },
        summary,
        right: call["x-right"].as_str().map(str::to_owned),
        query: query
            .filter(|p| p["in"] == "query")
            .map(|p| {
                let is_required = p["required"] == true;
                member(
                    document,
                    &text(&p["name"]),
                    &p["schema"],
                    &p["description"],
                    is_required,
                )
            })
            .collect(),
        body: link(&call["requestBody"]["content"]["application/json"]["schema"]),
        answers: answers(document, &call["responses"]),
    }
}

fn answers(document: &Value, responses: &Value) -> Vec<Answer> {
    let all = responses.as_object().into_iter().flatten();
    all.map(|(status, answer)| {
        let answer = resolved(document, answer);
        let is_refusal = status.starts_with(['4', '5']);
        let schema = &answer["content"]["application/json"]["schema"];
        Answer {
            status: status.clone(),
            text: text(&answer["description"]).replace('`', ""),
            shape: link(schema)
                .or_else(|| link(&schema["items"]))
                .filter(|_| !is_refusal),
        }
    })
    .collect()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|p| document.pointer(p)).unwrap_or(value)
}

/// The shape that a schema refers to.
fn link(schema: &Value) -> Option<Link> {
    let choice = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|c| c["$ref"].is_string());
    let name = choice.unwrap_or(schema)["$ref"].as_str()?.rsplit('/').next()?;
    Some(Link {
        id: format!("shape-{name}"),
        label: name.to_owned(),
    })
}

fn member(document: &Value, name: &str, schema: &Value, described: &Value, is_required: bool) -> Member {
    let own = resolved(document, schema);
    let is_object = own["properties"].is_object();
    Member {
        name: name.to_owned(),
        shape: link(schema)
            .or_else(|| link(&schema["items"]))
            .filter(|_| is_object || resolved(document, &schema["items"])["properties"].is_object()),
        kind: kind(document, schema),
        is_required,
        text: described
            .as_str()
            .or_else(|| said_of(schema))
            .unwrap_or_default()
            .to_owned(),
    }
}

/// What is said of a member, also where it may be null or is a shape of its own.
fn said_of(schema: &Value) -> Option<&str> {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    std::iter::once(schema)
        .chain(choices)
        .find_map(|s| s["description"].as_str())
}

/// The type in a few words.
fn kind(document: &Value, schema: &Value) -> String {
    let own = resolved(document, schema);
    if let Some(words) = own["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return words.join(", ");
    }
    if let Some(choices) = own["oneOf"].as_array() {
        let choices = choices.iter().filter(|c| c["type"] != "null");
        return choices
            .map(|c| kind(document, c))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let of_list = own["type"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let name = own["type"]
        .as_str()
        .or_else(|| of_list.into_iter().find(|t| *t != "null"));
    match (name, own["format"].as_str()) {
        (Some("array"), _) => format!("list of: {}", kind(document, &own["items"])),
        (Some("string"), Some(format)) => format.to_owned(),
        (Some("string"), None) => "text".to_owned(),
        (Some(name), _) => name.to_owned(),
        (None, _) => "object".to_owned(),
    }
}

fn shapes(document: &Value) -> Vec<Shape> {
    let all = document["components"]["schemas"].as_object();
    all.into_iter()
        .flatten()
        .filter(|(_, schema)| schema["properties"].is_object() || schema["oneOf"].is_array())
        .map(|(name, schema)| Shape {
            id: format!("shape-{name}"),
            name: name.clone(),
            text: text(&schema["description"]),
            members: members(document, schema),
            example: schema
                .get("example")
                .and_then(|e| serde_json::to_string_pretty(e).ok()),
        })
        .collect()
}

fn members(document: &Value, schema: &Value) -> Vec<Member> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let own = schema["properties"].as_object().into_iter().flatten();
    own.map(|(name, schema)| {
        member(
            document,
            name,
            schema,
            &Value::Null,
            required.contains(&name.as_str()),
        )
    })
    .collect()
}
