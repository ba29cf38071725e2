//! One review: what was done, its effect, the resolver's record; approve, or return with a reason.

use std::collections::HashSet;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    blind::{self, AnswerForm},
    commands,
    list::{verdict, why_tag},
    model::{ReviewRow, ReviewState},
    queries,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Supervise},
        principal::May,
    },
    exceptions::{
        self,
        comment::CommentRow,
        head::{ExceptionHead, head},
        model::Status,
        resolution::{self, ResolutionRow},
        row::ExceptionRow,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, FieldErrors},
        id::{ResolutionId, ReviewId, noun},
        text::Reason,
    },
    policies::{self, thresholds::Thresholds},
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        time,
        ui::{Badge, Change, Choice, Entry, Fact, Link, Person, Stamp, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "reviews/show.html")]
pub struct ReviewPage {
    shell: Shell,
    id: String,
    version: String,
    head: ExceptionHead,
    kind: &'static str,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    resolver: Person,
    resolved: Stamp,
    resolution: Vec<Fact>,
    changes: Vec<Change>,
    ledger: Vec<String>,
    /// What is asked of whoever may not see yet what was done.
    blind: Option<Blind>,
    evidence: Vec<Entry>,
    why: Tag,
    why_text: String,
    closed: Option<String>,
    reason: Field,
    past_title: String,
    past_sum: String,
    past: Vec<PastDecision>,
}

/// The form of a blind review.
struct Blind {
    answer: Field,
    types: Vec<Choice>,
    reason: Field,
}

struct Notice {
    tone: Tone,
    icon: &'static str,
    text: String,
    link: Option<Link>,
}

struct PastDecision {
    href: String,
    title: String,
    verdict: Tag,
    when: String,
}

