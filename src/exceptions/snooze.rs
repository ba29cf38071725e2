//! Putting an exception aside until a time, with a reason; and bringing it back, by hand or when the time has come.

use actix_web::web::Data;
use askama::Template;
use chrono::{Days, NaiveDateTime, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    change::begin,
    claim::{VersionForm, by_button},
    conflict::{self, Seen},
    head::{ExceptionHead, head, titled},
    model::Act,
    queries,
    row::ExceptionRow,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Work, principal::May},
    db::Tx,
    history::EventKind,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, noun},
        text::Reason,
    },
    policies::{self, thresholds::Thresholds},
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

/// Puts an exception aside: out of every queue but its own tab, until the time has come.
///
/// # Errors
/// `Invalid` when the time is past or too far; what the lifecycle refuses; `Stale`.
pub fn snooze(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    until: Ts,
    reason: &Reason,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Snooze, seen)?;
    let thresholds: Thresholds = policies::rules::of(tx.conn, actor.business_account)?;
    policies::snooze::check(until, tx.now, thresholds.longest_snooze())
        .map_err(|why| AppError::field("until", why))?;
    let former = change.row.snoozed_until.map(Ts::rfc3339).unwrap_or_default();
    change.row.snoozed_until = Some(until);
    change.row.snooze_reason = Some(reason.as_str().to_owned());
    let row = change.store(tx, actor, "")?;
    let text = format!("snoozed it: {}", reason.as_str());
    let values = (former.as_str(), &*until.rfc3339());
    super::change::record(tx, actor, id, EventKind::Snooze, values, &text)?;
    Ok(row)
}

/// Brings an exception back before its time.
///
/// # Errors
/// What the lifecycle refuses; `Stale`.
pub fn wake(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, seen: Option<i64>) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Wake, seen)?;
    change.wake();
    change.store(tx, actor, "")
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SnoozeForm {
    /// One of the proposed times, or `AT`.
    length: String,
    until: String,
    reason: String,
    version: String,
    seen: String,
}

/// The times that are proposed, beside one of one's own.
const LENGTHS: [(&str, &str); 5] = [
    ("HOURS", "For four hours"),
    ("TOMORROW", "Until tomorrow, 09:00"),
    ("MONDAY", "Until Monday, 09:00"),
    ("WEEK", "For a week"),
    ("AT", "Until a time I give below"),
];

/// Reads until when, in the person's time zone. A time of one's own wins over the choice, which always has a value.
///
/// # Errors
/// A sentence for the field.
pub fn until(length: &str, typed: &str, now: Ts, zone: Tz) -> Result<Ts, String> {
    if !typed.trim().is_empty() {
        return own_time(typed.trim(), zone);
    }
    let morning = |days: u64| {
        let day = now
            .day_in(zone)
            .checked_add_days(Days::new(days))
            .unwrap_or_default();
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        local(day.and_time(nine), zone)
    };
    match length {
        "HOURS" => Ok(now.plus(std::time::Duration::from_hours(4))),
        "TOMORROW" => Ok(morning(1)),
        "MONDAY" => {
            let today = chrono::Datelike::weekday(&now.day_in(zone));
            Ok(morning(u64::from(7 - today.days_since(Weekday::Mon))))
        }
        "WEEK" => Ok(now.plus(std::time::Duration::from_hours(24 * 7))),
        _ => own_time("", zone),
    }
}

