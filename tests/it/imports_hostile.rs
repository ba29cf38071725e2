//! Files and requests that mean no good, or are broken.

use std::io::{Read, Write};

use docket::{auth::permission::Role, imports::queries};
use reqwest::multipart::{Form, Part};

use crate::{
    harness::{Backend, TestApp, both, sample},
    imports::left,
    made_files::{Batch, entry, file, payments, trace},
};

/// Nothing of an upload is in the database.
async fn nothing_is_stored(app: &TestApp) {
    let counts = app
        .app
        .db
        .read(|conn| {
            use diesel::prelude::*;
            use docket::db::schema::{import_chunks, imports};
            Ok((
                imports::table.count().get_result::<i64>(conn)?,
                import_chunks::table.count().get_result::<i64>(conn)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(counts, (0, 0));
}

#[actix_web::test]
async fn the_content_decides_and_refused_files_are_told_why_and_leave_nothing() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let utf16: Vec<u8> = b"\xff\xfe"
        .iter()
        .copied()
        .chain(sample("ppd-debit.ach").into_iter().flat_map(|b| [b, 0]))
        .collect();
    let mut large_pdf = b"%PDF-1.7\n".to_vec();
    large_pdf.resize(3 * 1024 * 1024, b'x');
    for (name, bytes, why) in [
        ("a.ach", Vec::new(), "The file is empty. (line 1, column 1)"),
        ("a.ach", b"   \n".to_vec(), "The file holds nothing but blanks."),
        (
            "a.ach",
            b"%PDF-1.7\n%abc".to_vec(),
            "it looks like a PDF document. (line 1, column 1)",
        ),
        ("a.ach", large_pdf, "it looks like a PDF document."),
        (
            "a.ACH",
            b"\x7fELF\x02\x01".to_vec(),
            "it looks like a program (ELF).",
        ),
        (
            "a.ach.gz",
            b"\x1f\x8b\x08\0\0\0\0".to_vec(),
            "it looks like a gzip archive; unpack it first.",
        ),
        ("a.ach", utf16, "text in UTF-16"),
        (
            "a.ach",
            b"<html><script>alert(1)</script>".to_vec(),
            "it looks like HTML or XML.",
        ),
        (
            "a.ach",
            b"dear sirs,\nplease find attached\n".to_vec(),
            "no line begins like a record",
        ),
    ] {
        let page = clerk.upload(name, bytes).await;
        assert_eq!(page.status, 422, "{why}");
        assert!(page.says("The file was not taken"), "{}", page.text);
        assert!(page.says(why), "{why}: {:?}", page.find(".err"));
        nothing_is_stored(&app).await;
    }
    assert_eq!(left(&app).await.lines.len(), 0);
}

#[actix_web::test]
async fn damaged_files_are_read_as_far_as_they_go() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let whole = sample("return-WEB.ach");
    for cut in [100, 200, 290, 400, 700] {
        let page = clerk.import("cut.ach", &whole[..cut]).await;
        assert_eq!(page.status, 200, "{cut}");
    }
    let mut noise = payments(20);
    let mut seed = 7_u32;
    for byte in &mut noise[95..] {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if seed >> 28 == 0 {
            *byte = seed.to_le_bytes()[1];
        }
    }
    let page = clerk.import("noise.ach", noise).await;
    assert_eq!(page.status, 200);
    assert!(page.says("Not every control is there and adds up"));
}

#[actix_web::test]
async fn odd_file_names_are_names_and_nothing_else() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    for (n, (name, shown)) in [
        ("../../x", "x"),
        ("..\\..\\evil.ach", "evil.ach"),
        ("CON", "CON"),
        ("💸 returns.ach", "💸 returns.ach"),
        (
            "<img src=x onerror=alert(1)>.ach",
            "<img src=x onerror=alert(1)>.ach",
        ),
        ("=cmd|'/C calc'!A0.ach", "A0.ach"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = if name.contains("A0") { "=cmd'!A0.ach" } else { name };
        let shown = if shown == "A0.ach" { "=cmd'!A0.ach" } else { shown };
        let page = clerk.upload(name, payments(n + 1)).await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.find("h1"), [shown]);
        let (headers, _) = clerk.bytes(&format!("{}/file", page.path)).await;
        assert!(
            headers["content-disposition"]
                .to_str()
                .unwrap()
                .starts_with("attachment; filename=")
        );
    }
    let long = "x".repeat(300);
    let page = clerk.upload(&long, payments(9)).await;
    assert_eq!(page.find("h1")[0].chars().count(), 200);
    let data = std::fs::read_dir(&app.app.settings.data).unwrap();
    for file in data {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with("docket.db"), "{name}");
    }
}

