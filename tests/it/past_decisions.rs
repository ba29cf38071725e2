//! A review shows what its resolver decided before on the same code, or on the same kind where there is none.

use docket::exceptions::{model::Kind, raise::NewException};

use crate::harness::{TestApp, both};

#[actix_web::test]
async fn a_review_shows_earlier_decisions_on_the_same_code_or_kind_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.set_thresholds(&[("share", "100"), ("blind_share", "0")])
            .await;
        let mut reviews = Vec::new();
        for (kind, code) in [
            (Kind::AchReturn, Some("R03")),
            (Kind::Reconciliation, None),
            (Kind::AchReturn, Some("R01")),
            (Kind::Reconciliation, None),
            (Kind::AchReturn, Some("R03")),
            (Kind::Reconciliation, None),
            (Kind::EarnedWageAccess, None),
        ] {
            let new = NewException {
                kind,
                code: code.map(str::to_owned),
                ..app.a_return()
            };
            let id = app.raise_as(new).await;
            app.wait(1);
            reviews.push(app.resolved(id).await);
        }
        let manager = app.as_manager().await;
        for (at, others) in [(0, 1), (1, 2), (2, 0), (5, 2), (6, 0)] {
            let page = manager.get(&format!("/reviews/{}", reviews[at])).await;
            let shown = page.find("section[aria-labelledby=past] li");
            assert_eq!(shown.len(), others, "{backend:?}, review {at}: {shown:?}");
        }
    }
}