fn own_time(typed: &str, zone: Tz) -> Result<Ts, String> {
    typed
        .parse::<NaiveDateTime>()
        .or_else(|_| NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M"))
        .or_else(|_| NaiveDateTime::parse_from_str(typed, "%Y-%m-%d %H:%M"))
        .map(|at| local(at, zone))
        .map_err(|_| "Give a day and a time such as 2026-11-21 09:00.".into())
}

/// A local time; one inside a daylight-saving gap is taken as the hour after.
fn local(at: NaiveDateTime, zone: Tz) -> Ts {
    let found = zone.from_local_datetime(&at).earliest();
    let found = found.or_else(|| {
        zone.from_local_datetime(&(at + chrono::TimeDelta::hours(1)))
            .earliest()
    });
    Ts::from_micros(found.map_or_else(|| at.and_utc().timestamp_micros(), |at| at.timestamp_micros()))
}

/// The proposed times as a select, one of them chosen. On a Sunday tomorrow is the Monday.
pub fn lengths(chosen: &str, now: Ts, zone: Tz) -> Vec<Choice> {
    let chosen = if chosen.is_empty() { "TOMORROW" } else { chosen };
    let is_sunday = chrono::Datelike::weekday(&now.day_in(zone)) == Weekday::Sun;
    LENGTHS
        .iter()
        .filter(|(value, _)| *value != "MONDAY" || *value == chosen || !is_sunday)
        .map(|(value, label)| Choice {
            value: (*value).into(),
            label: (*label).into(),
            selected: *value == chosen,
        })
        .collect()
}

#[derive(Template)]
#[template(path = "exceptions/snooze.html")]
pub struct SnoozePage {
    shell: Shell,
    head: ExceptionHead,
    zone: &'static str,
    /// Until when it sleeps already.
    now: String,
    problems: Vec<Problem>,
    length: Field,
    lengths: Vec<Choice>,
    until: Field,
    reason: Field,
}

/// `GET /exceptions/{id}/snooze`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<SnoozePage>> {
    let typed = kept.form::<SnoozeForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &SnoozeForm,
    errors: &FieldErrors,
) -> AppResult<SnoozePage> {
    let account = who.account();
    let (row, holder) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            Ok((row, holder))
        })
        .await?;
    let holder = holder.as_ref().map(|(name, _)| name.as_str());
    row.standing().check(Act::Snooze, &who.who.actor, holder)?;
    Ok(SnoozePage {
        shell: who.shell(app, titled("Snooze", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        zone: who.own_zone().name(),
        now: row
            .snoozed_until
            .map(|at| at.written_in(who.own_zone()))
            .unwrap_or_default(),
        problems: problems(errors),
        length: Field::of(&typed.length, "length", errors),
        lengths: lengths(&typed.length, app.clock.now(), who.own_zone()),
        until: Field::of(&typed.until, "until", errors),
        reason: Field::of(&typed.reason, "reason", errors),
    })
}

/// `POST /exceptions/{id}/snooze`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, SnoozeForm>,
) -> AppResult<conflict::Outcome<SnoozePage>> {
    let (actor, id, typed, zone) = (form.who.actor(), id.0, form.form.clone(), form.who.own_zone());
    let seen = typed.version.parse().ok();
    let mut errors = FieldErrors::default();
    let until = errors.take("until", until(&typed.length, &typed.until, app.clock.now(), zone));
    let reason = errors.take("reason", Reason::parse(&typed.reason));
    let outcome = match (until, reason) {
        (Some(until), Some(reason)) => {
            app.db
                .write(actor.business_account, move |tx| {
                    snooze(tx, &actor, id, until, &reason, seen)
                })
                .await
        }
        _ => Err(errors.into()),
    };
    match outcome {
        Ok(row) => Ok(conflict::Outcome::Next(told(&row, zone))),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await;
            conflict::again(&app, &form.who, id, page, wish(typed)).await
        }
        Err(refusal) => conflict::page(&app, &form.who, id, refusal, wish(typed)).await,
    }
}

fn told(row: &ExceptionRow, zone: Tz) -> SeeOther {
    let until = row
        .snoozed_until
        .map(|at| at.written_in(zone))
        .unwrap_or_default();
    SeeOther::to(format!("/exceptions/{}", row.id)).done(format!("Snoozed until {until}."))
}

fn wish(typed: SnoozeForm) -> conflict::Wish {
    let until = match typed.until.trim() {
        "" => LENGTHS.iter().find(|(value, _)| *value == typed.length),
        _ => None,
    };
    let until = until.map_or_else(|| typed.until.replace('T', " "), |(_, label)| (*label).to_owned());
    conflict::Wish {
        action: "snooze",
        seen: Seen::read(&typed.seen),
        rest: vec![("Snooze", until)],
        comment: typed.reason.clone(),
        kept: vec![
            ("length", typed.length),
            ("until", typed.until),
            ("reason", typed.reason),
        ],
        ..conflict::Wish::default()
    }
}

/// `POST /exceptions/{id}/wake`
pub async fn end(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, VersionForm>,
) -> AppResult<SeeOther> {
    by_button(&app, id.0, form, wake, "It is back in the queue.").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_person() {
        let zone: Tz = "America/New_York".parse().unwrap();
        let now = Ts::from_micros(1_793_718_000_000_000); // Tuesday, 3 November 2026, 10:00 there
        let written = |length: &str, typed: &str| until(length, typed, now, zone).unwrap().written_in(zone);
        assert_eq!(written("TOMORROW", ""), "4 Nov 2026, 09:00");
        assert_eq!(written("MONDAY", ""), "9 Nov 2026, 09:00");
        assert_eq!(written("HOURS", ""), "3 Nov 2026, 14:00");
        assert_eq!(written("AT", "2026-11-05T08:30"), "5 Nov 2026, 08:30");
        // The night on which the hour from 2 to 3 is missing.
        assert_eq!(written("AT", "2027-03-14T02:30"), "14 Mar 2027, 03:30");
        // A time of one's own wins, and a wrong one is not passed over.
        assert_eq!(written("TOMORROW", "2026-12-05 10:00"), "5 Dec 2026, 10:00");
        for (length, typed) in [
            ("AT", "soon"),
            ("AT", ""),
            ("TOMORROW", "2099"),
            ("WEEK", "2020-01-01"),
        ] {
            assert!(until(length, typed, now, zone).is_err(), "{length} {typed}");
        }
    }
}
