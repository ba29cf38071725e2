//! Signing in and out.

use docket::auth::permission::Role;

use crate::harness::{Backend, PASSWORD, TestApp, both};

async fn a_person_signs_in_and_out(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let browser = app.as_clerk().await;
    let cookies = browser.submit("/exceptions", "/logout", &[]).await;
    assert_eq!(cookies.path, "/login");
    assert!(cookies.says("You are signed out."));
    assert_eq!(browser.get("/exceptions").await.path, "/login?next=%2Fexceptions");
}

#[actix_web::test]
async fn a_person_signs_in_and_out_on_both_databases() {
    for backend in both() {
        a_person_signs_in_and_out(backend).await;
    }
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    let wrong = browser
        .submit(
            "/login",
            "/login",
            &[("email", "clerk@one.test"), ("password", "wrong")],
        )
        .await;
    let unknown = browser
        .submit(
            "/login",
            "/login",
            &[("email", "nobody@one.test"), ("password", "wrong")],
        )
        .await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (422, 422));
    let sentence = "The e-mail address or the password is not right.";
    assert!(wrong.says(sentence) && unknown.says(sentence));
    assert_eq!(wrong.headers.len(), unknown.headers.len());
    let _ = (Role::Clerk, PASSWORD);
}
