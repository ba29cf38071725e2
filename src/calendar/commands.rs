//! Changing the team's calendar.

use super::{
    model::{Holiday, Weekdays, WorkCalendar},
    queries, reckoning,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::written_day,
        error::{AppError, AppResult, Code},
        id::HolidayId,
        text::Title,
    },
    policies::{self, thresholds::Thresholds},
};

/// The most holidays of its own that a team has: a hundred years of them are not typed by hand.
pub const MOST: usize = 200;

/// A change of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Other days of the week, with or without the banks' holidays.
    Days(Weekdays, bool),
    /// A holiday more.
    Add {
        /// Its name.
        name: Title,
        /// When it is; the first time, when it is yearly.
        day: chrono::NaiveDate,
        /// Each year.
        is_yearly: bool,
    },
    /// A holiday less.
    Remove(HolidayId),
}

impl Edit {
    /// The calendar as it would be, and what was done in words. `new` is the id of a new holiday.
    ///
    /// # Errors
    /// `NotFound`; a wrong field; `RULE_REFUSES` when nothing would change.
    pub fn apply(&self, before: &WorkCalendar, new: HolidayId) -> AppResult<(WorkCalendar, String)> {
        let mut after = before.clone();
        after.version += 1;
        let text = match self {
            Self::Days(weekdays, keeps) => {
                (after.weekdays, after.keeps_banking_holidays) = (*weekdays, *keeps);
                if (before.weekdays, before.keeps_banking_holidays) == (*weekdays, *keeps) {
                    return Err(AppError::refused(Code::RuleRefuses, "Nothing would change."));
                }
                format!(
                    "set the team's working days: {}, {} banking holidays",
                    weekdays.words(),
                    if *keeps { "without" } else { "also on" }
                )
            }
            Self::Add { name, day, is_yearly } => {
                if before.holidays.len() >= MOST {
                    let why = format!("There are {MOST} holidays already: remove one first.");
                    return Err(AppError::refused(Code::RuleRefuses, why));
                }
                if let Some(other) = before.holidays.iter().find(|h| h.is_on(*day)) {
                    let why = format!("{} is on this day already.", other.name);
                    return Err(AppError::field("day", why));
                }
                after.holidays.push(Holiday {
                    id: new,
                    name: name.as_str().to_owned(),
                    day: *day,
                    is_yearly: *is_yearly,
                });
                after.holidays.sort_by_key(|h| (h.day, h.id));
                format!("added the holiday {}", words(name.as_str(), *day, *is_yearly))
            }
            Self::Remove(id) => {
                let gone = before
                    .holidays
                    .iter()
                    .find(|h| h.id == *id)
                    .ok_or(AppError::NotFound)?;
                after.holidays.retain(|h| h.id != *id);
                format!(
                    "removed the holiday {}",
                    words(&gone.name, gone.day, gone.is_yearly)
                )
            }
        };
        Ok((after, text))
    }
}

fn words(name: &str, day: chrono::NaiveDate, is_yearly: bool) -> String {
    let each_year = if is_yearly { ", each year" } else { "" };
    format!("“{name}” on {}{each_year}", written_day(day))
}

/// Changes the team's calendar; what is open is due anew where the SLA counts working days. `seen` is the version that
/// the change was made on.
///
/// # Errors
/// `Forbidden`; `Stale`; what [`Edit::apply`] refuses.
pub fn change(tx: &mut Tx<'_>, actor: &Actor, edit: &Edit, seen: i64) -> AppResult<WorkCalendar> {
    actor.require(Right::Administer)?;
    let account = actor.business_account;
    let before = queries::of(tx.conn, account)?;
    if before.version != seen {
        return Err(stale());
    }
    let new = HolidayId::generate(tx.now);
    let (after, text) = edit.apply(&before, new)?;
    queries::save(tx.conn, account, &after)?;
    match edit {
        Edit::Days(..) => {}
        Edit::Add { .. } => {
            if let Some(holiday) = after.holidays.iter().find(|h| h.id == new) {
                queries::insert_holiday(tx.conn, account, holiday, tx.now)?;
            }
        }
        Edit::Remove(id) => queries::delete_holiday(tx.conn, account, *id)?,
    }
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: account.uuid(),
        kind: EventKind::Edit,
        previous: &format!("calendar {}", before.version),
        new: &format!("calendar {}", after.version),
        description: &text,
    };
    history::record(tx, actor, &happening)?;
    let thresholds: Thresholds = policies::rules::of(tx.conn, account)?;
    if thresholds.is_on_working_days() {
        reckoning::ask(tx, account, "the calendar was changed")?;
    }
    Ok(after)
}

/// The refusal of a change that was made on another version.
pub fn stale() -> AppError {
    AppError::refused(
        Code::Stale,
        "Somebody changed the calendar meanwhile. Look at it again.",
    )
}
