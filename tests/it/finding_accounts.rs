//! Accounts are found by the words of their names and holders and by the last four of their numbers, alike on both
//! databases.

use docket::{
    accounts::{NewExternal, Subtype, commands as accounts, index, model::Correction},
    auth::permission::Role,
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    payments::{Payments, ROUTING},
};

/// More than a page of the index of words, and than a list is narrowed to.
const MANY: usize = 1_100;

/// The list of the accounts that a text finds.
async fn list(browser: &Browser, text: &str) -> Answer {
    let asked = serde_urlencoded::to_string([("text", text)]).unwrap();
    let list = browser.get(&format!("/accounts?{asked}")).await;
    assert_eq!(list.status, 200, "{text}: {}", list.text);
    list
}

/// The names of the accounts that a text finds, in order.
async fn found(browser: &Browser, text: &str) -> Vec<String> {
    list(browser, text).await.find("td[data-l=Name] a")
}

/// Adds an account for each of these: its name, its holder's, its number.
async fn add(pay: &Payments<'_>, all: Vec<(String, String, String)>) {
    let (vault, actor) = (pay.app.app.vault.clone(), pay.actor.clone());
    pay.write(move |tx| {
        for (name, holder_name, number) in &all {
            let new = NewExternal {
                name,
                holder_name,
                routing_number: ROUTING,
                number,
                subtype: Subtype::Checking,
            };
            accounts::find_or_add_external(tx, &vault, &actor, &new)?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

fn held(name: &str, holder: &str, number: &str) -> (String, String, String) {
    (name.into(), holder.into(), number.into())
}

async fn by_words(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let named = vec![
        held("Mira Stone", "Mira Stone", "998877665544"),
        held("Payroll", "Stonebridge Mills, Inc.", "998877661111"),
        held("Zoë Ångström", "Zoë Ångström", "998877662222"),
        held("100% Organic_Foods", "O'Neill-Hughes", "998877663333"),
    ];
    add(&pay, named).await;
    let clerk = app.as_clerk().await;
    let cases: [(&str, &[&str]); 26] = [
        ("mira", &["Mira Stone"]),
        ("stone mira", &["Mira Stone"]),
        ("MIRA, STONE!", &["Mira Stone"]),
        ("stone", &["Mira Stone", "Payroll"]),
        ("stone ", &["Mira Stone"]),
        ("mills stonebridge", &["Payroll"]),
        ("payroll inc", &["Payroll"]),
        ("stoneb mira", &[]),
        ("mir stone", &[]),
        ("mira sto", &["Mira Stone"]),
        ("mira st", &[]),
        ("tone", &[]),
        ("zoë", &["Zoë Ångström"]),
        ("ÅNGSTRÖM ZOË", &["Zoë Ångström"]),
        ("zoë ång", &["Zoë Ångström"]),
        ("neill", &["100% Organic_Foods"]),
        ("organic foods", &["100% Organic_Foods"]),
        ("100%", &["100% Organic_Foods"]),
        ("5544", &["Mira Stone"]),
        ("••••5544", &["Mira Stone"]),
        ("998877665544", &[]),
        ("%", &[]),
        ("_", &[]),
        ("m%a", &[]),
        ("_ira", &[]),
        ("'\"--\\", &[]),
    ];
    for (text, names) in cases {
        assert_eq!(found(&clerk, text).await, names, "{backend:?} {text}");
    }
    let stranger = app.as_stranger(Role::Clerk).await;
    for text in ["mira", "stone", "zoë", "5544"] {
        assert!(found(&stranger, text).await.is_empty(), "{backend:?} {text}");
    }
    let narrowed = clerk.get("/accounts?text=stone&state=SUSPENDED").await;
    assert!(narrowed.says("No account matches"), "{}", narrowed.text);
}

#[actix_web::test]
async fn accounts_are_found_by_whole_words_the_beginning_of_the_last_and_the_last_four() {
    for backend in both() {
        by_words(backend).await;
    }
}

#[actix_web::test]
async fn an_account_with_another_name_is_found_by_that_and_no_longer_by_the_old_one() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let id = pay.account("Mira Stone", "998877665544").await;
        let theirs = Payments::in_account(&app, app.other).await;
        theirs.account("Mira Quill", "998877665544").await;
        let clerk = app.as_clerk().await;
        assert_eq!(found(&clerk, "mira").await, ["Mira Stone"], "{backend:?}");
        let (vault, actor) = (app.app.vault.clone(), pay.actor.clone());
        pay.write(move |tx| {
            let correction = Correction {
                name: Some("Mira Quill".into()),
                holder_name: Some("Mira Quill-Stern".into()),
                ..Correction::default()
            };
            accounts::correct(tx, &vault, &actor, id, &correction)
        })
        .await
        .unwrap();
        for (text, names) in [
            ("stone", vec![]),
            ("quill", vec!["Mira Quill"]),
            ("stern mira", vec!["Mira Quill"]),
        ] {
            assert_eq!(found(&clerk, text).await, names, "{backend:?} {text}");
        }
        let path = format!("/accounts/{id}");
        let links = list(&clerk, "mira quill")
            .await
            .attribute("td[data-l=Name] a", "href");
        assert_eq!(links, [path], "{backend:?}: nobody else's");
        // Found wherever an account is looked for.
        let hits = clerk.get("/search?q=stern").await;
        assert!(hits.says("Mira Quill"), "{backend:?} {}", hits.text);
        let payments = clerk.get("/transactions?party=stern").await;
        assert!(
            payments.find("#problems").is_empty(),
            "{backend:?} {}",
            payments.text
        );
    }
}

async fn common_words(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let mut all = vec![held("Beta Alpha", "Beta Alpha", "7700000000")];
    for n in 0..MANY {
        for (word, bank) in [("Alpha", 71), ("Beta", 72)] {
            let name = format!("{word} Number{n:04}");
            all.push((name.clone(), name, format!("{bank}{n:08}")));
        }
    }
    add(&pay, all).await;
    index::WORDS.complete(&app.app.db).await.unwrap();
    let clerk = app.as_clerk().await;
    // Far more accounts have each of the words than are read together; one has both.
    for text in ["alpha beta", "beta alp", "Beta Alpha "] {
        assert_eq!(found(&clerk, text).await, ["Beta Alpha"], "{backend:?} {text}");
    }
    assert_eq!(
        found(&clerk, "alpha number0042").await,
        ["Alpha Number0042"],
        "{backend:?}"
    );
    let first = list(&clerk, "alpha").await;
    assert_eq!(first.find(".pager p"), ["50 of 1,000+"], "{backend:?}");
    let chips = first.find(".chips a").join("|");
    assert!(chips.contains("Text: alpha (1,000 of those found)"), "{chips}");
    let names = first.find("td[data-l=Name] a");
    assert!(names.is_sorted() && names.len() == 50, "{backend:?} {names:?}");
    // To the next page and back.
    let next = first.attribute("a[rel=next]", "href").remove(0);
    let second = clerk.get(&next).await;
    let later = second.find("td[data-l=Name] a");
    assert!(later.len() == 50 && later[0] > names[49], "{backend:?} {later:?}");
    let previous = second.attribute("a[rel=prev]", "href").remove(0);
    assert_eq!(
        clerk.get(&previous).await.find("td[data-l=Name] a"),
        names,
        "{backend:?}"
    );
    let too_many = clerk.get("/transactions?party=number").await;
    assert!(
        too_many.says("More than 1,000 accounts have this"),
        "{backend:?} {}",
        too_many.text
    );
}

#[actix_web::test]
async fn words_that_very_many_accounts_have_narrow_each_other_and_a_list_says_that_it_is_cut() {
    for backend in both() {
        common_words(backend).await;
    }
}