struct Found {
    review: ReviewRow,
    resolution: ResolutionRow,
    exception: ExceptionRow,
    comments: Vec<CommentRow>,
    thresholds: Thresholds,
    hidden: HashSet<ResolutionId>,
    past: Vec<(ResolutionRow, ExceptionRow, Option<ReviewState>)>,
    /// The exception's status before it was resolved, where its history tells it.
    before: Option<Status>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VerdictForm {
    reason: String,
    version: String,
    next: String,
}

/// `GET /reviews/{id}`
pub async fn show(app: Data<App>, who: May<Read>, id: PathId<noun::Review>) -> AppResult<Page<ReviewPage>> {
    page(&app, &who, id.0, "", &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `GET /reviews/{id}/return`: the page with a reason that was kept through a sign-in.
pub async fn draft(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::Review>,
    kept: Kept,
) -> AppResult<Page<ReviewPage>> {
    let typed = kept.form::<VerdictForm>().unwrap_or_default();
    page(
        &app,
        &who.as_reader(),
        id.0,
        &typed.reason,
        &FieldErrors::default(),
    )
    .await
    .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Read>,
    id: ReviewId,
    typed: &str,
    errors: &FieldErrors,
) -> AppResult<ReviewPage> {
    let account = who.account();
    let found = app
        .db
        .read(move |conn| {
            let review = queries::get(conn, account, id)?;
            let resolution = resolution::get(conn, review.resolution_id)?;
            let exception = exceptions::queries::get(conn, account, review.exception_id)?;
            let comments = exceptions::comment::list(conn, account, exception.id, 50)?;
            let past = queries::past_decisions(conn, account, &resolution, &exception)?;
            let others: Vec<ResolutionId> = past.iter().map(|(r, ..)| r.id).collect();
            Ok(Found {
                thresholds: policies::rules::of(conn, account)?,
                hidden: blind::hidden_resolutions(conn, &others)?,
                before: queries::status_before(conn, account, &resolution)?,
                review,
                resolution,
                exception,
                comments,
                past,
            })
        })
        .await?;
    Ok(view(app, who, found, typed, errors))
}

/// The page with an answer that was refused.
pub(super) async fn again(
    app: &App,
    who: &May<Read>,
    id: ReviewId,
    typed: &AnswerForm,
    errors: &FieldErrors,
) -> AppResult<ReviewPage> {
    let mut page = page(app, who, id, "", errors).await?;
    if let Some(blind) = &mut page.blind {
        blind.answer.value.clone_from(&typed.answer);
        blind.reason.value.clone_from(&typed.reason);
        for choice in &mut blind.types {
            choice.selected = choice.value == typed.answer;
        }
    }
    Ok(page)
}

fn view(app: &App, who: &May<Read>, found: Found, typed: &str, errors: &FieldErrors) -> ReviewPage {
    let Found {
        review,
        resolution,
        exception,
        comments,
        past,
        thresholds,
        hidden,
        before,
    } = found;
    let is_hidden = review.is_hidden_from(&resolution, &who.who.actor);
    let (now, zone) = (app.clock.now(), who.own_zone());
    let code = exception
        .code
        .clone()
        .unwrap_or_else(|| exception.kind.label().to_owned());
    let approved = past
        .iter()
        .filter(|(.., state)| *state == Some(ReviewState::Approved))
        .count();
    let returned = past
        .iter()
        .filter(|(.., state)| *state == Some(ReviewState::Returned))
        .count();
    ReviewPage {
        shell: who.shell(
            app,
            format!("Review of {code} {}", exception.party),
            Section::Reviews,
        ),
        id: review.id.to_string(),
        version: review.version.to_string(),
        head: head(who, &exception, (now, zone)),
        kind: if is_hidden {
            "blind"
        } else {
            resolution.kind.label()
        },
        notices: notices(&review, &resolution),
        problems: problems(errors),
        resolver: Person::named(resolution.resolved_by_name.clone()),
        resolved: time::stamp(resolution.resolved_at, now, zone),
        resolution: if is_hidden {
            vec![Fact::new("How", "Hidden until you have given your own answer.")]
        } else {
            let mut facts = vec![Fact::new("Type", resolution.kind.label())];
            facts.extend(resolution.reason_in_words().map(|r| Fact::new("Reason", r)));
            facts.push(Fact::new("Notes", &resolution.notes));
            facts
        },
        changes: if is_hidden {
            Vec::new()
        } else {
            changes(&exception, &resolution, before)
        },
        ledger: if is_hidden {
            Vec::new()
        } else {
            vec![resolution.effect.clone()]
        },
        blind: (is_hidden && review.check(&resolution, &who.who.actor).is_ok()).then(|| Blind {
            answer: Field::of("", "answer", errors),
            types: blind_choices(&exception),
            reason: Field::of("", "answer_reason", errors),
        }),
        evidence: comments
            .into_iter()
            .map(|c| Entry {
                icon: "message-square",
                who: c.author_name,
                what: "commented".into(),
                at: time::stamp(c.created_at, now, zone),
                text: Some(c.text),
            })
            .collect(),
        why: why_tag(&review),
        why_text: why_words(&review, &resolution, &exception, &thresholds, is_hidden),
        closed: review
            .check(&resolution, &who.who.actor)
            .err()
            .map(|e| e.sentence()),
        reason: Field::of(typed, "reason", errors),
        past_title: format!("{} on {code}", resolution.resolved_by_name),
        past_sum: format!(
            "Of the last {}: {approved} approved, {returned} returned.",
            past.len()
        ),
        past: past
            .into_iter()
            .map(|found| decision(found, &hidden, (now, zone)))
            .collect(),
    }
}

/// One of the resolver's last decisions.
fn decision(
    (resolution, exception, state): (ResolutionRow, ExceptionRow, Option<ReviewState>),
    hidden: &HashSet<ResolutionId>,
    (now, zone): (Ts, Tz),
) -> PastDecision {
    let kind = if hidden.contains(&resolution.id) {
        "Hidden"
    } else {
        resolution.kind.label()
    };
    PastDecision {
        href: format!("/exceptions/{}", exception.id),
        title: format!("{kind}: {}", exception.party),
        verdict: state.and_then(verdict).unwrap_or(Tag {
            tone: Tone::Grey,
            icon: "minus-circle",
            text: if state.is_some() {
                "Waiting".into()
            } else {
                "No review".into()
            },
        }),
        when: time::short(resolution.resolved_at, now, zone),
    }
}

/// What asked for it then, and what the policy of today would have asked.
fn why_words(
    review: &ReviewRow,
    resolution: &ResolutionRow,
    exception: &ExceptionRow,
    thresholds: &Thresholds,
    is_hidden: bool,
) -> String {
    if is_hidden {
        // The rule of a type would tell the type.
        return format!(
            "{} It is blind: answer before you are told what was done.",
            review.why
        );
    }
    let today = thresholds.would_ask(exception.severity, resolution.kind);
    if thresholds
        .rule_for(exception.severity, resolution.kind)
        .as_deref()
        == Some(&review.why)
    {
        return format!("{} The policy asks for it today too.", review.why);
    }
    format!("{} As it stands today: {today}", review.why)
}

fn blind_choices(exception: &ExceptionRow) -> Vec<Choice> {
    let none = Choice {
        value: String::new(),
        label: "Choose".into(),
        selected: true,
    };
    let types = blind::types(exception).into_iter().map(|kind| Choice {
        value: kind.as_str().into(),
        label: kind.label().into(),
        selected: false,
    });
    std::iter::once(none).chain(types).collect()
}

/// What the blind answer was, against what was done.
fn answered(review: &ReviewRow, resolution: &ResolutionRow) -> Option<Notice> {
    let answer = review.answer?;
    let reason = review.answer_reason.as_deref().unwrap_or_default();
    let (tone, icon, verdict) = if answer == resolution.kind {
        (Tone::Green, "circle-check", "Both answers are")
    } else {
        (Tone::Amber, "arrow-left-right", "The answers differ:")
    };
    let both = if answer == resolution.kind {
        format!("“{}”", answer.label())
    } else {
        format!(
            "“{}” blind, “{}” by {}",
            answer.label(),
            resolution.kind.label(),
            resolution.resolved_by_name
        )
    };
    Some(Notice {
        tone,
        icon,
        text: format!("{verdict} {both}. The blind answer's reason: {reason}"),
        link: None,
    })
}

fn notices(review: &ReviewRow, resolution: &ResolutionRow) -> Vec<Notice> {
    let verdict = verdict_notices(review);
    answered(review, resolution).into_iter().chain(verdict).collect()
}

fn verdict_notices(review: &ReviewRow) -> Vec<Notice> {
    let told = |tone, icon, text: String| {
        vec![Notice {
            tone,
            icon,
            text,
            link: None,
        }]
    };
    match (review.state, &review.reason) {
        (ReviewState::Approved, _) => {
            told(Tone::Green, "circle-check", "This resolution is approved.".into())
        }
        (ReviewState::Returned, Some(reason)) => told(
            Tone::Amber,
            "undo-2",
            format!("This resolution was returned: {reason}"),
        ),
        _ => Vec::new(),
    }
}

/// Before and after. Of an exception whose history does not tell its status before nothing is said of that.
fn changes(exception: &ExceptionRow, resolution: &ResolutionRow, before: Option<Status>) -> Vec<Change> {
    let change = |label: &str, before: &str, after: &str| Change {
        label: label.into(),
        before: before.into(),
        after: after.into(),
        changed: before != after,
        verdict: None,
    };
    let amount = exception.money().map(|m| m.to_string()).unwrap_or_default();
    let mut lines = vec![
        change(
            "Status",
            before.map(Status::word).unwrap_or_default(),
            Status::Resolved.word(),
        ),
        change("Resolved as", "", resolution.kind.label()),
    ];
    lines.extend(resolution.changes().into_iter().map(Change::from));
    if exception.currency.is_some() {
        lines.push(change("Amount at stake", &amount, &amount));
    }
    lines
}

/// `POST /reviews/{id}/approve`
pub async fn approve(
    app: Data<App>,
    id: PathId<noun::Review>,
    form: Submit<Supervise, VerdictForm>,
) -> AppResult<SeeOther> {
    let (actor, id, seen) = (form.who.actor(), id.0, form.form.version.parse().ok());
    let (account, me) = (actor.business_account, form.who.who.member);
    let outcome = app
        .db
        .write(account, move |tx| commands::approve(tx, &actor, id, seen))
        .await;
    match outcome {
        Ok(_) if form.form.next.is_empty() => Ok(SeeOther::to("/reviews")
            .done("Approved.")
            .link(format!("/reviews/{id}"), "See it")),
        Ok(_) => match app
            .db
            .read(move |conn| queries::next_waiting(conn, account, me, id))
            .await?
        {
            Some(next) => {
                Ok(SeeOther::to(format!("/reviews/{next}")).done("Approved. This is the next one."))
            }
            None => Ok(SeeOther::to("/reviews").done("Approved. Nothing else waits for you.")),
        },
        Err(AppError::Refused(_, why)) => Ok(SeeOther::to(format!("/reviews/{id}")).refused(why)),
        Err(error) => Err(error),
    }
}

/// `POST /reviews/{id}/return`
pub async fn send_back(
    app: Data<App>,
    id: PathId<noun::Review>,
    form: Submit<Supervise, VerdictForm>,
) -> AppResult<Answer<ReviewPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form);
    let seen = typed.version.parse().ok();
    let outcome = match Reason::parse(&typed.reason) {
        Ok(reason) => {
            app.db
                .write(actor.business_account, move |tx| {
                    commands::send_back(tx, &actor, id, &reason, seen)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("reason", sentence)),
    };
    match outcome {
        Ok(review) => {
            let to = SeeOther::to("/reviews").done("Returned: it is open again, with your reason.");
            Ok(Answer::Next(to.link(
                format!("/exceptions/{}", review.exception_id),
                "See the exception",
            )))
        }
        Err(error @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            let errors = FieldErrors::one("reason", error.sentence());
            let page = page(&app, &form.who.as_reader(), id, &typed.reason, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, error.code().status())))
        }
        Err(error) => Err(error),
    }
}