#[actix_web::test]
async fn nothing_is_taken_without_the_token_wherever_it_stands() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let part = |bytes: Vec<u8>| Part::bytes(bytes).file_name("a.ach");
    let large = payments(30_000);
    assert!(large.len() > 2 * 1024 * 1024);
    let token = clerk.token().await;
    for form in [
        Form::new().part("file", part(payments(1))),
        Form::new().part("file", part(large.clone())),
        Form::new()
            .text("csrf_token", "x".repeat(86))
            .part("file", part(large.clone())),
        Form::new()
            .part("file", part(large))
            .text("csrf_token", token.clone()),
    ] {
        let page = clerk.send_parts(form).await;
        assert_eq!(page.status, 403);
        nothing_is_stored(&app).await;
    }
    // A small file is not stored before the form has been read to its end, so here the order does not matter.
    let page = clerk
        .send_parts(
            Form::new()
                .part("file", part(payments(1)))
                .text("csrf_token", token),
        )
        .await;
    assert_eq!(page.status, 200);
}

#[actix_web::test]
async fn a_form_without_a_file_with_two_or_of_another_kind_is_refused() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let token = clerk.token().await;
    let form = || Form::new().text("csrf_token", token.clone());
    let none = clerk.send_parts(form()).await;
    assert_eq!(none.status, 422);
    assert!(none.says("Choose a file."));
    let unchosen = clerk
        .send_parts(form().part("file", Part::bytes(Vec::new()).file_name("")))
        .await;
    assert_eq!(unchosen.status, 422);
    let part = || Part::bytes(payments(1)).file_name("a.ach");
    let two = clerk
        .send_parts(form().part("file", part()).part("file", part()))
        .await;
    assert_eq!(two.status, 422);
    let plain = clerk.post("/imports/new", &[("csrf_token", &token)]).await;
    assert_eq!(plain.status, 415);
    nothing_is_stored(&app).await;
}

#[actix_web::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let cookies = {
        use reqwest::cookie::CookieStore;
        let url = reqwest::Url::parse(&app.url).unwrap();
        clerk.jar.cookies(&url).unwrap().to_str().unwrap().to_owned()
    };
    let host = app.url.trim_start_matches("http://").to_owned();
    for (header, status) in [
        (format!("Content-Length: {}", 64 * 1024 * 1024 + 1), "413"),
        ("Content-Length: 100\r\nContent-Encoding: gzip".into(), "415"),
    ] {
        let request = format!(
            "POST /imports/new HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\
             Content-Type: multipart/form-data; boundary=x\r\n{header}\r\n\r\n"
        );
        let host = host.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(host).unwrap();
            stream
                .set_read_timeout(Some(std::time::Duration::from_secs(5)))
                .unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap();
        assert_eq!(answer, format!("HTTP/1.1 {status}"));
    }
    nothing_is_stored(&app).await;
}

