//! How often a client may call.

use std::time::Duration;

use docket::auth::permission::Role;

use crate::{api_client::Api, harness::TestApp};

#[actix_web::test]
async fn a_client_may_call_so_often_and_is_told_when_again() {
    let app = TestApp::start().await;
    let url = app.restart_with(|settings| settings.api_calls_per_minute = 60);
    let mut api = Api::of(&app, Role::ViewOnly).await;
    let mut colleague = Api::of(&app, Role::ViewOnly).await;
    let mut stranger = Api::in_account(&app, app.other, Role::ViewOnly).await;
    for client in [&mut api, &mut colleague, &mut stranger] {
        client.url.clone_from(&url);
    }
    let first = api.get("/api/exceptions").await;
    assert_eq!(first.status, 200);
    assert_eq!(
        [
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "ratelimit-policy"
        ]
        .map(|h| first.header(h)),
        ["60", "59", "1", "60;w=60"]
    );
    let mut last = first;
    for _ in 0..90 {
        last = api.get("/api/exceptions?size=none").await;
        if last.status == 429 {
            break;
        }
        assert_eq!(last.status, 400, "a refused call counts as well");
    }
    assert_eq!(last.problem(429), "TOO_MANY_REQUESTS");
    assert_eq!(
        (last.header("ratelimit-remaining"), last.header("ratelimit-limit")),
        ("0", "60")
    );
    let wait: u64 = last.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    for other in [&colleague, &stranger] {
        let theirs = other.get("/api/exceptions").await;
        assert_eq!(
            (theirs.status.as_u16(), theirs.header("ratelimit-remaining")),
            (200, "59")
        );
    }
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(
        api.get("/api/exceptions").await.status,
        200,
        "after waiting as long as was told"
    );
    let nobody = reqwest::get(format!("{url}/api/exceptions")).await.unwrap();
    assert!(
        !nobody.headers().contains_key("ratelimit-limit"),
        "without a token nobody is counted"
    );
}
