//! Days on which somebody is away, and who stands in. What they have stays theirs; whoever stands in may take it over,
//! and is told of what falls due.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use serde::Deserialize;

use super::hands::NO_WORKER;
use crate::{
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, schema::absences, types::Day},
    exceptions::queries::{self as exceptions, Worker},
    history::{self, EntityType, EventKind, Happening},
    kernel::clock::Ts,
    kernel::{
        clock::written_day,
        error::{AppError, AppResult, FieldErrors},
        id::{AbsenceId, BusinessAccountId, TeamMemberId},
        text::Title,
    },
    members, on_backend,
};

/// The longest absence, in days: whoever is away for longer is given no access meanwhile.
pub const LONGEST: i64 = 366;

/// One row of `absences`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = absences)]
pub struct AbsenceRow {
    pub id: AbsenceId,
    pub business_account_id: BusinessAccountId,
    pub member_id: TeamMemberId,
    /// The first day away, a day of the business account.
    pub from_day: Day,
    /// The last day away.
    pub until_day: Day,
    pub substitute_id: Option<TeamMemberId>,
    pub note: String,
    pub created_at: Ts,
}

impl AbsenceRow {
    /// From when until when, in words.
    pub fn days(&self) -> String {
        if self.from_day == self.until_day {
            return format!("on {}", written_day(self.from_day.0));
        }
        format!(
            "from {} to {}",
            written_day(self.from_day.0),
            written_day(self.until_day.0)
        )
    }

    fn covers(&self, day: NaiveDate) -> bool {
        self.from_day.0 <= day && day <= self.until_day.0
    }

    fn meets(&self, new: &NewAbsence) -> bool {
        self.from_day.0 <= new.until && new.from <= self.until_day.0
    }
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AbsenceForm {
    pub from: String,
    pub until: String,
    pub substitute: String,
    pub note: String,
    /// Of the page: what is sent twice is added once.
    pub idempotency_key: String,
}

/// An absence to be told of.
#[derive(Clone, Debug)]
pub struct NewAbsence {
    /// The first day away.
    pub from: NaiveDate,
    /// The last day away.
    pub until: NaiveDate,
    /// Who stands in.
    pub substitute: Option<TeamMemberId>,
    /// What others should know.
    pub note: String,
}

impl AbsenceForm {
    /// Reads what was typed.
    ///
    /// # Errors
    /// A sentence for each field.
    pub fn parse(&self) -> Result<NewAbsence, FieldErrors> {
        let mut errors = FieldErrors::default();
        let day = |text: &str| {
            text.trim()
                .parse::<NaiveDate>()
                .map_err(|_| "Give a day such as 2026-11-21.".to_owned())
        };
        let from = errors.take("from", day(&self.from));
        let until = errors.take("until", day(&self.until));
        let substitute = match self.substitute.trim() {
            "" => Some(None),
            id => errors.take(
                "substitute",
                id.parse().map(Some).map_err(|_| NO_WORKER.to_owned()),
            ),
        };
        let note = match self.note.trim() {
            "" => Some(String::new()),
            text => errors
                .take(
                    "note",
                    Title::parse(text).map_err(|e| e.replacen("A name", "A note", 1)),
                )
                .map(|note| note.as_str().to_owned()),
        };
        match (from, until, substitute, note) {
            (Some(from), Some(until), Some(substitute), Some(note)) if errors.is_empty() => Ok(NewAbsence {
                from,
                until,
                substitute,
                note,
            }),
            _ => Err(errors),
        }
    }
}

/// Refuses who may not say when `member` is away: people say it of themselves, supervisors of everybody.
pub fn may_tell(actor: &Actor, member: TeamMemberId) -> AppResult<()> {
    actor.require(Right::Work)?;
    if actor.member() == Some(member) {
        return Ok(());
    }
    actor.require(Right::Supervise)
}

/// Says when somebody is away.
///
/// # Errors
/// `Forbidden`; `NotFound` for who does not work exceptions here; every wrong field at once.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, member: TeamMemberId, new: &NewAbsence) -> AppResult<AbsenceRow> {
    may_tell(actor, member)?;
    let account = actor.business_account;
    let workers = exceptions::workers(tx.conn, account)?;
    let whose = workers
        .iter()
        .find(|w| w.id == member)
        .ok_or(AppError::NotFound)?;
    let today = members::queries::today(tx.conn, account, tx.now)?;
    let known = from(tx.conn, account, today)?;
    check(new, whose, &workers, &known, today)?;
    let row = AbsenceRow {
        id: AbsenceId::generate(tx.now),
        business_account_id: account,
        member_id: member,
        from_day: Day(new.from),
        until_day: Day(new.until),
        substitute_id: new.substitute,
        note: new.note.clone(),
        created_at: tx.now,
    };
    diesel::insert_into(absences::table)
        .values(&row)
        .execute(tx.conn)?;
    let substitute = workers.iter().find(|w| Some(w.id) == new.substitute);
    let stands_in = substitute.map_or_else(
        || "nobody stands in".to_owned(),
        |w| format!("{} stands in", w.name()),
    );
    let text = format!("{} is away {}; {stands_in}", whose.name(), row.days());
    record(tx, actor, member, ("", &row.days()), &text)?;
    Ok(row)
}

