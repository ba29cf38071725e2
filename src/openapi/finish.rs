//! What the calls have in common, added to the description of each: ids in paths, headers, refusals.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kernel::error::Code;

/// Calls that are there under a second address or method, as RocketKOR has had both: method, path, method, path, id.
const TWICE: &[(&str, &str, &str, &str, &str)] = &[
    (
        "get",
        "/api/v1/transactions/{id}/statuses",
        "get",
        "/api/v1/transactions/{id}/status",
        "listTransactionStatusesByFormerPath",
    ),
    (
        "post",
        "/api/v1/financial-accounts/{id}/suspend",
        "put",
        "/api/v1/financial-accounts/{id}/suspend",
        "suspendFinancialAccountByFormerMethod",
    ),
    (
        "post",
        "/api/v1/financial-accounts/{id}/unsuspend",
        "put",
        "/api/v1/financial-accounts/{id}/unsuspend",
        "unsuspendFinancialAccountByFormerMethod",
    ),
];

/// Calls without an id in their path that can answer 404 all the same: what their query names is not there.
const NOT_FOUND_TOO: &[&str] = &[
    "/api/v1/exceptions",
    "/api/v1/exceptions/ids",
    "/api/v1/transaction-histories",
];

/// Bodies that must have at least one of these members: without any they ask for nothing.
const SOME_OF_THESE: &[(&str, &[&[&str]])] = &[
    ("UpdateExceptionRequest", &[&["assignedTo"], &["status"]]),
    ("EditNoteRequest", &[&["title"], &["contentText"]]),
];

/// Bodies with members that have two names, of which exactly one is sent: every choice.
const TWO_NAMES: &[(&str, &[&[&str]])] = &[
    ("AssignRequest", &[&["assignee"], &["assignedTo"]]),
    (
        "BulkAssignRequest",
        &[
            &["exceptionIds", "assignee"],
            &["exceptionIds", "assignedTo"],
            &["exception_ids", "assignee"],
            &["exception_ids", "assignedTo"],
        ],
    ),
    ("BulkResolveRequest", &[&["exceptionIds"], &["exception_ids"]]),
];

/// A text without control characters, but for line ends and tabs (`kernel::text`).
const PLAIN: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";

/// Something that is no space.
const WRITTEN: &str = r"\S";

/// Completes the description.
pub fn finish(mut document: Value) -> Value {
    for (method, path, other_method, other_path, id) in TWICE {
        let mut call = document["paths"][*path][*method].clone();
        call["operationId"] = json!(id);
        document["paths"][*other_path][*other_method] = call;
    }
    let Some(paths) = document["paths"].as_object_mut() else {
        return document;
    };
    for (path, methods) in paths {
        for (method, call) in methods.as_object_mut().into_iter().flatten() {
            complete(path, method, call);
        }
    }
    refer_to_contents(&mut document);
    never_null(&mut document);
    bound_texts(&mut document);
    leave_out_sources(&mut document);
    for (keyword, bodies) in [("anyOf", SOME_OF_THESE), ("oneOf", TWO_NAMES)] {
        for (name, choices) in bodies {
            let choices: Vec<Value> = choices.iter().map(|all| json!({"required": all})).collect();
            document["components"]["schemas"][*name][keyword] = Value::Array(choices);
        }
    }
    document["components"]["responses"] = refusals();
    document["components"]["parameters"] = parameters();
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "An access token, from the exchange of an API key"},
        "key": {"type": "http", "scheme": "basic", "description": "An API key and its secret"},
    });
    document
}

