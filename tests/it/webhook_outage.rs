//! One long outage: the receiver is down, then slow, then flapping, and Docket is killed in each. In the end everything
//! has come, in order for each exception, and what came twice has the same id. The waits between attempts are twenty
//! times shorter than outside tests, so that a minute is three seconds; their proportions are the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::{
    crash::Running,
    harness::Browser,
    receiver::{Mood, Receiver},
    webhook_crash::{post, raise, until},
};

/// What happens to each exception, in this order.
const LIFE: [&str; 5] = [
    "exception.created",
    "exception.assigned",
    "exception.status-changed",
    "exception.status-changed",
    "exception.resolved",
];

async fn subscribe(docket: &Running, receiver: &Receiver) {
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let new = "/settings/webhooks/new";
    let mut fields = vec![("url", receiver.url.as_str())];
    let topics: BTreeSet<&str> = LIFE.into_iter().collect();
    fields.extend(topics.into_iter().map(|topic| ("eventTypes[]", topic)));
    let shown = owner.submit(new, new, &fields).await;
    assert!(shown.says("Hand over the secret now."), "{}", shown.text);
}

async fn assign(docket: &Running, ids: &[String]) {
    let body = json!({"exceptionIds": ids, "assignee": "clerk@demo.test"});
    let told = post(docket, "/api/v1/exceptions/bulk/assign", &body).await;
    assert_eq!(told["failed"], json!([]), "{told}");
}

async fn resolve(docket: &Running, ids: &[String]) {
    let body = json!({"exceptionIds": ids, "resolution": "Paid again by wire"});
    let told = post(docket, "/api/v1/exceptions/bulk/resolve", &body).await;
    assert_eq!(told["failed"], json!([]), "{told}");
}

/// The ids that were accepted, in the order in which each first came.
fn first_came(receiver: &Receiver) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let ids = receiver.accepted().into_iter().map(|one| one.id);
    ids.filter(|id| seen.insert(id.clone())).collect()
}

#[actix_web::test]
async fn down_then_slow_then_flapping_with_kills_between_everything_comes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || Running::start_hurried(folder.path(), 20).await;
    let receiver = Receiver::start(Mood::Down);

    // Down, in two lives.
    let docket = start().await;
    subscribe(&docket, &receiver).await;
    let mut all = raise(&docket, 12).await;
    assign(&docket, &all).await;
    until("it was tried in vain", || receiver.refused() >= 4).await;
    docket.kill();
    let docket = start().await;
    let before = receiver.refused();
    resolve(&docket, &all[..6]).await;
    until("the next life tried in vain too", || {
        receiver.refused() >= before + 4
    })
    .await;
    assert!(receiver.accepted().is_empty());

    // Slow: each is taken, and the answer comes when nobody waits for it any more.
    receiver.set(Mood::Late);
    all.extend(raise(&docket, 6).await);
    until("some came slowly", || receiver.accepted().len() >= 4).await;
    docket.kill();
    let docket = start().await;
    let before = receiver.accepted().len();
    resolve(&docket, &all[6..12]).await;
    until("the next life was answered slowly too", || {
        receiver.accepted().len() >= before + 4
    })
    .await;

    // Flapping: every second call is refused.
    let (accepted, refused) = (receiver.accepted().len(), receiver.refused());
    receiver.set(Mood::Flapping);
    assign(&docket, &all[12..]).await;
    until("some came and some did not", || {
        receiver.accepted().len() >= accepted + 4 && receiver.refused() >= refused + 4
    })
    .await;
    docket.kill();
    let docket = start().await;
    resolve(&docket, &all[12..]).await;

    // Well again.
    receiver.set(Mood::Well);
    let expected = all.len() * LIFE.len();
    until("everything came", || first_came(&receiver).len() >= expected).await;
    docket.kill();

    let came = receiver.accepted();
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    let mut told: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for one in &came {
        let body = one.json();
        assert_eq!(body["id"], json!(one.id));
        // What comes twice has the same id, and the same bytes.
        assert_eq!(*bodies.entry(&one.id).or_insert(&one.body), one.body);
        let exception = body["data"]["exceptionId"].as_str().unwrap().to_owned();
        let kind = body["type"].as_str().unwrap().to_owned();
        let about = told.entry(exception).or_default();
        // A repeat is of the one that came last: nothing older comes behind it.
        let known = about.iter().position(|(id, _)| *id == one.id);
        assert!(
            known.is_none_or(|place| place + 1 == about.len()),
            "an older one came again"
        );
        if known.is_none() {
            about.push((one.id.clone(), kind));
        }
    }
    assert!(came.len() > bodies.len(), "none came twice");
    assert_eq!(bodies.len(), expected, "each event once, and no other");
    assert_eq!(
        told.keys().cloned().collect::<BTreeSet<_>>(),
        all.into_iter().collect()
    );
    for (exception, about) in told {
        let kinds: Vec<String> = about.into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, LIFE, "{exception}");
    }
}
