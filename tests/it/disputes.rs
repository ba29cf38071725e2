//! Disputes: opened from an exception, evidence with files, states and moves by page and by Matcher's API.

use docket::{
    auth::permission::Role,
    disputes::{
        commands::{self, NewEvidence},
        files,
        model::{DisputeCategory, DisputeRow},
    },
    kernel::{
        crypto::hex,
        id::{EvidenceId, ExceptionId},
        text::{DisputeText, EvidenceText},
    },
};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    api_client::{Api, keys},
    harness::{
        Backend, Browser, TestApp, both,
        browser::{Answer, answer},
    },
};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";

/// A dispute that somebody of the first business account has opened.
pub async fn a_dispute(app: &TestApp, exception: ExceptionId) -> DisputeRow {
    let actor = app.actor(Role::Clerk).await;
    let about = DisputeText::parse("The bank took the fee twice.").unwrap();
    app.app
        .db
        .write(app.account, move |tx| {
            commands::open(tx, &actor, exception, DisputeCategory::BankFeeError, &about)
        })
        .await
        .unwrap()
}

/// Evidence with a file in it.
pub async fn with_file(app: &TestApp, dispute: &DisputeRow, name: &str, bytes: &[u8]) -> EvidenceId {
    let (actor, id) = (app.actor(Role::Clerk).await, dispute.id);
    let evidence = EvidenceId::generate(app.app.clock.now());
    let (vault, name, bytes) = (app.app.vault.clone(), name.to_owned(), bytes.to_vec());
    app.app
        .db
        .write(app.account, move |tx| {
            let new = NewEvidence {
                id: evidence,
                comment: EvidenceText::parse("The statement.").unwrap(),
                url: None,
                file: Some(files::seal(&vault, evidence, &name, &bytes)?),
            };
            commands::add_evidence(tx, &actor, id, None, &new)
        })
        .await
        .unwrap();
    evidence
}

impl Browser {
    /// Sends the evidence form of a dispute's page as it is shown.
    async fn add_evidence(&self, page: &Answer, comment: &str, file: Option<(&str, &[u8])>) -> Answer {
        let path = page.path.split('?').next().unwrap().to_owned();
        let path = path.strip_suffix("/evidence").unwrap_or(&path);
        let version = page.attribute("form[action$='/evidence'] input[name=version]", "value");
        let form = Form::new()
            .text("csrf_token", self.token().await)
            .text("version", version.first().cloned().unwrap_or_default())
            .text("comment", comment.to_owned());
        let part = match file {
            Some((name, bytes)) => Part::bytes(bytes.to_vec()).file_name(name.to_owned()),
            None => Part::bytes(Vec::new()).file_name(String::new()),
        };
        let request = self.client.post(format!("{}{path}/evidence", self.url));
        answer(request.multipart(form.part("file", part)).send().await.unwrap()).await
    }
}

