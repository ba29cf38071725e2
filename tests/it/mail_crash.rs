//! Docket is killed while it sends: each message arrives, and what comes twice is the same message.
//!
//! What is promised is "at least once". What the server has taken is noted at once and not sent again; who is killed
//! between the two cannot know, and sends it again with the same Message-ID, of which a reader's program shows one.

use std::{path::Path, time::Duration};

use diesel::{prelude::*, sql_query};
use docket::{
    db::{
        AnyConnection, DbUrl,
        connection::Purpose,
        schema::{mails, memberships, team_members},
    },
    demo::PEOPLE,
    kernel::{
        clock::Clock,
        id::{BusinessAccountId, MailId, TeamMemberId},
    },
    mail::{
        model::{MailKind, MailRow, MailState},
        queries,
    },
};

use crate::{
    crash::Running,
    harness::smtp::{Mood, Post, Smtp},
    webhook_crash::until,
};

/// So many are sent side by side.
const ROUND: usize = 4;

/// Longer than a lease.
const LONG: Duration = Duration::from_mins(10);

/// Somebody's address, and the message to them.
type Addressed = (&'static str, MailId);

fn open(data: &Path, purpose: Purpose) -> AnyConnection {
    DbUrl::Sqlite(data.join("docket.db")).open(purpose).unwrap()
}

/// Every test message, as it is stored.
pub fn stored(data: &Path) -> Vec<MailRow> {
    mails::table
        .filter(mails::kind.eq(MailKind::Test))
        .select(MailRow::as_select())
        .load(&mut open(data, Purpose::Read))
        .unwrap()
}

/// As if nobody had been there for a while: leases have run out, and what was put off is due.
pub fn let_time_pass(data: &Path) {
    let rows = stored(data);
    let mut conn = open(data, Purpose::Write);
    for mut row in rows {
        if row.state == MailState::Waiting {
            row.next_at = row.next_at.minus(LONG);
            row.lease_until = row.lease_until.map(|until| until.minus(LONG));
            queries::update(&mut conn, &row).unwrap();
        }
    }
}

/// A demo that does not run, in which a message waits for each of six people, the first of them the longest.
async fn six_messages(data: &Path) -> Vec<Addressed> {
    Running::start_with(data, 20).await.kill();
    let mut conn = open(data, Purpose::Write);
    let now = Clock::System.now();
    let team = PEOPLE
        .into_iter()
        .map(|person| person.email)
        .filter(|email| email.ends_with("@demo.test"));
    let mut told = Vec::new();
    for (email, n) in team.zip(1..) {
        let (business_account_id, member_id) = memberships::table
            .inner_join(team_members::table)
            .filter(team_members::email.eq(email))
            .select((memberships::business_account_id, memberships::team_member_id))
            .first::<(BusinessAccountId, TeamMemberId)>(&mut conn)
            .unwrap();
        let row = MailRow {
            id: MailId::generate(now),
            business_account_id,
            member_id,
            kind: MailKind::Test,
            state: MailState::Waiting,
            attempts: 0,
            failing_since: None,
            next_at: now.minus(Duration::from_secs(60 - n)),
            lease_until: None,
            last_outcome: String::new(),
            sent_at: None,
            created_at: now,
        };
        queries::insert(&mut conn, &row).unwrap();
        told.push((email, row.id));
    }
    assert_eq!(told.len(), ROUND + 2);
    told
}

/// Starts it, with that mail server.
async fn start(data: &Path, server: &Smtp) -> Running {
    let url = server.url();
    let settings = [
        ("DOCKET_SMTP_URL", url.as_str()),
        ("DOCKET_MAIL_FROM", "Docket <docket@desk.test>"),
        ("DOCKET_PUBLIC_URL", "http://localhost:8080"),
    ];
    Running::start_set(data, 20, &settings).await
}

/// The messages as they are stored, in the order in which they were told.
fn rows(data: &Path, told: &[Addressed]) -> Vec<MailRow> {
    let stored = stored(data);
    let find = |id: MailId| stored.iter().find(|row| row.id == id).cloned();
    told.iter().map(|(_, id)| find(*id).unwrap()).collect()
}

fn are_sent(rows: &[MailRow]) -> usize {
    rows.iter().filter(|row| row.state == MailState::Sent).count()
}

/// Lets it live until all is sent.
async fn to_the_end(data: &Path, server: &Smtp, told: &[Addressed]) {
    server.set(Mood::Well);
    let docket = start(data, server).await;
    until("all were sent", || are_sent(&rows(data, told)) == told.len()).await;
    docket.kill();
}

/// What came to somebody, which must all be the same message.
fn came(server: &Smtp, (email, id): Addressed) -> Vec<Post> {
    let posts: Vec<Post> = server
        .all()
        .into_iter()
        .filter(|post| post.to == [email])
        .filter(|post| post.read().subject.starts_with("E-mail from Docket arrives"))
        .collect();
    for post in &posts {
        assert_eq!(post.read().id, format!("{id}@desk.test"), "to {email}");
    }
    posts
}

/// How many came to each, and of how many the server said that it has them.
fn counts(server: &Smtp, told: &[Addressed]) -> Vec<(usize, usize)> {
    let counted = told.iter().map(|one| {
        let posts = came(server, *one);
        (posts.len(), posts.iter().filter(|post| post.accepted).count())
    });
    counted.collect()
}

#[actix_web::test]
async fn killed_in_the_middle_of_messages_again_and_again_each_arrives_as_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let told = six_messages(data).await;
    let server = Smtp::start(Mood::Stalls(""));
    for life in 1..=2_usize {
        let docket = start(data, &server).await;
        until("a round came", || server.all().len() >= life * ROUND).await;
        docket.kill();
        for (n, row) in rows(data, &told).iter().enumerate() {
            let tried = if n < ROUND { life as i64 } else { 0 };
            assert_eq!((row.state, row.attempts), (MailState::Waiting, tried), "{row:?}");
            assert_eq!(row.lease_until.is_some(), n < ROUND, "{row:?}");
        }
        let_time_pass(data);
    }
    to_the_end(data, &server, &told).await;
    let expected = [(3, 1), (3, 1), (3, 1), (3, 1), (1, 1), (1, 1)];
    assert_eq!(counts(&server, &told), expected);
}

