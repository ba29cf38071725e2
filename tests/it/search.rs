//! Search: what a text may be, and the words of exceptions, comments and notes, on both databases.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use docket::{
    auth::permission::Role,
    exceptions::comment,
    kernel::{
        id::ExceptionId,
        money::{Currency, Money},
        text::CommentText,
    },
    notes::{Noted, Words, commands},
    search::{index, queries, terms::Terms},
};

use crate::{
    harness::{Browser, TestApp, both},
    payments::Payments,
};

impl TestApp {
    pub async fn comment(&self, id: ExceptionId, text: &'static str) {
        let actor = self.actor(Role::Clerk).await;
        self.app
            .db
            .write(self.account, move |tx| {
                comment::add(tx, &actor, id, &CommentText::parse(text).unwrap())
            })
            .await
            .unwrap();
    }

    /// Raises one with this party and amount in cents.
    pub async fn raise_of(&self, party: &str, minor: i64) -> ExceptionId {
        let mut new = self.a_return();
        new.party = party.into();
        new.description = format!("Return to {party}");
        new.amount = Some(Money::new(minor, Currency::USD));
        self.raise_as(new).await
    }
}

/// The ids that a search finds by words, in order.
pub async fn found(browser: &Browser, asked: &str) -> Vec<String> {
    let query = serde_urlencoded::to_string([("q", asked)]).unwrap();
    let page = browser.get(&format!("/search?{query}")).await;
    assert_eq!(page.status, 200, "{asked}: {}", page.text);
    page.attribute("section[aria-labelledby=hit-words] tbody a", "href")
        .into_iter()
        .map(|href| href.rsplit('/').next().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn words_of_the_exception_its_comments_and_notes_are_found() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let payment = pay.post(pay.payment(5_000)).await.id;
        let paul = app.raise_of("Paul Jones", 12_354).await;
        let mut about = app.a_return();
        about.party = "Ida Müller-Lüdenscheidt".into();
        about.description = "Return to Ida".into();
        about.entity_id = payment.uuid();
        about.transaction_id = Some(payment);
        let ida = app.raise_as(about).await;
        let pauline = app.raise_of("Pauline Jonas", 100).await;
        let (paul, ida, pauline) = (paul.to_string(), ida.to_string(), pauline.to_string());
        let clerk = app.as_clerk().await;
        assert_eq!(found(&clerk, "jones paul").await, [paul.as_str()]);
        assert_eq!(
            found(&clerk, "PAUL").await,
            [pauline.clone(), paul.clone()],
            "the newest first; the last word may be longer"
        );
        assert_eq!(
            found(&clerk, "paul ").await,
            [paul.as_str()],
            "a blank ends the word"
        );
        assert_eq!(found(&clerk, "MÜLLER").await, [ida.as_str()]);
        assert_eq!(found(&clerk, "paul müller").await, [""; 0]);
        // What is said about it.
        app.comment(ida.parse().unwrap(), "The bank calls back on Tuesday.")
            .await;
        assert_eq!(found(&clerk, "tuesday bank").await, [ida.as_str()]);
        let page = clerk.get("/search?q=calls").await;
        assert_eq!(page.find(".quote"), ["Comment: The bank calls back on Tuesday."]);
        assert_eq!(page.find("mark"), ["calls"]);
        let actor = app.actor(Role::Clerk).await;
        let words = Words::parse("Fraud", "Police report 4711").unwrap();
        pay.write(move |tx| commands::add(tx, &actor, (Noted::Transaction, payment.uuid()), &words))
            .await
            .unwrap();
        assert_eq!(found(&clerk, "4711 fraud").await, [ida.as_str()]);
        assert_eq!(
            found(&clerk, "müller tuesday 4711").await,
            [ida.as_str()],
            "in different places"
        );
        // What is changed is found as it is now.
        let shown = clerk.get(&format!("/exceptions/{ida}")).await;
        let edit = shown.attribute("a[href^='/comments/']", "href").remove(0);
        clerk
            .submit(&edit, &edit, &[("content", "They call on Friday.")])
            .await;
        assert_eq!(found(&clerk, "tuesday").await, [""; 0]);
        assert_eq!(found(&clerk, "friday").await, [ida.as_str()]);
        // Nobody else's, and nothing breaks.
        let stranger = app.as_stranger(Role::Owner).await;
        for asked in ["paul", "friday", &paul, "123.54", "R01", &app.account.to_string()] {
            let query = serde_urlencoded::to_string([("q", asked)]).unwrap();
            let page = stranger.get(&format!("/search?{query}")).await;
            assert!(page.attribute("tbody a", "href").is_empty(), "{asked}");
        }
        for asked in [
            "",
            "\"",
            "* OR",
            "NEAR(a b)",
            "a & !b | <->",
            "paul:*",
            "'; --",
            "%_\\",
            "NOT",
        ] {
            assert!(found(&clerk, asked).await.len() <= 3, "{backend:?} {asked}");
        }
        let everybodys = format!("a{}", app.account.uuid().simple());
        assert!(found(&stranger, &everybodys).await.is_empty());
    }
}

