//! The calendar under the settings: the banks' holidays of a year, the team's days; and a change with what it moves.

use actix_web::web::Data;
use askama::Template;
use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    commands::{self, Edit},
    model::{Holiday, WEEK, Weekdays, WorkCalendar, day_name},
    queries::{self, Reckoning},
    reckoning::{self, Moves},
};
use crate::{
    ach,
    app::App,
    auth::{
        permission::{Administer, Read, Right},
        principal::May,
    },
    idempotency::{self, Claim, Outcome},
    kernel::{
        clock::written_day,
        count::grouped,
        error::{AppError, AppResult, FieldErrors},
        id::HolidayId,
        text::Title,
    },
    policies::{
        self,
        rules_form::{self, Form, value},
        sla::Sla,
        thresholds::Thresholds,
    },
    web::{
        form::{Query, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Notice, Tab, Tone},
    },
};

/// The page's address.
const HERE: &str = "/settings/calendar";

/// The years for which holidays are worked out.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2200;

/// Which year is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    year: String,
}

struct BankDay {
    day: String,
    weekday: &'static str,
    name: String,
    note: &'static str,
}

struct OwnDay {
    id: String,
    day: String,
    weekday: &'static str,
    name: String,
    yearly: bool,
}

struct WeekDay {
    value: u8,
    label: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "calendar/calendar.html")]
pub struct CalendarPage {
    shell: Shell,
    pages: Vec<Tab>,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    can_change: bool,
    /// How the SLA counts, in a sentence.
    sla: &'static str,
    version: i64,
    year: i32,
    former: Option<i32>,
    next: Option<i32>,
    banks: Vec<BankDay>,
    week: Vec<WeekDay>,
    words: String,
    keeps: bool,
    own: Vec<OwnDay>,
    weekday_field: Field,
    name_field: Field,
    day_field: Field,
    yearly: bool,
}

#[derive(Template)]
#[template(path = "calendar/confirm.html")]
pub struct ConfirmPage {
    shell: Shell,
    what: String,
    effect: String,
    kept: Vec<(String, String)>,
}

/// What the form's handler answers.
type Step = rules_form::Step<CalendarPage, ConfirmPage>;

/// Reads which change a form asks for.
///
/// # Errors
/// Every wrong field.
fn parse(form: &Form) -> Result<Edit, FieldErrors> {
    let mut errors = FieldErrors::default();
    let edit = match value(form, "act") {
        "days" => {
            let chosen = form.iter().filter(|(name, _)| name == "weekday[]");
            let days =
                chosen.filter_map(|(_, day)| day.parse::<u8>().ok().and_then(|n| Weekday::try_from(n).ok()));
            let days = errors.take("weekday", Weekdays::of(days));
            days.map(|days| Edit::Days(days, value(form, "keeps") == "1"))
        }
        "add" => {
            let name = errors.take("name", Title::parse(value(form, "name")));
            let day = errors.take("day", read_day(value(form, "day")));
            name.zip(day).map(|(name, day)| Edit::Add {
                name,
                day,
                is_yearly: value(form, "yearly") == "1",
            })
        }
        "remove" => errors
            .take(
                "",
                value(form, "holiday")
                    .parse::<HolidayId>()
                    .map_err(|_| "There is no such holiday.".into()),
            )
            .map(Edit::Remove),
        _ => {
            errors.add("", "Nothing was asked for.");
            None
        }
    };
    edit.ok_or(errors)
}

fn read_day(typed: &str) -> Result<NaiveDate, String> {
    typed
        .trim()
        .parse::<NaiveDate>()
        .ok()
        .filter(|day| YEARS.contains(&day.year()))
        .ok_or_else(|| "Give a day such as 2026-12-24.".into())
}