async fn a_dispute_goes_its_way_on_pages(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let exception = app.raise().await;
    let clerk = app.as_clerk().await;
    let new = format!("/exceptions/{exception}/disputes");
    // A form with nothing in it comes back with both fields named.
    let empty = clerk.submit(&new, &new, &[("description", " ")]).await;
    assert_eq!(empty.status, 422);
    assert_eq!(
        empty.attribute("#problems a", "href"),
        ["#category", "#description"]
    );
    let fields = [
        ("category", "DUPLICATE_TRANSACTION"),
        ("description", "Paid twice <b>on Monday</b>"),
    ];
    let form = clerk.get(&new).await;
    let page = clerk.submit_shown(&form, &new, &fields).await;
    assert!(page.says("The dispute is open.") && page.says("Paid twice <b>on Monday</b>"));
    // The same form again opens none.
    let again = clerk.submit_shown(&form, &new, &fields).await;
    assert_eq!(again.path, page.path, "{backend:?}");
    let about = clerk.get(&format!("/exceptions/{exception}")).await;
    assert_eq!(
        about.attribute("a[href^='/disputes/']", "href"),
        std::slice::from_ref(&page.path)
    );
    assert_eq!(
        app.exception(exception).await.version,
        1,
        "the exception is as it was"
    );
    // Evidence is asked for and comes; then it is lost, and taken up again, and won.
    let act = |verb: &str| format!("{}/{verb}", page.path);
    let asked = clerk
        .submit(&page.path, &act("request-evidence"), &[("ask", "The statement")])
        .await;
    assert!(
        asked.says("Waiting for evidence") && asked.says("asked for evidence in the dispute: The statement")
    );
    assert!(asked.find("form[action$='/request-evidence']").is_empty());
    let added = clerk
        .add_evidence(&asked, "The statement of October", Some(("may.pdf", PDF)))
        .await;
    assert!(added.says("The evidence is added.") && added.says("may.pdf"));
    assert!(added.says(&hex(&Sha256::digest(PDF))), "{}", added.text);
    let unsaid = clerk
        .submit(&page.path, &act("close"), &[("resolution", "No")])
        .await;
    assert_eq!(unsaid.status, 422);
    assert!(unsaid.says("Choose whether it was won or lost."));
    let lost = [("won", "false"), ("resolution", "The bank kept the fee")];
    let lost = clerk.submit(&page.path, &act("close"), &lost).await;
    assert!(
        lost.says("Lost") && lost.says("The bank kept the fee"),
        "{}",
        lost.text
    );
    assert!(lost.find("form[action$='/evidence']").is_empty());
    let open = clerk
        .submit(&page.path, &act("reopen"), &[("reason", "New facts")])
        .await;
    assert!(open.says("The dispute is open again.") && open.says("New facts"));
    // A form that was opened before is refused, and what was typed comes back.
    let won = [("won", "true"), ("resolution", "They paid it back")];
    let stale = clerk.submit_shown(&asked, &act("close"), &won).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(stale.find("#resolution")[0].contains("They paid it back"));
    let won = clerk.submit(&page.path, &act("close"), &won).await;
    assert!(won.says("It was won: nothing changes any more."), "{}", won.text);
    // The exception's own page tells all of it, and its evidence for print has the file's hash.
    let about = clerk.get(&format!("/exceptions/{exception}")).await;
    for told in [
        "opened the dispute “",
        "added the file may.pdf as evidence of the dispute",
        "closed the dispute as lost",
        "took the dispute up again: New facts",
        "closed the dispute as won",
    ] {
        assert!(about.says(told), "{told}");
    }
    let printed = clerk.get(&format!("/exceptions/{exception}/evidence")).await;
    assert!(printed.says(&format!("may.pdf, SHA-256 {}", hex(&Sha256::digest(PDF)))));
    assert!(printed.says("closed the dispute as won") && printed.says("fit the one before them"));
    let token = clerk.token().await;
    for (verb, field) in [
        ("reopen", "reason"),
        ("request-evidence", "ask"),
        ("close", "resolution"),
    ] {
        let fields = [
            ("csrf_token", token.as_str()),
            (field, "Once more"),
            ("won", "true"),
        ];
        let refused = clerk.post(&act(verb), &fields).await;
        assert_eq!(refused.status, 422, "{verb}");
    }
    let those_won = clerk.get("/disputes?tab=won").await;
    assert_eq!(those_won.find("tbody tr").len(), 1, "{}", those_won.text);
    assert!(clerk.get("/disputes?tab=open").await.says("No dispute here"));
    assert!(clerk.get("/disputes").await.says("Paid twice <b>on Monday</b>"));
}

#[actix_web::test]
async fn a_dispute_goes_its_way_on_pages_on_both_databases() {
    for backend in both() {
        a_dispute_goes_its_way_on_pages(backend).await;
    }
}