#[actix_web::test]
async fn what_the_server_has_taken_is_not_sent_again_though_its_round_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let told = six_messages(data).await;
    // The second has no answer yet when the three others of its round have theirs.
    let server = Smtp::start(Mood::Stalls("admin@"));
    let docket = start(data, &server).await;
    until("three were noted", || {
        server.all().len() >= ROUND && are_sent(&rows(data, &told)) == ROUND - 1
    })
    .await;
    docket.kill();
    let cut_off = rows(data, &told).remove(1);
    assert_eq!(
        (told[1].0, cut_off.state),
        ("admin@demo.test", MailState::Waiting)
    );
    assert!(
        cut_off.lease_until.is_some(),
        "it was killed too late: {cut_off:?}"
    );
    let_time_pass(data);
    to_the_end(data, &server, &told).await;
    let expected = [(1, 1), (2, 1), (1, 1), (1, 1), (1, 1), (1, 1)];
    assert_eq!(counts(&server, &told), expected);
}

#[actix_web::test]
async fn what_was_taken_and_could_not_be_noted_comes_again_as_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let told = six_messages(data).await;
    let server = Smtp::start(Mood::Well);
    server.hold(true);
    let docket = start(data, &server).await;
    until("a round came", || server.all().len() >= ROUND).await;
    // From here on nothing is stored any more: the moment between the server's answer and the note of it.
    let mut lock = open(data, Purpose::Write);
    sql_query("BEGIN IMMEDIATE").execute(&mut lock).unwrap();
    server.hold(false);
    until("they were taken", || server.accepted().len() >= ROUND).await;
    docket.kill();
    drop(lock);
    assert_eq!(are_sent(&rows(data, &told)), 0);
    let_time_pass(data);
    to_the_end(data, &server, &told).await;
    let expected = [(2, 2), (2, 2), (2, 2), (2, 2), (1, 1), (1, 1)];
    assert_eq!(counts(&server, &told), expected);
}
