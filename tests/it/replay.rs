//! The history alone tells how everything stands: after random acts of several people, what is replayed from it is
//! what is stored.

use std::collections::BTreeMap;

use docket::{
    auth::{actor::Actor, permission::Role},
    exceptions::{
        assign::assign,
        claim::{claim, release},
        comment::{self, CommentRow},
        comment_edit,
        model::Status,
        queries,
        reopen::reopen,
        resolution::{self, How},
    },
    history::{self, EventKind},
    kernel::{
        error::{AppError, AppResult},
        id::{CommentId, ExceptionId, TeamMemberId},
        text::{CommentText, Reason, ResolutionNotes},
    },
};

use crate::harness::{Backend, TestApp, both};

/// A row of numbers that looks random and is the same each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// How an exception stands, by its history.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    status: String,
    holder: String,
    comments: Vec<String>,
}

fn replay(events: &[history::Event]) -> Told {
    let mut told = Told::default();
    for event in events {
        match event.kind {
            EventKind::Create | EventKind::StatusChange => {
                assert_eq!(event.previous, told.status, "event {} does not follow", event.seq);
                event.new.clone_into(&mut told.status);
            }
            EventKind::AssignedTo => {
                assert_eq!(event.previous, told.holder, "event {} does not follow", event.seq);
                event.new.clone_into(&mut told.holder);
            }
            EventKind::Comment => {
                if !event.previous.is_empty() {
                    let former = told.comments.iter().position(|c| *c == event.previous);
                    told.comments.remove(former.expect("it was said before"));
                }
                told.comments
                    .extend(Some(event.new.clone()).filter(|new| !new.is_empty()));
            }
            _ => {}
        }
    }
    told.comments.sort();
    told
}

/// One act; whether it was done or refused makes no difference.
async fn act(
    app: &TestApp,
    actor: &Actor,
    id: ExceptionId,
    (what, to, n): (usize, TeamMemberId, usize),
    comments: &mut Vec<CommentId>,
) {
    let (who, last) = (actor.clone(), comments.last().copied());
    let said = CommentText::parse(&format!("said {n}")).unwrap();
    let outcome: AppResult<Option<CommentId>> = app
        .app
        .db
        .write(app.account, move |tx| {
            let reason = Reason::parse("because").unwrap();
            match what {
                0 => claim(tx, &who, id).map(|_| None),
                1 => assign(tx, &who, id, to, None).map(|_| None),
                2 => release(tx, &who, id, None).map(|_| None),
                3 => {
                    let notes = ResolutionNotes::parse("done").unwrap();
                    resolution::resolve(tx, &who, id, &How::NoAction(reason), &notes, None).map(|_| None)
                }
                4 | 5 => reopen(tx, &who, id, &reason, None).map(|_| None),
                6 | 7 => comment::add(tx, &who, id, &said).map(Some),
                _ => match last {
                    Some(comment) => comment_edit::edit(tx, &who, comment, &said, None).map(|_| None),
                    None => Ok(None),
                },
            }
        })
        .await;
    match outcome {
        Ok(comment) => comments.extend(comment),
        Err(AppError::Internal(why) | AppError::Unavailable(why)) => panic!("{why}"),
        Err(_) => {}
    }
}

async fn the_history_tells_how_it_stands(backend: Backend, acts: usize) {
    let app = TestApp::start_on(backend).await;
    let ids = app.raise_many(12).await;
    let roles = [
        Role::Owner,
        Role::Manager,
        Role::Finance,
        Role::Clerk,
        Role::ViewOnly,
    ];
    let mut people = Vec::new();
    for role in roles {
        people.push(app.actor(role).await);
    }
    let (mut dice, mut comments) = (Dice(20_261_121), BTreeMap::new());
    for n in 0..acts {
        let actor = &people[dice.throw(people.len())];
        let to = people[dice.throw(4)].member().unwrap();
        let id = ids[dice.throw(ids.len())];
        let said = comments.entry(id).or_insert_with(Vec::new);
        act(&app, actor, id, (dice.throw(9), to, n), said).await;
    }
    let account = app.account;
    let mut seen = Vec::new();
    for id in ids {
        let (events, row, holder, said) = app
            .app
            .db
            .read(move |conn| {
                let row = queries::get(conn, account, id)?;
                let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
                Ok((
                    history::queries::list_of(conn, account, id.uuid(), 100_000)?,
                    row,
                    holder.map(|(_, email)| email).unwrap_or_default(),
                    comment::list(conn, account, id, 100_000)?,
                ))
            })
            .await
            .unwrap();
        let mut comments: Vec<String> = said.into_iter().map(|c: CommentRow| c.text).collect();
        comments.sort();
        let stored = Told {
            status: row.status.as_str().into(),
            holder,
            comments,
        };
        assert_eq!(replay(&events), stored, "{backend:?} {id}");
        seen.push(row.status);
    }
    for status in [Status::InProgress, Status::Resolved, Status::Reopened] {
        assert!(seen.contains(&status), "the acts lead to {status}: {seen:?}");
    }
}

#[actix_web::test]
async fn what_is_replayed_from_the_history_is_what_is_stored_on_both_databases() {
    for backend in both() {
        the_history_tells_how_it_stands(backend, 1_500).await;
    }
}
