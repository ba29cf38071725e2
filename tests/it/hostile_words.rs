//! What people and files may say: hostile, empty, beyond every bound, in any script. It is refused with the field's
//! name, or shown letter by letter; it never becomes a part of the page.

use docket::{auth::permission::Role, exceptions::model::Status};
use reqwest::Method;
use scraper::{Html, Selector};
use serde_json::json;

use crate::{
    api_client::Api,
    api_exceptions::exception_in,
    harness::{
        Browser, PASSWORD, TestApp,
        browser::Answer,
        chromium::{Chromium, Look},
        sample,
    },
    payments::Payments,
};

/// Each would run as script, or break out of where it stands, if it were printed as it is.
const PAYLOADS: [&str; 40] = [
    "<script>window.pwned=1</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<body onload=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<iframe src=javascript:window.pwned=1></iframe>",
    "<a href=javascript:window.pwned=1>x</a>",
    "<a href='data:text/html,<script>window.pwned=1</script>'>x</a>",
    "<form action=//evil.test><button>x</button></form>",
    "<input autofocus onfocus=window.pwned=1>",
    "<select autofocus onfocus=window.pwned=1>",
    "<textarea autofocus onfocus=window.pwned=1>",
    "</textarea><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "--><script>window.pwned=1</script>",
    "\"><script>window.pwned=1</script>",
    "'><script>window.pwned=1</script>",
    "\" onmouseover=\"window.pwned=1",
    "' onmouseover='window.pwned=1",
    "` onmouseover=`window.pwned=1",
    "\" autofocus onfocus=\"window.pwned=1",
    "javascript:window.pwned=1//",
    "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}",
    "{% raw %}<script>window.pwned=1</script>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "%3Cscript%3Ewindow.pwned=1%3C/script%3E",
    "\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e",
    "<math><mi//xlink:href='javascript:window.pwned=1'>",
    "<object data=javascript:window.pwned=1>",
    "<embed src=javascript:window.pwned=1>",
    "<meta http-equiv=refresh content='0;url=javascript:window.pwned=1'>",
    "<base href=//evil.test/>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<details open ontoggle=window.pwned=1>",
];

/// Everything on a page that could run or lead away.
fn is_harmless(answer: &Answer, what: &str) {
    let html = Html::parse_document(&answer.text);
    let count = |selector: &str| html.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(count("script"), 1, "{what}: our own script and no other");
    for foreign in ["iframe", "object", "embed", "base", "img", "math", "style"] {
        assert_eq!(count(foreign), 0, "{what} has <{foreign}>");
    }
    for element in html.select(&Selector::parse("*").unwrap()) {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{what}: {name}={value}");
            let leads = matches!(name, "href" | "src" | "action" | "formaction");
            assert!(!leads || value.starts_with(['/', '#']), "{what}: {name}={value}");
        }
    }
}

/// Puts the payloads wherever words are stored; the pages that show them.
async fn planted(app: &TestApp) -> Vec<String> {
    let pay = Payments::of(app).await;
    let account = pay.account(PAYLOADS[0], "000987654321").await;
    let payment = pay
        .post(docket::transactions::NewTransaction {
            credit_account_id: account,
            ..pay.payment(12_354)
        })
        .await
        .id;
    let mut new = app.a_return();
    new.entity_id = payment.uuid();
    new.transaction_id = Some(payment);
    new.party = PAYLOADS[2].into();
    new.description = PAYLOADS[14].into();
    new.said.addenda_info = Some(PAYLOADS[3].into());
    let exception = app.raise_as(new).await;
    let clerk = app.as_clerk().await;
    let page = format!("/exceptions/{exception}");
    for payload in PAYLOADS {
        clerk
            .submit(&page, &format!("{page}/comments"), &[("content", payload)])
            .await;
        let fields = [("title", payload), ("content_text", payload)];
        clerk.submit(&page, &format!("{page}/notes"), &fields).await;
    }
    let imported = clerk
        .upload("<img src=x onerror=pwned=1>.ach", sample("return-WEB.ach"))
        .await;
    let profile = "/settings/profile";
    let names = [("first_name", PAYLOADS[3]), ("last_name", PAYLOADS[2])];
    let saved = clerk.submit(profile, profile, &names).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let resolve = format!("{page}/resolve");
    let fields = [
        ("resolution_type", "NO_ACTION"),
        ("reason", PAYLOADS[20]),
        ("notes", PAYLOADS[21]),
    ];
    clerk.submit(&page, &format!("{page}/claim"), &[]).await;
    clerk.submit(&resolve, &resolve, &fields).await;
    vec![
        page,
        format!("/transactions/{payment}"),
        format!("/accounts/{account}"),
        imported.path,
        "/imports".into(),
        "/transactions".into(),
        "/accounts".into(),
        "/exceptions?tab=resolved".into(),
        "/reviews?tab=not-asked".into(),
        "/settings/people".into(),
        "/settings/history".into(),
        profile.into(),
        "/".into(),
    ]
}