fn complete(path: &str, method: &str, call: &mut Value) {
    let is_write = method != "get";
    let takes_token = path != "/api/v1/api-keys/exchange";
    // What makes a secret is not kept to be told again.
    let makes_secret = path == "/api/v1/webhook-subscriptions/{id}/secret";
    let mut parameters: Vec<Value> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(path_parameter)
        .collect();
    // Only OAuth has scopes: the right is told beside.
    if let Some(right) = call.pointer("/security/0/token/0").cloned() {
        call["x-right"] = right;
        call["security"] = json!([{"token": []}]);
    }
    if takes_token {
        let names: &[&str] = if makes_secret {
            &[]
        } else if is_write {
            &["IdempotencyKey", "IfMatch"]
        } else {
            &["IfNoneMatch"]
        };
        parameters.extend(
            names
                .iter()
                .map(|name| json!({"$ref": format!("#/components/parameters/{name}")})),
        );
        // As Matcher has it: of a callback alone the key is required.
        if path == "/api/v1/exceptions/{id}/callback" {
            let is_key = |p: &Value| p["$ref"] == "#/components/parameters/IdempotencyKey";
            parameters.retain(|p| !is_key(p));
            parameters.push(idempotency_key(true));
        }
    }
    if let Some(own) = call["parameters"].as_array() {
        parameters.extend(own.iter().cloned().map(may_be_empty));
    }
    if !parameters.is_empty() {
        call["parameters"] = Value::Array(parameters);
    }
    for status in statuses(path, is_write, takes_token) {
        call["responses"][status.to_string()] = json!({"$ref": format!("#/components/responses/{status}")});
    }
    if takes_token && !is_write {
        call["responses"]["304"] = json!({"description": "It is as it was when it had this tag."});
    }
    if (method, path) == ("post", "/api/v1/imports") {
        call["requestBody"] = file();
    } else if let Some(body) = call.get_mut("requestBody") {
        let schema = &mut body["content"]["application/json"]["schema"];
        let is_optional = schema["oneOf"]
            .as_array()
            .is_some_and(|choices| choices.iter().any(|choice| choice["type"] == "null"));
        without_null(schema);
        body["required"] = json!(!is_optional);
    }
    describe_headers(call);
}

/// A body that is a file, or has one among its parts.
fn file() -> Value {
    let csv = "type,description,amount\nRECONCILIATION,The statement has 10.00 more,10.00\n";
    json!({
        "required": true,
        "description": "An ACH file, or exceptions as CSV. What is in it decides which, not its type or name.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": csv},
            "text/plain": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}},
            "multipart/form-data": {"schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
                "required": ["file"],
            }},
        },
    })
}

/// A value of nothing counts as not sent (`api::params`), so that a form may send what nobody has filled in.
fn may_be_empty(mut parameter: Value) -> Value {
    // Of free texts the empty one is a text like others.
    let is_free = parameter["schema"]["items"]["type"] == "string";
    if parameter["in"] == "query" && parameter["required"] != true && !is_free {
        parameter["allowEmptyValue"] = json!(true);
    }
    parameter
}

fn path_parameter(name: &str) -> Value {
    match name {
        "type" => json!({"name": name, "in": "path", "required": true,
            "description": "An entity type, such as exception", "schema": {"type": "string"}}),
        name => json!({"name": name, "in": "path", "required": true,
            "description": "Its id", "schema": {"type": "string", "format": "uuid"}}),
    }
}

/// The refusals that a call can answer with.
fn statuses(path: &str, is_write: bool, takes_token: bool) -> Vec<u16> {
    let mut all = vec![400, 401, 429, 500, 503];
    if takes_token {
        all.push(403);
    }
    if path.contains('{') || NOT_FOUND_TOO.contains(&path) {
        all.push(404);
    }
    if is_write && takes_token {
        all.extend([409, 412, 413, 415, 422]);
    }
    all
}

/// A page's contents are those that are described by themselves.
fn refer_to_contents(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else {
        return;
    };
    for (name, schema) in schemas {
        let Some((_, content)) = name.split_once("PageOf_") else {
            continue;
        };
        for list in ["content", "items"] {
            if let Some(items) = schema["properties"].get_mut(list) {
                items["items"] = json!({"$ref": format!("#/components/schemas/{content}")});
            }
        }
    }
}

/// What stands in the head of an answer that is no refusal.
fn describe_headers(call: &mut Value) {
    let number = |text: &str| json!({"description": text, "schema": {"type": "integer"}});
    let text = |text: &str| json!({"description": text, "schema": {"type": "string"}});
    for (status, answer) in call["responses"].as_object_mut().into_iter().flatten() {
        if !status.starts_with('2') {
            continue;
        }
        let mut headers = Map::new();
        headers.insert("RateLimit-Limit".into(), number("Calls allowed in a minute"));
        headers.insert("RateLimit-Remaining".into(), number("Calls left now"));
        headers.insert(
            "RateLimit-Reset".into(),
            number("Seconds until all are there again"),
        );
        if status != "204" {
            headers.insert(
                "ETag".into(),
                text("Names this state, for If-Match and If-None-Match"),
            );
        }
        if status == "201" {
            headers.insert("Location".into(), text("Where it is"));
        }
        answer["headers"] = Value::Object(headers);
    }
}

