//! The SQL of calendars and of what is worked out anew when they change.

use diesel::prelude::*;

use super::model::{Holiday, Weekdays, WorkCalendar};
use crate::{
    db::{
        AnyConnection,
        schema::{due_reckonings, work_calendars, work_holidays},
        types::Day,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ExceptionId, HolidayId},
    },
};

/// One row of `work_holidays`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = work_holidays)]
pub(super) struct HolidayRow {
    pub id: HolidayId,
    pub business_account_id: BusinessAccountId,
    pub name: String,
    pub day: Day,
    pub is_yearly: bool,
    pub created_at: Ts,
}

impl From<HolidayRow> for Holiday {
    fn from(row: HolidayRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            day: row.day.0,
            is_yearly: row.is_yearly,
        }
    }
}

/// The team's calendar: the one it begins with when nobody has changed it.
pub fn of(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<WorkCalendar> {
    let stored: Option<(i64, bool, i64)> = work_calendars::table
        .find(account)
        .select((
            work_calendars::weekdays,
            work_calendars::keeps_banking_holidays,
            work_calendars::version,
        ))
        .first(conn)
        .optional()?;
    let Some((bits, keeps_banking_holidays, version)) = stored else {
        return Ok(WorkCalendar::first());
    };
    let holidays: Vec<HolidayRow> = work_holidays::table
        .filter(work_holidays::business_account_id.eq(account))
        .order((work_holidays::day, work_holidays::id))
        .select(HolidayRow::as_select())
        .load(conn)?;
    let weekdays = u8::try_from(bits).ok().and_then(Weekdays::from_bits);
    Ok(WorkCalendar {
        weekdays: weekdays.ok_or_else(|| AppError::Internal(format!("weekdays {bits} of a calendar")))?,
        keeps_banking_holidays,
        holidays: holidays.into_iter().map(Holiday::from).collect(),
        version,
    })
}

/// Stores the days of the week and the version.
pub(super) fn save(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    calendar: &WorkCalendar,
) -> AppResult<()> {
    let values = (
        work_calendars::weekdays.eq(i64::from(calendar.weekdays.bits())),
        work_calendars::keeps_banking_holidays.eq(calendar.keeps_banking_holidays),
        work_calendars::version.eq(calendar.version),
    );
    let changed = diesel::update(work_calendars::table.find(account))
        .set(values)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(work_calendars::table)
            .values((work_calendars::business_account_id.eq(account), values))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn insert_holiday(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    holiday: &Holiday,
    now: Ts,
) -> AppResult<()> {
    diesel::insert_into(work_holidays::table)
        .values(&HolidayRow {
            id: holiday.id,
            business_account_id: account,
            name: holiday.name.clone(),
            day: Day(holiday.day),
            is_yearly: holiday.is_yearly,
            created_at: now,
        })
        .execute(conn)?;
    Ok(())
}

pub(super) fn delete_holiday(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: HolidayId,
) -> AppResult<()> {
    let stored = work_holidays::table
        .find(id)
        .filter(work_holidays::business_account_id.eq(account));
    diesel::delete(stored).execute(conn)?;
    Ok(())
}

/// Due times that are worked out anew: one row of `due_reckonings`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = due_reckonings, treat_none_as_null = true)]
pub struct Reckoning {
    pub business_account_id: BusinessAccountId,
    /// What was changed, in words.
    pub why: String,
    /// The exception it has come to: when that was raised, and which it is.
    pub after_created: Ts,
    pub after_id: ExceptionId,
    pub looked: i64,
    pub moved: i64,
    pub asked_at: Ts,
    pub finished_at: Option<Ts>,
}

/// The latest of a business account.
pub fn reckoning(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Option<Reckoning>> {
    Ok(due_reckonings::table
        .find(account)
        .select(Reckoning::as_select())
        .first(conn)
        .optional()?)
}

/// Whose are not finished.
pub(super) fn unfinished(conn: &mut AnyConnection) -> AppResult<Vec<BusinessAccountId>> {
    Ok(due_reckonings::table
        .filter(due_reckonings::finished_at.is_null())
        .select(due_reckonings::business_account_id)
        .load(conn)?)
}

pub(super) fn store_reckoning(conn: &mut AnyConnection, reckoning: &Reckoning) -> AppResult<()> {
    let changed = diesel::update(due_reckonings::table.find(reckoning.business_account_id))
        .set(reckoning)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(due_reckonings::table)
            .values(reckoning)
            .execute(conn)?;
    }
    Ok(())
}