#[actix_web::test]
async fn forty_hostile_texts_are_shown_letter_by_letter_and_become_no_part_of_a_page() {
    let app = TestApp::start().await;
    let pages = planted(&app).await;
    for role in [Role::Owner, Role::ViewOnly] {
        let browser = app.sign_in(role).await;
        for path in &pages {
            let shown = browser.get(path).await;
            if shown.status == 403 {
                continue;
            }
            assert_eq!(shown.status, 200, "{path}");
            is_harmless(&shown, path);
            assert!(
                shown.text.contains("pwned")
                    || path == "/"
                    || path.starts_with("/reviews")
                    || path == "/settings/profile",
                "{path} shows none"
            );
        }
        let whole = format!("{}?whole=yes", pages[0]);
        let shown = browser.get(&whole).await;
        is_harmless(&shown, &whole);
        let said = shown.find(".said");
        for payload in PAYLOADS {
            assert!(
                said.contains(&payload.to_owned()),
                "{payload} as a comment: {said:#?}"
            );
            assert!(
                said.contains(&format!("{payload} {payload}")),
                "{payload} as a note"
            );
        }
    }
    // Reflected: what a request says comes back in the page that refuses or filters by it.
    let owner = app.as_owner().await;
    for payload in PAYLOADS {
        let query = serde_urlencoded::to_string([("q", payload)]).unwrap();
        let pairs = |name: &str| serde_urlencoded::to_string([(name, payload)]).unwrap();
        for path in [
            format!("/transactions?{query}"),
            format!("/exceptions?{}", pairs("text")),
            format!("/exceptions?{}", pairs("code")),
            format!("/settings/history?{}", pairs("kind")),
            format!("/settings/history/verify?{}", pairs("anchor")),
            format!(
                "/nothing/{}",
                payload.replace(['<', '>', ' ', '"', '`', '{', '}', '\\', '\'', '%', '#'], "_")
            ),
        ] {
            is_harmless(&owner.get(&path).await, &path);
        }
        let nobody = app.as_nobody();
        let refused = nobody.try_sign_in(payload, "wrong").await;
        if refused.status == 422 {
            is_harmless(&refused, payload);
            assert_eq!(refused.attribute("#email", "value"), [payload]);
        }
    }
}

#[actix_web::test]
async fn forty_hostile_texts_run_nothing_in_a_real_browser() {
    let app = TestApp::start().await;
    let pages = planted(&app).await;
    let look = Look {
        width: 1440,
        dark: false,
        script: true,
    };
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    for path in &pages {
        browser.open(path).await;
        assert!(
            browser.client.get_alert_text().await.is_err(),
            "{path} opened a dialog"
        );
        let pwned = browser
            .client
            .execute("return window.pwned ?? null", Vec::new())
            .await
            .unwrap();
        assert!(pwned.is_null(), "{path} ran a script");
    }
    browser.open(&pages[0]).await;
    let text = browser.text().await;
    for payload in PAYLOADS {
        assert!(text.contains(payload), "{payload}: {text}");
    }
    browser.end().await;
}

