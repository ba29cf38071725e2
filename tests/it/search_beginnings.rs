//! Words that are cut short: found by their beginnings, numbers from eight digits on, on both databases.

use diesel::{connection::SimpleConnection, prelude::*};
use docket::{
    auth::permission::Role,
    db::schema::search_vocabulary,
    search::{
        index,
        terms::{is_of_vocabulary, mark_of},
    },
};

use crate::{
    harness::{Backend, TestApp, both},
    search::found,
};

/// The words by which beginnings are found, without the mark of the business account that has each.
fn vocabulary(app: &TestApp) -> Vec<String> {
    let marked: Vec<String> = search_vocabulary::table
        .order(search_vocabulary::word)
        .select(search_vocabulary::word)
        .load(&mut app.intruder())
        .unwrap();
    let mark = mark_of(app.account);
    let own = marked
        .iter()
        .map(|word| word.strip_prefix(&mark).unwrap().to_owned());
    own.collect()
}

#[actix_web::test]
async fn a_word_is_found_by_its_beginning_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let short = app.raise_of("Quint Vane", 100).await.to_string();
        let long = app.raise_of("Quintessa Vane", 200).await.to_string();
        let (short, long) = (short.as_str(), long.as_str());
        let clerk = app.as_clerk().await;
        for (asked, ids) in [
            ("quint", &[long, short][..]),
            ("vane QUI", &[long, short]),
            ("quinte", &[long]),
            ("quintessa", &[long]),
            ("quint ", &[short]),
            ("quintessas", &[]),
            ("qu", &[]),
            ("quin vane", &[]),
        ] {
            assert_eq!(found(&clerk, asked).await, ids, "{backend:?} {asked:?}");
        }
    }
}

#[actix_web::test]
async fn what_a_comment_says_is_found_by_beginnings_and_a_number_from_eight_digits_on_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise_of("Quint Vane", 100).await;
        let clerk = app.as_clerk().await;
        assert!(found(&clerk, "procrast").await.is_empty(), "{backend:?}");
        app.comment(id, "No procrastination: case 4711, trace 091000010000001.")
            .await;
        for (asked, marked) in [
            ("procrast", &["procrastination"][..]),
            ("case 4711", &["case", "4711"]),
            ("case 471", &[]),
            ("case 0910000", &[]),
            ("case 09100001", &["case", "091000010000001"]),
            ("case 091000010000001", &["case", "091000010000001"]),
            ("case 09100001 ", &[]),
        ] {
            let query = serde_urlencoded::to_string([("q", asked)]).unwrap();
            let page = clerk.get(&format!("/search?{query}")).await;
            assert_eq!(page.find("mark"), marked, "{backend:?} {asked:?}");
            let ids = found(&clerk, asked).await;
            assert_eq!(ids.len(), usize::from(!marked.is_empty()), "{asked:?}");
        }
    }
}

#[actix_web::test]
async fn a_beginning_of_more_words_than_are_named_finds_them_all_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        for n in 1..=40 {
            app.raise_of(&format!("Zebra{n}"), 100).await;
        }
        let clerk = app.as_clerk().await;
        for (asked, number) in [("zebra", 40), ("zebra1", 11), ("zebra40", 1)] {
            assert_eq!(found(&clerk, asked).await.len(), number, "{backend:?} {asked}");
            let queue = clerk.get(&format!("/exceptions?tab=open&text={asked}")).await;
            assert_eq!(
                queue.find("table.q tbody tr").len(),
                number,
                "{backend:?} {asked}"
            );
        }
    }
}

#[actix_web::test]
async fn the_words_of_another_business_account_find_nothing_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise_of("Quintessa Vane", 100).await;
        app.comment(id, "Case 4711, trace 091000010000001.").await;
        let clerk = app.as_clerk().await;
        assert_eq!(found(&clerk, "quintes").await, [id.to_string()], "{backend:?}");
        let stranger = app.as_stranger(Role::Owner).await;
        for asked in ["quintes", "quintessa", "vane quin", "case 09100001"] {
            assert!(found(&stranger, asked).await.is_empty(), "{backend:?} {asked}");
            let query = serde_urlencoded::to_string([("tab", "open"), ("text", asked)]).unwrap();
            let queue = stranger.get(&format!("/exceptions?{query}")).await;
            assert_eq!(
                queue.find("table.q tbody tr").len(),
                0,
                "{backend:?} {asked}: {}",
                queue.text
            );
        }
        let known = vocabulary(&app);
        assert!(known.iter().all(|word| is_of_vocabulary(word)), "{known:?}");
        match backend {
            Backend::Sqlite => {
                for word in ["quintessa", "vane", "case", "r01"] {
                    assert!(known.iter().any(|w| w == word), "{word}: {known:?}");
                }
            }
            Backend::Postgres => assert!(known.is_empty(), "{known:?}"),
        }
    }
}

#[actix_web::test]
async fn an_index_from_before_is_made_anew() {
    let app = TestApp::start().await;
    app.raise_of("Ida Müller-Lüdenscheidt", 100).await;
    let id = app.raise_of("Quintessa Vane", 200).await;
    app.comment(id, "Case 4711, trace 091000010000001.").await;
    index::WORDS.complete(&app.app.db).await.unwrap();
    let kept = vocabulary(&app);
    assert!(kept.iter().any(|word| word == "lxfcxdenscheidt"), "{kept:?}");
    // As it was: words of everybody, each text with the mark of its business account.
    let mark = mark_of(app.account);
    app.intruder()
        .batch_execute(&format!(
            "INSERT OR REPLACE INTO search_words (rowid, words) SELECT 1, '{mark} ida lxfcxdenscheidt'; \
             INSERT INTO search_vocabulary VALUES ('lxfcxdenscheidt');"
        ))
        .unwrap();
    app.intruder()
        .batch_execute(include_str!(
            "../../migrations/sqlite/2026-11-22-190000_marked_words/up.sql"
        ))
        .unwrap();
    index::WORDS.complete(&app.app.db).await.unwrap();
    assert_eq!(vocabulary(&app), kept);
    let clerk = app.as_clerk().await;
    for asked in ["lüdensch", "quintessa", "case 4711"] {
        assert_eq!(found(&clerk, asked).await.len(), 1, "{asked}");
    }
}

#[actix_web::test]
async fn words_of_any_script_are_found_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise_of("Zoë Ångström", 100).await;
        app.comment(id, "हिन्दी में बात की; 日本語も少し。").await;
        let clerk = app.as_clerk().await;
        for asked in ["zoë", "ÅNGSTR", "हिन्दी", "日本語も少し", "बात ångström"] {
            assert_eq!(
                found(&clerk, asked).await,
                [id.to_string()],
                "{backend:?} {asked}"
            );
        }
        for asked in ["zoé", "ਪੰਜਾਬੀ", "𞤀𞤣𞤤𞤢𞤥"] {
            assert!(found(&clerk, asked).await.is_empty(), "{backend:?} {asked}");
        }
    }
}