fn check(
    new: &NewAbsence,
    whose: &Worker,
    workers: &[Worker],
    known: &[AbsenceRow],
    today: NaiveDate,
) -> AppResult<()> {
    let mut errors = FieldErrors::default();
    if new.until < new.from {
        errors.add("until", "The last day is before the first.");
    } else if new.until < today {
        errors.add("until", "These days are over.");
    } else if (new.until - new.from).num_days() >= LONGEST {
        errors.add("until", "An absence is a year at most.");
    }
    if let Some(other) = known.iter().find(|a| a.member_id == whose.id && a.meets(new)) {
        errors.add(
            "from",
            format!("{} is away {} already.", whose.name(), other.days()),
        );
    }
    if let Some(substitute) = new.substitute {
        match workers.iter().find(|w| w.id == substitute) {
            None => errors.add("substitute", NO_WORKER),
            Some(_) if substitute == whose.id => {
                errors.add("substitute", "Somebody else stands in, or nobody.");
            }
            Some(worker) => {
                if let Some(other) = known.iter().find(|a| a.member_id == substitute && a.meets(new)) {
                    errors.add(
                        "substitute",
                        format!("{} is away {}.", worker.name(), other.days()),
                    );
                }
            }
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

/// Ends an absence: one that has begun with yesterday, one that has not is taken away.
///
/// # Errors
/// `NotFound`; `Forbidden`.
pub fn end(tx: &mut Tx<'_>, actor: &Actor, id: AbsenceId) -> AppResult<AbsenceRow> {
    let row: AbsenceRow = absences::table
        .find(id)
        .filter(absences::business_account_id.eq(actor.business_account))
        .select(AbsenceRow::as_select())
        .first(tx.conn)
        .optional()?
        .ok_or(AppError::NotFound)?;
    may_tell(actor, row.member_id)?;
    let today = members::queries::today(tx.conn, actor.business_account, tx.now)?;
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    if row.until_day.0 < today {
        return Ok(row);
    }
    if row.from_day.0 < today {
        diesel::update(absences::table.find(id))
            .set(absences::until_day.eq(Day(yesterday)))
            .execute(tx.conn)?;
    } else {
        diesel::delete(absences::table.find(id)).execute(tx.conn)?;
    }
    let (name, _) = exceptions::person(tx.conn, row.member_id)?;
    let text = format!("{name} is here, and not away {}", row.days());
    record(tx, actor, row.member_id, (&row.days(), ""), &text)?;
    Ok(row)
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    member: TeamMemberId,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::TeamMember,
        entity_id: member.uuid(),
        kind: EventKind::Edit,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}

/// The absences that are not over on `day`, the soonest first.
pub fn from(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    day: NaiveDate,
) -> AppResult<Vec<AbsenceRow>> {
    Ok(on_backend!(conn, |conn| {
        absences::table
            .filter(absences::business_account_id.eq(account))
            .filter(absences::until_day.ge(Day(day)))
            .order((absences::from_day, absences::id))
            .select(AbsenceRow::as_select())
            .load(conn)
    })?)
}

/// Who is away on `day`.
pub fn on(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    day: NaiveDate,
) -> AppResult<Vec<AbsenceRow>> {
    let mut found = from(conn, account, day)?;
    found.retain(|a| a.covers(day));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::permission::Role;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn worker(n: i64, first_name: &str) -> Worker {
        Worker {
            id: TeamMemberId::generate(Ts::from_micros(n)),
            first_name: first_name.into(),
            last_name: "Hale".into(),
            email: String::new(),
            role: Role::Clerk,
        }
    }

    fn away(worker: &Worker, from: &str, until: &str) -> AbsenceRow {
        AbsenceRow {
            id: AbsenceId::generate(Ts::default()),
            business_account_id: BusinessAccountId::from_uuid(uuid::Uuid::nil()),
            member_id: worker.id,
            from_day: Day(day(from)),
            until_day: Day(day(until)),
            substitute_id: None,
            note: String::new(),
            created_at: Ts::default(),
        }
    }

    #[test]
    fn days_that_cannot_be_are_refused_with_the_field() {
        let (dana, cleo) = (worker(1, "Dana"), worker(2, "Cleo"));
        let workers = [dana.clone(), cleo.clone()];
        let known = [
            away(&dana, "2026-12-01", "2026-12-04"),
            away(&cleo, "2026-12-10", "2026-12-11"),
        ];
        let refused = |from: &str, until: &str, substitute: Option<TeamMemberId>| {
            let new = NewAbsence {
                from: day(from),
                until: day(until),
                substitute,
                note: String::new(),
            };
            match check(&new, &dana, &workers, &known, day("2026-11-21")) {
                Ok(()) => String::new(),
                Err(AppError::Invalid(errors)) => errors
                    .iter()
                    .map(|e| format!("{}: {}", e.field, e.sentence))
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(refused("2026-12-07", "2026-12-09", Some(cleo.id)), "");
        assert_eq!(
            refused("2026-12-09", "2026-12-07", None),
            "until: The last day is before the first."
        );
        assert_eq!(
            refused("2026-11-02", "2026-11-20", None),
            "until: These days are over."
        );
        assert_eq!(
            refused("2027-01-01", "2028-01-03", None),
            "until: An absence is a year at most."
        );
        assert_eq!(
            refused("2026-12-04", "2026-12-07", None),
            "from: Dana Hale is away from 1 Dec 2026 to 4 Dec 2026 already."
        );
        assert_eq!(
            refused("2026-12-07", "2026-12-10", Some(cleo.id)),
            "substitute: Cleo Hale is away from 10 Dec 2026 to 11 Dec 2026."
        );
        assert_eq!(
            refused("2026-12-07", "2026-12-07", Some(dana.id)),
            "substitute: Somebody else stands in, or nobody."
        );
        assert_eq!(
            refused("2026-12-07", "2026-12-07", Some(worker(3, "Eve").id)),
            format!("substitute: {NO_WORKER}")
        );
    }
}