/// A field of a form.
struct Bound {
    /// The form's page, from that of a new exception.
    form: &'static str,
    /// Where it is sent.
    action: &'static str,
    others: &'static [(&'static str, &'static str)],
    field: &'static str,
    /// The id that the error summary leads to.
    id: &'static str,
    max: usize,
    required: bool,
}

const BOUNDS: [Bound; 8] = [
    Bound {
        form: "/exceptions/ID",
        action: "/exceptions/ID/comments",
        others: &[],
        field: "content",
        id: "comment",
        max: 5_000,
        required: true,
    },
    Bound {
        form: "/exceptions/ID/notes",
        action: "/exceptions/ID/notes",
        others: &[("content_text", "x")],
        field: "title",
        id: "title",
        max: 128,
        required: false,
    },
    Bound {
        form: "/exceptions/ID/notes",
        action: "/exceptions/ID/notes",
        others: &[("title", "")],
        field: "content_text",
        id: "content_text",
        max: 1_000,
        required: true,
    },
    Bound {
        form: "/exceptions/ID/resolve",
        action: "/exceptions/ID/resolve",
        others: &[("resolution_type", "NO_ACTION"), ("notes", "x")],
        field: "reason",
        id: "reason",
        max: 1_000,
        required: true,
    },
    Bound {
        form: "/exceptions/ID/resolve",
        action: "/exceptions/ID/resolve",
        others: &[("resolution_type", "NO_ACTION"), ("reason", "x")],
        field: "notes",
        id: "notes",
        max: 1_000,
        required: true,
    },
    Bound {
        form: "/settings/profile",
        action: "/settings/profile",
        others: &[("last_name", "x")],
        field: "first_name",
        id: "first_name",
        max: 40,
        required: true,
    },
    Bound {
        form: "/settings/profile",
        action: "/settings/profile",
        others: &[("first_name", "x")],
        field: "last_name",
        id: "last_name",
        max: 40,
        required: true,
    },
    Bound {
        form: "/settings/people/invite",
        action: "/settings/people/invite",
        others: &[("role", "CLERK")],
        field: "email",
        id: "email",
        max: 0,
        required: true,
    },
];

async fn send(app: &TestApp, owner: &Browser, bound: &Bound, value: &str) -> Answer {
    let id = app.raise().await.to_string();
    let (form, action) = (bound.form.replace("ID", &id), bound.action.replace("ID", &id));
    let mut fields = bound.others.to_vec();
    fields.push((bound.field, value));
    owner.submit(&form, &action, &fields).await
}

#[actix_web::test]
async fn at_its_bounds_a_field_is_taken_letter_by_letter_or_refused_by_name() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    for bound in &BOUNDS {
        let max = bound.max;
        let good = [
            "x".to_owned(),
            "x".repeat(max.saturating_sub(1)),
            "x".repeat(max),
            "🥕".repeat(max),
            "אבג \u{202b}مرحبا\u{202c}".to_owned(),
            "e\u{301} ﬁ İ ß".to_owned(),
        ];
        for value in good.iter().filter(|_| max > 0) {
            let answer = send(&app, &owner, bound, value).await;
            assert_eq!(
                answer.status, 200,
                "{} takes {value:.20}: {}",
                bound.field, answer.text
            );
            assert!(
                answer.text.contains(value.as_str()),
                "{} of {value:.20} is not as it was typed",
                bound.field
            );
        }
        let mut bad = vec![
            "a\0b".to_owned(),
            "a\u{7}b".into(),
            "a\u{1b}[31m".into(),
            "🥕".repeat(max.max(254) + 1),
        ];
        if max > 0 {
            bad.push("x".repeat(max + 1));
        }
        if bound.required {
            bad.extend([String::new(), " \t\r\n ".into()]);
        }
        for value in &bad {
            // The e-mail address has rules of its own, which every one of these breaks as well.
            if max == 254 {
                continue;
            }
            let answer = send(&app, &owner, bound, value).await;
            if max > 0 && value.chars().count() <= max && value.starts_with('🥕') {
                continue;
            }
            assert_eq!(answer.status, 422, "{} takes {value:.20}", bound.field);
            let named = answer.attribute(".problems a", "href");
            assert_eq!(
                named,
                [format!("#{}", bound.id)],
                "{} of {value:.20}",
                bound.field
            );
        }
        let huge = send(&app, &owner, bound, &"x".repeat(1_000_000)).await;
        assert_eq!(huge.status, 413, "{}", bound.field);
    }
}

