//! Which passwords are taken, and how they are kept.

use docket::auth::{passwords::check_new, permission::Role};

use crate::harness::{Backend, Browser, PASSWORD, TestApp};

/// Refused for being guessable, not for being short: short ones are typed twice and thrice until they are long enough.
fn is_refused_as_common(password: &str) -> bool {
    let long = password.repeat(15_usize.div_ceil(password.chars().count()));
    check_new(&long, &[]).is_err_and(|why| why.contains("easily guessed") || why.contains("Leave your name"))
}

#[test]
fn common_passwords_are_refused() {
    let common = include_str!("common_passwords.txt");
    let taken: Vec<&str> = common.lines().filter(|p| !is_refused_as_common(p)).collect();
    assert_eq!(common.lines().count(), 100);
    assert!(taken.is_empty(), "{taken:?}");
}

#[test]
fn passwords_with_the_product_or_a_name_in_them_are_refused() {
    let about = ["Marguerite", "Okafor", "m.okafor@harborpay.test"];
    for bad in [
        "docket is my desk",
        "my Docket 2026 pass",
        "DOCKETdocketDOCKET",
        "marguerite was here",
        "I am Marguerite 1984",
        "xx okafor xx yy zz",
        "OKAFOR-and-sons-ltd",
        "harborpay rocks 77",
        "we love HarborPay!!",
        "hello marguerite okafor",
    ] {
        assert!(check_new(bad, &about).is_err(), "{bad}");
    }
}

#[test]
fn length_counts_and_composition_does_not() {
    let fourteen = check_new("kites sing 81!", &[]).unwrap_err();
    assert!(fourteen.contains("at least 15 characters"), "{fourteen}");
    for good in [
        "kites sing 81 a",
        "   quiet lamps ",
        "alllowercasebutunusualwords",
        "🥕🐎🔋📎🛶🧭🪁🦉🌵🧊🫖🪗🪕🦔🥁🛎",
        "кот спит на крыше",
        &"quiet harbor lamps sing over seven paper kites; ".repeat(3)[..128],
    ] {
        assert_eq!(check_new(good, &[]), Ok(()), "{good}");
    }
    assert!(check_new(&"ab cd ".repeat(100), &[]).is_err());
}

async fn joins(app: &TestApp, owner: &Browser, email: &str, password: &str) {
    let invite = "/settings/people/invite";
    let fields = [("email", email), ("role", "CLERK")];
    let link = owner.submit(invite, invite, &fields).await.one_time_link();
    let fields = [
        ("first_name", "Ada"),
        ("last_name", "Moss"),
        ("password", password),
    ];
    let joined = app.as_nobody().submit(&link, &link, &fields).await;
    assert_eq!(joined.path, "/", "{}", joined.text);
}

#[actix_web::test]
async fn a_password_is_verified_exactly_as_typed() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let long = format!("{}é", "seven paper kites and 81 lamps ".repeat(3));
    joins(&app, &owner, "long@one.test", &long).await;
    app.as_nobody().sign_in("long@one.test", &long).await;
    let decomposed = long.replace('é', "e\u{301}");
    let upper = long.to_uppercase();
    let (blank, cut) = (format!("{long} "), long[..72].to_owned());
    for wrong in [&blank, &decomposed, &upper, &cut] {
        let answer = app.as_nobody().try_sign_in("long@one.test", wrong).await;
        assert_eq!(answer.status, 422, "{wrong:?}");
    }
}

#[actix_web::test]
async fn passwords_are_stored_slow_and_salted_and_nowhere_in_the_clear() {
    let app = TestApp::start_on(Backend::Sqlite).await;
    let owner = app.as_owner().await;
    let canary = "canary lamps of harbor 93";
    joins(&app, &owner, "a@new.test", canary).await;
    joins(&app, &owner, "b@new.test", canary).await;
    app.as_nobody()
        .try_sign_in("a@new.test", "canary that is wrong")
        .await;
    let mut stored = Vec::new();
    for file in std::fs::read_dir(&app.app.settings.data).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |needle: &str| stored.windows(needle.len()).any(|w| w == needle.as_bytes());
    assert!(has("a@new.test"), "the search finds what is there");
    for secret in [canary, "canary that is wrong", PASSWORD] {
        assert!(!has(secret), "{secret}");
    }
    let hashes: Vec<Option<String>> = app
        .app
        .db
        .read(|conn| {
            let of = |conn: &mut _, email| docket::members::queries::find_login(conn, email);
            let logins = [of(conn, "a@new.test")?, of(conn, "b@new.test")?];
            Ok(logins.into_iter().map(|l| l.unwrap().password_hash).collect())
        })
        .await
        .unwrap();
    assert_ne!(hashes[0], hashes[1]);
    assert!(
        hashes
            .iter()
            .flatten()
            .all(|h| h.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"))
    );
}

#[actix_web::test]
async fn pages_mask_passwords_and_let_managers_fill_them() {
    let app = TestApp::start().await;
    let sign_in = app.as_nobody().get("/login").await;
    assert_eq!(sign_in.attribute("#password", "type"), ["password"]);
    assert_eq!(
        sign_in.attribute("#password", "autocomplete"),
        ["current-password"]
    );
    assert_eq!(sign_in.attribute("#email", "autocomplete"), ["username"]);
    let profile = app.sign_in(Role::ViewOnly).await.get("/settings/profile").await;
    assert_eq!(
        profile.attribute("#current_password", "autocomplete"),
        ["current-password"]
    );
    assert_eq!(
        profile.attribute("#new_password", "autocomplete"),
        ["new-password"]
    );
    assert_eq!(profile.attribute("#new_password", "type"), ["password"]);
}
