//! The columns of the queue that a person sees.

use docket::auth::permission::Role;

use crate::harness::{TestApp, both};

#[actix_web::test]
async fn everybody_chooses_the_columns_that_they_see_and_nobody_elses() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise().await;
        let clerk = app.as_clerk().await;
        let list = "/exceptions?tab=open&code=R01";
        let shown = clerk.get(list).await;
        assert_eq!(shown.attribute("table.q", "class"), ["list one fold q"]);
        assert_eq!(shown.find(".cols input[checked]").len(), 7);
        let fields = [
            ("column[]", "3"),
            ("column[]", "4"),
            ("column[]", "7"),
            ("column[]", "99"),
        ];
        let chosen = clerk.submit(list, "/exceptions/columns", &fields).await;
        assert_eq!(chosen.path, list, "back to the same list");
        let classes = chosen.attribute("table.q", "class").remove(0);
        assert_eq!(classes, "list one fold q no5 no6 no8 no9", "{backend:?}");
        assert_eq!(chosen.find(".cols input[checked]").len(), 3);
        // Another session of the same person sees them; another person does not.
        let again = app.as_clerk().await.get("/exceptions?tab=mine").await;
        assert_eq!(again.find(".cols input[checked]").len(), 3);
        let other = app.sign_in(Role::ViewOnly).await.get(list).await;
        assert_eq!(other.attribute("table.q", "class"), ["list one fold q"]);
        // Where it leads back to is ours.
        let token = clerk.token().await;
        let away = [
            ("csrf_token", token.as_str()),
            ("back", "https://evil.test/exceptions?"),
        ];
        let back = clerk.post("/exceptions/columns", &away).await;
        assert_eq!(back.path, "/exceptions?tab=open");
        assert_eq!(
            back.attribute("table.q", "class"),
            ["list one fold q no3 no4 no5 no6 no7 no8 no9"]
        );
    }
}