#[actix_web::test]
async fn at_its_bounds_a_member_of_a_body_is_taken_or_refused_by_name() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Owner).await;
    for (member, max) in [("resolution", 255), ("reason", 1_000)] {
        let path = async || format!("/api/v1/exceptions/{}/resolve", app.raise().await);
        let body = |value: &str| json!({"resolution": "x", "reason": "x", member: value});
        for value in ["x".to_owned(), "🥕".repeat(max), "אבג".into()] {
            let reply = api.send(Method::POST, &path().await, &body(&value), &[]).await;
            assert_eq!(reply.status, 200, "{member} of {value:.20}: {}", reply.text);
            let named = if member == "resolution" {
                "resolutionNotes"
            } else {
                "resolutionReason"
            };
            assert_eq!(reply.json()[named], value, "{member}");
        }
        for value in [
            "a\0b".to_owned(),
            "x".repeat(max + 1),
            " ".into(),
            "x".repeat(1_000_000),
        ] {
            // A reason of nothing is none.
            if member == "reason" && value.trim().is_empty() {
                continue;
            }
            let reply = api.send(Method::POST, &path().await, &body(&value), &[]).await;
            reply.problem(400);
            assert_eq!(reply.wrong_fields(), [member], "{value:.20}");
        }
        for broken in [
            "\"\\ud800\"",
            "\"\\udc00x\"",
            "\"\u{1}\"",
            "1e400",
            "\"x\", \"reason\": \"y\", \"reason\": \"z\"",
        ] {
            let body = format!("{{\"resolution\": \"x\", \"{member}2\": \"x\", \"{member}\": {broken}}}")
                .replace("\"resolution\": \"x\", \"resolution2\"", "\"resolution2\"");
            let reply = api
                .raw(Method::POST, &path().await, "application/json", body)
                .await;
            reply.problem(400);
        }
    }
}