async fn files_are_kept_as_they_were_sent_and_given_out_to_be_saved(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let dispute = a_dispute(&app, app.raise().await).await;
    let clerk = app.as_clerk().await;
    let page = clerk.get(&format!("/disputes/{}", dispute.id)).await;
    // More than one piece, and the largest there is.
    let mut largest = PDF.to_vec();
    largest.resize(files::LARGEST, b'x');
    let added = clerk
        .add_evidence(&page, "All of it", Some(("../scan\u{202e}.html", &largest)))
        .await;
    assert!(added.says("The evidence is added."), "{}", added.text);
    assert!(
        added.says("scan.html.pdf") && added.says("10.0 MiB"),
        "{}",
        added.text
    );
    let file = added.attribute("a[href^='/evidence/']", "href").remove(0);
    let (headers, bytes) = clerk.bytes(&file).await;
    assert!(bytes == largest, "{backend:?} not what was sent");
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert!(header("content-disposition").starts_with("attachment; filename=\"scan.html.pdf\""));
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("default-src 'none'"));
    // A byte more, nothing, another kind, the same again: each is told beside the field, and leaves nothing behind.
    let mut larger = largest.clone();
    larger.push(b'x');
    let refusals: [(&str, &[u8], u16, &str); 4] = [
        ("a.pdf", &larger, 413, "A file has at most 10 MiB."),
        ("a.pdf", b"", 422, "The file is empty."),
        (
            "a.pdf",
            b"PK\x03\x04\x14\0\0\0\x08\0",
            422,
            "This kind of file is not taken.",
        ),
        (
            "b.pdf",
            &largest,
            409,
            "The same file is in the evidence already: scan.html.pdf.",
        ),
    ];
    for (name, bytes, status, why) in refusals {
        let refused = clerk
            .add_evidence(&added, "What was typed", Some((name, bytes)))
            .await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert!(refused.find("#file-error")[0].contains(why), "{}", refused.text);
        assert_eq!(refused.find("#comment")[0].trim(), "What was typed");
    }
    let without = clerk.add_evidence(&added, " ", None).await;
    assert!(without.says("A comment is required."), "{}", without.text);
    let page = clerk.get(&format!("/disputes/{}", dispute.id)).await;
    assert_eq!(page.attribute("a[href^='/evidence/']", "href").len(), 1);
    // In another dispute the same file is another's evidence.
    let other = a_dispute(&app, dispute.exception_id).await;
    let other = clerk.get(&format!("/disputes/{}", other.id)).await;
    let there = clerk
        .add_evidence(&other, "Here too", Some(("c.pdf", &largest)))
        .await;
    assert!(there.says("The evidence is added."));
    // Who only reads may fetch it; others find nothing, whatever they send.
    let reader = app.sign_in(Role::ViewOnly).await;
    assert_eq!(reader.bytes(&file).await.1.len(), largest.len());
    assert!(reader.get(&page.path).await.find("main form").is_empty());
    let stranger = app.as_stranger(Role::Owner).await;
    assert_eq!(stranger.get(&file).await.status, 404);
    assert_eq!(stranger.get(&page.path).await.status, 404);
    let theirs = stranger.add_evidence(&page, "Mine", Some(("d.pdf", PDF))).await;
    assert_eq!(theirs.status, 404);
    assert!(stranger.get("/disputes").await.says("No dispute here"));
}

#[actix_web::test]
async fn files_are_kept_as_they_were_sent_and_given_out_to_be_saved_on_both_databases() {
    for backend in both() {
        files_are_kept_as_they_were_sent_and_given_out_to_be_saved(backend).await;
    }
}

#[actix_web::test]
async fn evidence_from_elsewhere_is_refused_and_a_dispute_holds_fifty_pieces() {
    let app = TestApp::start().await;
    let dispute = a_dispute(&app, app.raise().await).await;
    let clerk = app.as_clerk().await;
    let path = format!("/disputes/{}", dispute.id);
    // Without the token nothing is read or kept, wherever in the form it stands.
    let part = Part::bytes(PDF.to_vec()).file_name("a.pdf");
    let form = Form::new().text("comment", "x").part("file", part);
    let request = clerk.client.post(format!("{}{path}/evidence", clerk.url));
    let forged = answer(request.multipart(form).send().await.unwrap()).await;
    assert_eq!(forged.status, 403);
    for n in 0..50 {
        let bytes = format!("receipt {n}");
        with_file(&app, &dispute, "receipt.txt", bytes.as_bytes()).await;
    }
    let page = clerk.get(&path).await;
    assert_eq!(page.attribute("a[href^='/evidence/']", "href").len(), 50);
    let full = clerk.add_evidence(&page, "One more", None).await;
    assert_eq!(full.status, 422);
    assert!(full.says("at most 50 pieces of evidence"), "{}", full.text);
}

fn state(value: &Value) -> &str {
    value["state"].as_str().unwrap()
}