/// `GET /settings/calendar`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    asked: Query<Asked>,
    kept: Kept,
) -> AppResult<Page<CalendarPage>> {
    let typed = kept.form::<Form>().unwrap_or_default();
    let this_year = app.clock.now().day_in(Tz::America__New_York).year();
    let year = asked
        .0
        .year
        .parse()
        .ok()
        .filter(|y| YEARS.contains(y))
        .unwrap_or(this_year);
    page(&app, &who, year, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /settings/calendar`: a change, or first what it would move.
pub async fn submit(app: Data<App>, sent: Submit<Administer, Form>) -> AppResult<Step> {
    let Submit { who, form } = sent;
    let outcome = match parse(&form) {
        Ok(edit) => carry_out(&app, &who, edit, &form).await,
        Err(errors) => Err(errors.into()),
    };
    let error = match outcome {
        Ok(step) => return Ok(step),
        Err(error) => error,
    };
    let status = error.code().status();
    let errors = match error {
        AppError::Invalid(errors) => errors,
        AppError::Refused(_, why) => FieldErrors::one("", why),
        other => return Err(other),
    };
    let year = app.clock.now().day_in(Tz::America__New_York).year();
    let page = page(&app, &who.as_reader(), year, &form, &errors).await?;
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}

async fn carry_out(app: &App, who: &May<Administer>, edit: Edit, form: &Form) -> AppResult<Step> {
    let (account, now) = (who.account(), app.clock.now());
    let seen = value(form, "version").parse::<i64>().unwrap_or(-1);
    let claim = claim(who, form)?;
    let (asked, again) = (edit.clone(), claim.clone());
    let found = app
        .db
        .read_slow(move |conn| {
            if let Some(done) = idempotency::known(conn, again.as_ref())? {
                return Ok(Err(done));
            }
            let before = queries::of(conn, account)?;
            if before.version != seen {
                return Err(commands::stale());
            }
            let (after, what) = asked.apply(&before, HolidayId::generate(now))?;
            let thresholds: Thresholds = policies::rules::of(conn, account)?;
            if !thresholds.is_on_working_days() {
                return Ok(Ok((what, Moves::default())));
            }
            let zone = crate::members::queries::zone(conn, account)?;
            let of = |calendar: WorkCalendar| Sla::new(thresholds.clone(), calendar, zone);
            let moves = reckoning::moves(conn, account, now, (&of(before), &of(after)))?;
            Ok(Ok((what, moves)))
        })
        .await?;
    let (what, moves) = match found {
        Ok(found) => found,
        Err(done) => return Ok(next(done)),
    };
    if moves.moved > 0 && value(form, "step") != "do" {
        let kept = form
            .iter()
            .filter(|(name, _)| name != "csrf_token" && name != "step");
        return Ok(Step::Preview(Box::new(Page::ok(ConfirmPage {
            shell: who.shell(app, "Confirm the calendar", Section::People),
            what,
            effect: moves.words(),
            kept: kept.cloned().collect(),
        }))));
    }
    let (actor, n) = (who.actor(), moves.moved);
    let done = app
        .db
        .write(account, move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                commands::change(tx, &actor, &edit, seen)?;
                Ok(Outcome::new(303, None, saved(n).into()))
            })
        })
        .await?;
    app.jobs.wake();
    Ok(next(done))
}

/// The claim of the form: what it asks for, on which version, whether it is confirmed already or not.
fn claim(who: &May<Administer>, form: &Form) -> AppResult<Option<Claim>> {
    let content: Vec<&(String, String)> = form
        .iter()
        .filter(|(name, _)| !["csrf_token", "step", "idempotency_key"].contains(&name.as_str()))
        .collect();
    let key = value(form, "idempotency_key");
    Claim::of_page(&who.actor(), who.request().path(), key, &content)
}

const fn saved(moved: i64) -> &'static str {
    if moved > 0 {
        "The calendar is saved; due times are being worked out anew."
    } else {
        "The calendar is saved; no due time moves."
    }
}

fn next(done: Outcome) -> Step {
    Step::Next(SeeOther::to(HERE).done(done.body))
}

async fn page(
    app: &App,
    who: &May<Read>,
    year: i32,
    typed: &Form,
    errors: &FieldErrors,
) -> AppResult<CalendarPage> {
    let account = who.account();
    let (calendar, thresholds, last) = app
        .db
        .read(move |conn| {
            Ok((
                queries::of(conn, account)?,
                policies::rules::of::<Thresholds>(conn, account)?,
                queries::reckoning(conn, account)?,
            ))
        })
        .await?;
    let is_adding = value(typed, "act") == "add";
    let typed_of =
        |name: &'static str| Field::of(if is_adding { value(typed, name) } else { "" }, name, errors);
    Ok(CalendarPage {
        shell: who.shell(app, "Calendar", Section::People),
        pages: settings::pages(&who.who, HERE),
        notices: last.map(told).into_iter().collect(),
        problems: problems(errors),
        can_change: who.who.actor.may(Right::Administer),
        sla: if thresholds.is_on_working_days() {
            "The SLA counts the team's working days: on each of them all 24 hours, in the time zone of the business account."
        } else {
            "The SLA counts every hour, so a change of the team's days moves no due time; an administrator can let it \
             count working days only under Thresholds."
        },
        version: calendar.version,
        year,
        former: Some(year - 1).filter(|y| YEARS.contains(y)),
        next: Some(year + 1).filter(|y| YEARS.contains(y)),
        banks: banks(year),
        week: WEEK
            .into_iter()
            .zip(0..)
            .map(|(day, value)| WeekDay {
                value,
                label: day_name(day),
                chosen: calendar.weekdays.has(day),
            })
            .collect(),
        words: calendar.weekdays.words(),
        keeps: calendar.keeps_banking_holidays,
        own: calendar.holidays.iter().map(own).collect(),
        weekday_field: Field::of("", "weekday", errors),
        name_field: typed_of("name"),
        day_field: typed_of("day"),
        yearly: is_adding && value(typed, "yearly") == "1",
    })
}

/// How far the due times have come.
fn told(last: Reckoning) -> Notice {
    let (tone, icon, text) = match last.finished_at {
        Some(_) => (
            Tone::Grey,
            "circle-check",
            format!(
                "Due times were worked out anew, as {}: {} of {} open exceptions have another.",
                last.why,
                grouped(last.moved),
                grouped(last.looked)
            ),
        ),
        None => (
            Tone::Blue,
            "hourglass",
            format!(
                "Due times are being worked out anew, as {}: {} looked at, {} have another.",
                last.why,
                grouped(last.looked),
                grouped(last.moved)
            ),
        ),
    };
    Notice {
        tone,
        icon,
        text,
        link: None,
    }
}

fn banks(year: i32) -> Vec<BankDay> {
    ach::calendar::holidays_of(year)
        .into_iter()
        .map(|(day, name)| BankDay {
            day: written_day(day),
            weekday: day_name(day.weekday()),
            name: name.to_owned(),
            note: match (day.weekday(), ach::calendar::is_observed(day)) {
                (Weekday::Sat, _) => "Not moved: banks are open on the Friday before",
                (Weekday::Sun, _) => "Observed on the Monday after",
                (_, true) => "Observed, for the Sunday before",
                _ => "",
            },
        })
        .collect()
}

fn own(holiday: &Holiday) -> OwnDay {
    OwnDay {
        id: holiday.id.to_string(),
        day: written_day(holiday.day),
        weekday: day_name(holiday.day.weekday()),
        name: holiday.name.clone(),
        yearly: holiday.is_yearly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_form_asks_for_one_change_or_tells_every_wrong_field() {
        let days = form(&[
            ("act", "days"),
            ("weekday[]", "0"),
            ("weekday[]", "6"),
            ("keeps", "1"),
        ]);
        let weekdays = Weekdays::of([Weekday::Mon, Weekday::Sun]).unwrap();
        assert_eq!(parse(&days), Ok(Edit::Days(weekdays, true)));
        assert!(parse(&form(&[("act", "days"), ("weekday[]", "9")])).is_err());
        let wrong = parse(&form(&[("act", "add"), ("day", "soon")])).unwrap_err();
        assert!(wrong.of("name").is_some() && wrong.of("day").is_some());
        assert!(parse(&form(&[("act", "add"), ("name", "x"), ("day", "9999-01-01")])).is_err());
        assert!(parse(&form(&[("act", "remove"), ("holiday", "x")])).is_err());
        assert!(parse(&form(&[])).is_err());
    }
}