#[actix_web::test]
async fn nobody_sets_what_no_form_asks_for() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let forced = [
        ("id", "00000000-0000-7000-8000-000000000001"),
        ("business_account_id", "00000000-0000-7000-8000-000000000001"),
        ("businessAccountId", "00000000-0000-7000-8000-000000000001"),
        ("status", "RESOLVED"),
        ("severity", "LOW"),
        ("created_at", "0"),
        ("createdBy", "x"),
        ("role", "OWNER"),
        ("isAdmin", "true"),
        ("approvedBy", "x"),
        ("assignee_id", "x"),
    ];
    let id = app.raise().await;
    let page = format!("/exceptions/{id}");
    let before = app.exception(id).await;
    let with = |fields: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        fields.iter().copied().chain(forced).collect()
    };
    owner
        .submit(&page, &format!("{page}/comments"), &with(&[("content", "x")]))
        .await;
    let after = app.exception(id).await;
    assert_eq!(
        format!("{before:?}"),
        format!("{after:?}"),
        "a comment changes nothing else"
    );
    let clerk = app.as_clerk().await;
    clerk.submit(&page, &format!("{page}/claim"), &with(&[])).await;
    let taken = app.exception(id).await;
    assert_eq!(
        (
            taken.status,
            taken.assignee_id,
            taken.severity,
            taken.business_account_id,
            taken.version
        ),
        (
            Status::InProgress,
            Some(app.member(Role::Clerk).await),
            before.severity,
            app.account,
            before.version + 1
        )
    );
    let profile = "/settings/profile";
    clerk
        .submit(
            profile,
            profile,
            &with(&[("first_name", "A"), ("last_name", "B")]),
        )
        .await;
    assert_eq!(clerk.get("/settings/people").await.status, 403, "still a clerk");
    // The API: unknown names are ignored, and those it knows decide alone.
    let api = Api::of(&app, Role::Clerk).await;
    let other = app.raise().await;
    let before = app.exception(other).await;
    let clerk_id = app.member(Role::Clerk).await.to_string();
    let body = json!({
        "assignedTo": {"id": clerk_id, "role": "OWNER"}, "id": NIL, "businessAccountId": NIL, "version": 99,
        "createdAt": "2000-01-01T00:00:00Z", "createdBy": NIL, "severity": "LOW", "role": "OWNER", "isAdmin": true,
        "approvedBy": NIL, "description": "mine", "category": "CUSTOMER", "type": "RECONCILIATION", "notes": {"title": "x"},
    });
    let reply = api
        .send(Method::PATCH, &format!("/api/exceptions/{other}"), &body, &[])
        .await;
    assert!(matches!(reply.status.as_u16(), 200 | 403 | 422), "{}", reply.text);
    let after = app.exception(other).await;
    let fixed = |r: &docket::exceptions::row::ExceptionRow| {
        (
            r.id,
            r.business_account_id,
            r.created_at,
            r.severity,
            r.description.clone(),
            r.kind,
            r.category,
        )
    };
    assert_eq!(fixed(&before), fixed(&after));
    assert!(after.version <= before.version + 1);
}

const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[actix_web::test]
async fn every_status_by_every_act_of_a_page_is_as_the_lifecycle_says() {
    use Status::{InProgress, New, PendingResolution, Reopened, Resolved};
    let app = TestApp::start().await;
    let manager = app.as_manager().await;
    let token = manager.token().await;
    let clerk = app.member(Role::Clerk).await.to_string();
    let fields = [
        ("csrf_token", token.as_str()),
        ("assignee", clerk.as_str()),
        ("reason", "because"),
        ("notes", "done"),
        ("resolution_type", "NO_ACTION"),
        ("content", "said"),
    ];
    for (act, expected) in [
        ("claim", [Some(InProgress), None, None, None, Some(InProgress)]),
        (
            "assign",
            [Some(InProgress), Some(InProgress), None, None, Some(InProgress)],
        ),
        ("release", [None, Some(New), None, None, None]),
        ("recall", [None, None, Some(InProgress), None, None]),
        (
            "resolve",
            [
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                None,
                Some(Resolved),
            ],
        ),
        ("reopen", [None, None, None, Some(Reopened), None]),
        (
            "comments",
            [
                Some(New),
                Some(InProgress),
                Some(PendingResolution),
                None,
                Some(Reopened),
            ],
        ),
    ] {
        for (from, to) in [New, InProgress, PendingResolution, Resolved, Reopened]
            .into_iter()
            .zip(expected)
        {
            let id = exception_in(&app, from).await;
            let before = app.exception(id).await;
            let answer = manager.post(&format!("/exceptions/{id}/{act}"), &fields).await;
            let after = app.exception(id).await;
            match to {
                Some(to) => assert_eq!(
                    (answer.status.as_u16(), after.status),
                    (200, to),
                    "{from} {act}: {}",
                    answer.text
                ),
                None => {
                    assert!(
                        matches!(answer.status.as_u16(), 409 | 422)
                            || answer.text.contains("role=\"status\""),
                        "{from} {act}: {}",
                        answer.status
                    );
                    assert_eq!(format!("{before:?}"), format!("{after:?}"), "{from} {act}");
                }
            }
        }
    }
}
