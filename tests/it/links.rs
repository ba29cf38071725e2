//! What comes again for the same account, and links that people make.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    history::{EventKind, queries as history},
    kernel::id::ExceptionId,
};

use crate::harness::{TestApp, both};

impl TestApp {
    async fn raise_for(&self, code: &str, party: &str) -> ExceptionId {
        let mut new = self.a_return();
        new.code = Some(code.into());
        new.party = party.into();
        self.raise_as(new).await
    }
}

#[actix_web::test]
async fn what_comes_again_within_thirty_days_of_its_resolution_is_said_on_both_pages() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let first = app.raise_for("R01", "Paul Jones").await;
        app.close(first, Role::Clerk).await;
        app.clock.advance(Duration::from_hours(24 * 29));
        // The same family, another code.
        let again = app.raise_for("R09", "Paul Jones").await;
        let others = [
            app.raise_for("R03", "Paul Jones").await,
            app.raise_for("R01", "Paula Jones").await,
        ];
        let clerk = app.as_clerk().await;
        let page = clerk.get(&format!("/exceptions/{again}")).await;
        let said = "It comes again: the same account had this once in the 30 days before, last resolved by Clerk One";
        assert!(page.says(said), "{}", page.text);
        let link = format!("/exceptions/{first}");
        assert!(
            page.attribute("#again ~ .b a", "href").contains(&link),
            "{}",
            page.text
        );
        let former = clerk.get(&link).await;
        assert!(!former.says("It comes again"));
        assert_eq!(
            former.attribute("#again ~ .b a", "href"),
            [format!("/exceptions/{again}")]
        );
        for other in others {
            let page = clerk.get(&format!("/exceptions/{other}")).await;
            assert!(!page.says("It comes again"), "another matter: {}", page.text);
        }
        // Two days on it is another matter, and somebody else's accounts are never the same.
        app.clock.advance(Duration::from_hours(24 * 2));
        let clerk = app.as_clerk().await;
        let late = app.raise_for("R01", "Paul Jones").await;
        let page = clerk.get(&format!("/exceptions/{late}")).await;
        assert!(!page.says("It comes again"), "{backend:?}: {}", page.text);
    }
}

#[actix_web::test]
async fn links_are_made_shown_at_both_ends_and_taken_away() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let (one, two) = (
            format!("/exceptions/{}", ids[0]),
            format!("/exceptions/{}", ids[1]),
        );
        let clerk = app.as_clerk().await;
        let links = format!("{one}/links");
        let link = |other: String| {
            let (clerk, one, links) = (&clerk, &one, &links);
            async move {
                let fields = [("other", other.as_str()), ("kind", "DUPLICATE")];
                clerk.submit(one, links, &fields).await
            }
        };
        let wrong = link("R01".into()).await;
        assert!(wrong.says("Give the id of the other exception, or the address of its page."));
        assert!(
            link(ids[0].to_string())
                .await
                .says("An exception is not linked to itself.")
        );
        // What another business account has is not there.
        let nothing = link(crate::world::NOTHING.into()).await;
        assert!(nothing.says("There is no exception with this id."));
        let done = link(format!("{}{two}", app.url)).await;
        assert!(
            done.says("It is linked to R01 Insufficient Funds, Paul Jones."),
            "{}",
            done.text
        );
        assert!(done.says("A duplicate of"));
        assert!(clerk.get(&two).await.says("Has a duplicate"));
        assert!(link(ids[1].to_string()).await.says("The two are linked already."));
        let back = format!("{two}/links");
        let fields = [("other", ids[0].to_string()), ("kind", "RELATED".into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert!(
            clerk
                .submit(&two, &back, &fields)
                .await
                .says("The two are linked already.")
        );
        // Both histories tell of it.
        let account = app.account;
        for id in &ids[..2] {
            let id = id.uuid();
            let events = app
                .app
                .db
                .read(move |conn| history::list_of(conn, account, id, 10))
                .await
                .unwrap();
            assert!(
                events
                    .iter()
                    .any(|e| e.kind == EventKind::Edit && e.description.contains("linked it to R01"))
            );
        }
        // A resolved one is left as it is; its link is taken away at the other end.
        app.close(ids[1], Role::Clerk).await;
        let refused = clerk.get(&two).await;
        assert!(refused.find("form[action$='/unlink']").is_empty());
        let token = clerk.token().await;
        let unlink = [("csrf_token", token.clone()), ("other", ids[0].to_string())];
        let refused = clerk.post(&format!("{two}/unlink"), &unlink).await;
        assert!(refused.says("nothing on it changes until it is reopened"));
        let unlink = [("csrf_token", token.clone()), ("other", ids[1].to_string())];
        let gone = clerk.post(&format!("{one}/unlink"), &unlink).await;
        assert!(gone.says("The link is taken away."), "{}", gone.text);
        assert!(!clerk.get(&two).await.says("Has a duplicate"));
        let again = clerk.post(&format!("{one}/unlink"), &unlink).await;
        assert_eq!(again.status, 404);
        let stranger = app.as_stranger(Role::Owner).await;
        let token = stranger.token().await;
        let fields = [("csrf_token", token), ("other", ids[2].to_string())];
        let theirs = stranger.post(&links, &fields).await;
        assert_eq!(theirs.status, 404, "{backend:?}");
    }
}