#[actix_web::test]
async fn what_a_text_may_be_comes_first() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let mut payment = pay.payment(12_354);
        payment.ach.trace_number = Some("091000010000001".into());
        let payment = pay.post(payment).await.id;
        let mut about = app.a_return();
        about.entity_id = payment.uuid();
        about.transaction_id = Some(payment);
        let id = app.raise_as(about).await;
        let clerk = app.as_clerk().await;
        let search = async |asked: &str| {
            let query = serde_urlencoded::to_string([("q", asked)]).unwrap();
            clerk.get(&format!("/search?{query}")).await
        };
        let exception = format!("/exceptions/{id}");
        for (asked, group) in [
            (id.to_string(), "The id"),
            (id.to_string()[..13].to_owned(), "Ids that begin so"),
            ("091000010000001".into(), "Trace number 091000010000001"),
            ("$123.54".into(), "Amount $123.54"),
        ] {
            let page = search(&asked).await;
            let first = page.find("main h2").remove(0);
            assert!(first.starts_with(group), "{backend:?} {asked}: {first}");
            let rows = page.attribute("main section:first-of-type tbody a", "href");
            assert_eq!(rows, [exception.as_str()], "{backend:?} {asked}");
        }
        // What has the number as its amount and as a word is there once; another that has the word only is below.
        app.comment(id, "It says 123.54 on the paper too.").await;
        let other = app.raise_of("Ida Lund", 700).await;
        app.comment(other, "Not to be taken for that of 123.54.").await;
        let page = search("123.54").await;
        let other = format!("/exceptions/{other}");
        assert_eq!(
            page.attribute("main tbody a", "href"),
            [exception.as_str(), other.as_str()],
            "{backend:?}"
        );
        assert!(page.says("One of them is listed above."), "{}", page.text);
        let nothing = search("").await;
        assert_eq!(nothing.find("h1"), ["Search"]);
        assert_eq!(nothing.find("title"), ["Search · Docket"]);
        let by_trace = search("091000010000001").await;
        let transaction = format!("/transactions/{payment}");
        assert_eq!(by_trace.attribute("main .acts a", "href"), [transaction.as_str()]);
        assert_eq!(
            search(&payment.to_string())
                .await
                .attribute("main .acts a", "href"),
            [transaction]
        );
        let code = search("r03").await;
        assert!(code.find("main h2")[0].starts_with("R03: "), "{}", code.text);
        assert_eq!(
            code.attribute("main .acts a", "href")[0],
            "/exceptions?tab=open&code=R03"
        );
        assert!(
            search("nothing like it").await.says("Nothing found"),
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn a_queue_of_words_counts_lists_and_exports_the_same() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        for n in 0..60 {
            let name = if n % 3 == 0 { "Ada Byron" } else { "Grace Hopper" };
            app.raise_of(name, 100 * n).await;
        }
        let clerk = app.as_clerk().await;
        let queue = clerk.get("/exceptions?tab=open&text=hopper+grace").await;
        assert_eq!(queue.find(".pager p"), ["40 of 40"], "{backend:?}");
        assert_eq!(queue.find("table.q tbody tr").len(), 40);
        assert!(
            queue
                .find(".chips a")
                .iter()
                .any(|c| c.contains("“hopper grace”"))
        );
        let export = clerk.get("/exceptions.csv?tab=open&text=hopper+grace").await;
        assert_eq!(export.text.lines().count(), 41);
        let hits = clerk.get("/search?q=grace").await;
        assert!(hits.says("With these words: 40"), "{}", hits.text);
        let all = clerk.get("/search?q=return").await;
        assert_eq!(all.find("section tbody tr").len(), 50);
        let next = all.attribute("a[rel=next]", "href").remove(0);
        assert_eq!(clerk.get(&next).await.find("section tbody tr").len(), 10);
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[actix_web::test]
async fn a_search_and_a_queue_of_words_walk_the_index_and_no_table() {
    let app = TestApp::start().await;
    app.raise_many(3).await;
    index::WORDS.complete(&app.app.db).await.unwrap();
    let mut conn = app.intruder();
    let terms = Terms::parse("paul").unwrap();
    let (before, asked, after) = queries::condition(&mut conn, app.account, &terms).unwrap();
    // As a queue asks: the open ones by their due time.
    let steps: Vec<Step> = sql_query(format!(
        "EXPLAIN QUERY PLAN SELECT exceptions.id FROM exceptions WHERE +exceptions.business_account_id = x'00' AND \
         {before}'{asked}'{after} AND exceptions.snoozed_until IS NULL AND exceptions.is_open = 1 \
         ORDER BY exceptions.due_at, exceptions.id LIMIT 51"
    ))
    .load(&mut conn)
    .unwrap();
    let plan: Vec<String> = steps.into_iter().map(|s| s.detail).collect();
    let has = |what: &str| plan.iter().any(|step| step.starts_with(what));
    assert!(
        has("SEARCH exceptions USING INDEX sqlite_autoindex_exceptions_1 (id=?)"),
        "{plan:?}"
    );
    assert!(
        has("SEARCH search_documents USING INTEGER PRIMARY KEY"),
        "{plan:?}"
    );
    assert!(has("SCAN search_words VIRTUAL TABLE INDEX"), "{plan:?}");
    assert!(
        !has("SCAN exceptions") && !has("SCAN search_documents"),
        "{plan:?}"
    );
}