/// A member of an answer that has nothing to say is left out, never null. A body that is sent may have nulls.
fn never_null(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else {
        return;
    };
    for (name, schema) in schemas {
        if !name.ends_with("Request") {
            without_null(schema);
        }
    }
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    // Nor is there a null in an address.
    for call in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        if let Some(parameters) = call.get_mut("parameters") {
            without_null(parameters);
        }
    }
}

/// The comments of the code name where a rule is from; whoever calls does not have that.
fn leave_out_sources(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    for schema in schemas.into_iter().flatten().map(|(_, schema)| schema) {
        let Some(text) = schema["description"].as_str() else {
            continue;
        };
        let source = text.find(" (").zip(text.find(')')).filter(|(from, to)| {
            let inside = text.get(*from..*to);
            inside.is_some_and(|inside| inside.contains(".md "))
        });
        if let Some((before, after)) = source.and_then(|(from, to)| text.get(..from).zip(text.get(to + 1..)))
        {
            schema["description"] = json!(format!("{before}{after}"));
        }
    }
}

/// Says of the texts that people write what is refused in them.
fn bound_texts(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    let bodies = schemas
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.ends_with("Request"));
    let members = bodies.filter_map(|(_, body)| body.get_mut("properties")?.as_object_mut());
    for member in members.flat_map(Map::values_mut) {
        let is_free =
            member["maxLength"].is_u64() && member["format"].is_null() && member["pattern"].is_null();
        if is_free {
            member["pattern"] = json!(PLAIN);
            if member["minLength"].is_u64() {
                member["allOf"] = json!([{ "pattern": WRITTEN }]);
            }
        }
    }
}

fn without_null(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(without_null),
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".into(), one);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("oneOf") {
                choices.retain(|choice| choice["type"] != "null");
                if let [Value::Object(one)] = choices.as_slice() {
                    let one = one.clone();
                    map.remove("oneOf");
                    map.extend(one);
                }
            }
            map.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

fn idempotency_key(is_required: bool) -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": is_required,
        "description": "Makes the call safe to repeat for 24 hours: the first answer comes again.",
        "schema": {"type": "string", "minLength": 6, "maxLength": 257, "pattern": "^([!#-~]{6,255}|\"[!#-~]{6,255}\")$"},
    })
}

fn parameters() -> Value {
    let header = |name: &str, text: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "description": text, "schema": schema});
    json!({
        "IdempotencyKey": idempotency_key(false),
        "IfMatch": header(
            "If-Match",
            "The ETag that it must have still, or *.",
            json!({"type": "string"}),
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "An ETag: 304 when it has it still.",
            json!({"type": "string"}),
        ),
    })
}

/// The refusals by status, from the one list of codes.
fn refusals() -> Value {
    let mut by_status: BTreeMap<u16, Vec<&Code>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(code.status()).or_default().push(code);
    }
    let told = |(status, codes): (u16, Vec<&Code>)| {
        let words: Vec<String> = codes
            .iter()
            .map(|code| format!("`{}`: {}", code.as_str(), code.title()))
            .collect();
        let mut answer = json!({
            "description": format!("{}.", words.join(". ")),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
        if matches!(status, 429 | 503) {
            answer["headers"] =
                json!({"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}});
        }
        if status == 412 {
            answer["headers"] = json!({"Link": {"description": "The present state, as `current`", "schema": {"type": "string"}}});
        }
        if status == 401 {
            answer["headers"] = json!({"WWW-Authenticate": {"description": "How to authenticate", "schema": {"type": "string"}}});
        }
        (status.to_string(), answer)
    };
    // Those that no call names would only confuse.
    let used = [400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503];
    let all: Map<String, Value> = by_status
        .into_iter()
        .filter(|(status, _)| used.contains(status))
        .map(told)
        .collect();
    Value::Object(all)
}