async fn matchers_clients_open_and_move_disputes(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let exception = app.raise().await;
    let at = format!("/api/v1/exceptions/{exception}/disputes");
    let wrong = api.post(&at, &json!({"category": "TASTE"})).await;
    wrong.problem(400);
    assert_eq!(wrong.wrong_fields(), ["category", "description"]);
    let body = json!({"category": " amount_mismatch ", "description": "A dollar less"});
    let made = api.post(&at, &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        made.keys(),
        [
            "category",
            "createdAt",
            "description",
            "exceptionId",
            "id",
            "openedBy",
            "state",
            "updatedAt"
        ]
    );
    let one = made.header("location").to_owned();
    assert_eq!(
        (made.json()["category"].as_str(), state(&made.json())),
        (Some("AMOUNT_MISMATCH"), "OPEN")
    );
    let act = |verb: &str| format!("{one}/{verb}");
    let asked = api.post(&act("request-evidence"), &json!({})).await;
    assert_eq!(
        (asked.status.as_u16(), state(&asked.json())),
        (200, "PENDING_EVIDENCE")
    );
    for (body, fields) in [
        (
            json!({"comment": "x", "fileUrl": "http://a.test/x"}),
            vec!["fileUrl"],
        ),
        (json!({"fileUrl": "https://"}), vec!["comment", "fileUrl"]),
        (json!({"comment": "x".repeat(1001)}), vec!["comment"]),
    ] {
        let refused = api.post(&act("evidence"), &body).await;
        refused.problem(400);
        assert_eq!(refused.wrong_fields(), fields, "{body}");
    }
    let proof = json!({"comment": "See there", "fileUrl": "https://files.test/receipt.pdf"});
    let added = api.post(&act("evidence"), &proof).await;
    assert_eq!(state(&added.json()), "OPEN", "{}", added.text);
    assert_eq!(
        keys(&added.json()["evidence"][0]),
        [
            "comment",
            "disputeId",
            "fileUrl",
            "id",
            "submittedAt",
            "submittedBy"
        ]
    );
    // `won` is required: what is left out is no defeat.
    let unsaid = api.post(&act("close"), &json!({"resolution": "Kept"})).await;
    unsaid.problem(400);
    assert_eq!(unsaid.wrong_fields(), ["won"]);
    let lost = api
        .post(&act("close"), &json!({"resolution": "Kept", "won": false}))
        .await;
    assert_eq!(state(&lost.json()), "LOST", "{}", lost.text);
    let late = api.post(&act("evidence"), &proof).await;
    assert_eq!(
        (late.problem(422).as_str(), late.json()["code"].clone()),
        ("RULE_VIOLATION", json!("MTCH-0006"))
    );
    let reopened = api.post(&act("reopen"), &json!({"reason": "New facts"})).await;
    assert_eq!(
        (state(&reopened.json()), reopened.json()["reopenReason"].clone()),
        ("OPEN", json!("New facts"))
    );
    let won = api
        .post(&act("close"), &json!({"resolution": "Paid back", "won": true}))
        .await;
    assert_eq!(state(&won.json()), "WON");
    api.post(&act("reopen"), &json!({"reason": "More"}))
        .await
        .problem(422);
    assert_eq!(api.get(&one).await.json(), won.json());
}

async fn matchers_clients_find_disputes(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let exception = app.raise().await;
    let at = format!("/api/v1/exceptions/{exception}/disputes");
    let body = json!({"category": "BANK_FEE_ERROR", "description": "A dollar less"});
    let one = api.post(&at, &body).await.header("location").to_owned();
    api.post(
        &format!("{one}/close"),
        &json!({"resolution": "Paid back", "won": true}),
    )
    .await;
    let other = app.raise().await;
    for n in 0..3 {
        let body = json!({"category": "OTHER", "description": format!("Number {n}")});
        let path = format!("/api/v1/exceptions/{other}/disputes");
        assert_eq!(api.post(&path, &body).await.status, 201);
    }
    let items = async |path: &str| api.get(path).await.json()["items"].as_array().unwrap().len();
    assert_eq!(items("/api/v1/disputes").await, 4, "{backend:?}");
    assert_eq!(items("/api/v1/disputes?state=won").await, 1);
    assert_eq!(
        items("/api/v1/disputes?category=OTHER&date_from=2026-11-03").await,
        3
    );
    assert_eq!(items("/api/v1/disputes?date_to=2026-11-02").await, 0);
    assert_eq!(items(&at).await, 1);
    for sort in ["created_at", "updated_at", "state", "category", "id"] {
        let mut path = Some(format!("/api/v1/disputes?limit=1&sort_by={sort}&sort_order=asc"));
        let mut seen = Vec::new();
        while let Some(next) = path {
            let page = api.get(&next).await;
            seen.push(page.json()["items"][0]["id"].as_str().unwrap().to_owned());
            path = page.link("next");
        }
        assert_eq!(seen.len(), 4, "{sort}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4, "{sort}");
    }
    for bad in [
        "state=SOLD",
        "category=TASTE",
        "sort_by=colour",
        "date_from=soon",
        "cursor=x",
    ] {
        api.get(&format!("/api/v1/disputes?{bad}")).await.problem(400);
    }
    // Others find nothing, and who only reads changes nothing.
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    stranger.get(&one).await.problem(404);
    stranger.get(&at).await.problem(404);
    stranger.post(&at, &body).await.problem(404);
    let reopen = format!("{one}/reopen");
    stranger.post(&reopen, &json!({"reason": "x"})).await.problem(404);
    assert_eq!(stranger.get("/api/v1/disputes").await.json()["items"], json!([]));
    let reader = Api::of(&app, Role::ViewOnly).await;
    assert_eq!(reader.get(&one).await.status, 200);
    reader.post(&at, &body).await.problem(403);
}

#[actix_web::test]
async fn matchers_clients_open_and_move_disputes_on_both_databases() {
    for backend in both() {
        matchers_clients_open_and_move_disputes(backend).await;
        matchers_clients_find_disputes(backend).await;
    }
}