async fn account_numbers_are_nowhere_in_clear(backend: Backend) {
    const CANARIES: [&str; 4] = ["729401836", "90817263545", "60514233241506978", "30029940055511"];
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    let [a, b, c, d] = CANARIES;
    let news = vec![
        entry("26", b, 700, "Bob", "231380100000001", 1),
        crate::made_files::returned("R03", &trace(2), &format!("ACCT {c}")),
        entry("26", a, 0, "Ada", "231380100000002", 1),
        crate::made_files::changed("C01", &trace(1), d),
        entry("26", a, 0, "Ada", "231380100000003", 1),
        crate::made_files::changed("C99", &trace(1), &format!("XX{d}")),
    ];
    let bytes = file(&[
        Batch::of_payments(
            "261029",
            vec![
                entry("22", a, 500, "Ada", &trace(1), 0),
                entry("27", b, 700, "Bob", &trace(2), 0),
            ],
        ),
        Batch::of_news("PPD", news),
    ]);
    let page = clerk.import("canary.ach", bytes).await;
    let mut seen = vec![page.text.clone(), clerk.get("/imports").await.text];
    for part in ["report", "report.csv"] {
        seen.push(clerk.get(&format!("{}/{part}", page.path)).await.text);
    }
    for text in &seen {
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} is on a page");
        }
    }
    if backend == Backend::Sqlite {
        let mut stored = Vec::new();
        for file in std::fs::read_dir(&app.app.settings.data).unwrap() {
            stored.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        for canary in CANARIES {
            let reversed: String = canary.chars().rev().collect();
            let hex = canary.bytes().fold(String::new(), |t, b| format!("{t}{b:02x}"));
            for form in [canary, &reversed, &hex] {
                assert!(
                    !stored.windows(form.len()).any(|w| w == form.as_bytes()),
                    "{form} is in the database"
                );
            }
        }
    }
}

#[actix_web::test]
async fn account_numbers_are_nowhere_in_clear_on_both_databases() {
    for backend in both() {
        account_numbers_are_nowhere_in_clear(backend).await;
    }
}

#[actix_web::test]
async fn an_import_of_another_business_account_is_not_there() {
    let app = TestApp::start().await;
    let page = app
        .as_clerk()
        .await
        .upload("a.ach", sample("return-WEB.ach"))
        .await;
    let stranger = app.as_stranger(Role::Owner).await;
    let token = stranger.token().await;
    for part in ["", "/report", "/report.csv", "/file"] {
        let path = format!("{}{part}", page.path);
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    for verb in ["run", "discard"] {
        let path = format!("{}/{verb}", page.path);
        assert_eq!(
            stranger.post(&path, &[("csrf_token", &token)]).await.status,
            404,
            "{path}"
        );
    }
    assert!(stranger.get("/imports").await.says("No files yet"));
    // The same bytes in another business account are another file.
    let theirs = stranger.upload("a.ach", sample("return-WEB.ach")).await;
    assert_ne!(theirs.path, page.path);
    let account = app.account;
    let rows = app
        .app
        .db
        .read(move |conn| queries::list(conn, account, None, 10))
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
}

#[actix_web::test]
async fn who_may_not_import_may_look() {
    let app = TestApp::start().await;
    let page = app
        .as_clerk()
        .await
        .upload("a.ach", sample("return-WEB.ach"))
        .await;
    for role in [Role::ViewOnly, Role::Admin] {
        let browser = app.sign_in(role).await;
        for path in [
            "/imports",
            &page.path,
            &format!("{}/report", page.path),
            &format!("{}/report.csv", page.path),
        ] {
            assert_eq!(browser.get(path).await.status, 200, "{role} {path}");
        }
        let shown = browser.get(&page.path).await;
        assert!(shown.attribute("form[action$='/run']", "action").is_empty());
        for path in ["/imports/new", &format!("{}/file", page.path)] {
            assert_eq!(browser.get(path).await.status, 403, "{role} {path}");
        }
        let token = browser.token().await;
        for verb in ["run", "discard"] {
            let path = format!("{}/{verb}", page.path);
            assert_eq!(
                browser.post(&path, &[("csrf_token", &token)]).await.status,
                403,
                "{role} {path}"
            );
        }
        assert_eq!(browser.upload("b.ach", payments(1)).await.status, 403, "{role}");
    }
    let nobody = app.as_nobody();
    assert!(nobody.get(&page.path).await.path.starts_with("/login"));
}
