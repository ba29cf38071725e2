//! The evidence of an exception: everything that is held on it, with hashes that are checked.

use diesel::{RunQueryDsl, sql_query};
use docket::auth::permission::Role;

use crate::harness::{TestApp, both, sample};

#[actix_web::test]
async fn it_has_the_source_the_words_the_resolution_and_every_event_with_its_hash() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let owner = app.as_owner().await;
        let import = owner.upload("return-WEB.ach", sample("return-WEB.ach")).await;
        owner
            .submit(&import.path, &format!("{}/run", import.path), &[])
            .await;
        let mut page = String::new();
        for _ in 0..100 {
            let list = owner.get("/exceptions?tab=open").await;
            if let Some(href) = list.attribute("table.q tbody a", "href").pop() {
                href.split('?').next().unwrap().clone_into(&mut page);
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let words = [("content", "Called the bank; they confirm.")];
        owner.submit(&page, &format!("{page}/comments"), &words).await;
        let resolve = format!("{page}/resolve");
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Paid otherwise"),
            ("notes", "Agreed with the payer."),
        ];
        owner.submit(&resolve, &resolve, &fields).await;
        let shown = owner.get(&format!("{page}/evidence")).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        for part in [
            "SHA-256 of the file",
            "return-WEB.ach",
            "Called the bank; they confirm.",
            "Paid otherwise",
            "Agreed with the payer.",
            "Northwind Payments",
        ] {
            assert!(shown.says(part), "{backend:?} {part}");
        }
        // On paper nothing was so long ago for long, and words are written as people write them.
        let facts = shown.find(".facts").join(" ");
        assert!(!facts.contains(" ago"), "{facts}");
        let told = shown.find(".chained td[data-l=What]").join(" ");
        assert!(told.contains("Resolved") && !told.contains("RESOLVED"), "{told}");
        assert_eq!(shown.find("[data-print][hidden] button"), ["Print"]);
        let events = shown.find(".chained tbody tr").len();
        let hashes = shown.find(".chained code");
        assert!(events >= 3 && hashes.len() == events);
        assert!(
            hashes
                .iter()
                .all(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()))
        );
        assert!(shown.says(&format!("All {events} events fit the one before them")));
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(stranger.get(&format!("{page}/evidence")).await.status, 404);
    }
}

#[actix_web::test]
async fn an_event_that_was_changed_behind_our_back_is_named() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let mut conn = app.intruder();
    for sql in [
        "DROP TRIGGER history_events_are_not_changed",
        "UPDATE history_events SET description = 'nothing happened' WHERE kind = 'CREATE'",
    ] {
        sql_query(sql).execute(&mut conn).unwrap();
    }
    let shown = app
        .as_clerk()
        .await
        .get(&format!("/exceptions/{id}/evidence"))
        .await;
    assert!(shown.says("does not fit the one before it"), "{}", shown.text);
}
