//! Everybody who works exceptions, with whether they can take more now.

use chrono::NaiveDate;

use super::{absence, limit, teams::Team};
use crate::{
    db::AnyConnection,
    exceptions::queries::{self, Worker},
    kernel::{
        clock::{Ts, written_day},
        count::grouped,
        error::{AppError, AppResult},
        id::{BusinessAccountId, TeamMemberId},
    },
    members,
};

/// What is said when somebody is chosen who works no exceptions here.
pub const NO_WORKER: &str = "Choose somebody who works exceptions in this business account.";

/// Somebody who works exceptions.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Who.
    pub worker: Worker,
    /// How long they are away, when they are.
    pub away: Option<Away>,
    /// How many open exceptions they have at most.
    pub limit: Option<i64>,
    /// How many they have.
    pub open: i64,
}

/// That somebody is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// The last day.
    pub until: NaiveDate,
    /// Who stands in, by id and name.
    pub substitute: Option<(TeamMemberId, String)>,
}

impl Away {
    /// `away until 4 Dec 2026; Dana Hale stands in`
    pub fn words(&self) -> String {
        let until = written_day(self.until);
        match &self.substitute {
            Some((_, name)) => format!("away until {until}; {name} stands in"),
            None => format!("away until {until}"),
        }
    }
}

impl Hand {
    /// Whether they have as many as they may.
    pub fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.open >= limit)
    }

    /// Why they are given nothing more now; none when they are.
    pub fn closed(&self) -> Option<String> {
        if let Some(away) = &self.away {
            return Some(away.words());
        }
        self.is_full()
            .then(|| format!("{}, which is the limit", self.load()))
    }

    /// Refuses to give them anything more now.
    ///
    /// # Errors
    /// A sentence that names them: they are away, or have as many as they may.
    pub fn check(&self) -> Result<(), String> {
        let Some(why) = self.closed() else {
            return Ok(());
        };
        let verb = if self.away.is_some() { "is" } else { "has" };
        Err(format!("{} {verb} {why}.", self.worker.name()))
    }

    /// `7 open`, or `7 of 25 open` where there is a limit.
    pub fn load(&self) -> String {
        match self.limit {
            Some(limit) => format!("{} of {} open", grouped(self.open), grouped(limit)),
            None => format!("{} open", grouped(self.open)),
        }
    }
}

/// Everybody who works exceptions in the business account, by name, as of `now`.
pub fn hands(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<Vec<Hand>> {
    let today = members::queries::today(conn, account, now)?;
    let workers = queries::workers(conn, account)?;
    let absences = absence::on(conn, account, today)?;
    let limits = limit::all(conn, account)?;
    let loads = queries::loads(conn, account)?;
    let name_of = |id: TeamMemberId| workers.iter().find(|w| w.id == id).map(Worker::name);
    Ok(workers
        .iter()
        .map(|worker| Hand {
            away: absences.iter().find(|a| a.member_id == worker.id).map(|a| Away {
                until: a.until_day.0,
                substitute: a.substitute_id.and_then(|id| Some((id, name_of(id)?))),
            }),
            limit: limits.iter().find(|(m, _)| *m == worker.id).map(|(_, n)| *n),
            open: loads.iter().find(|(m, _)| *m == worker.id).map_or(0, |(_, n)| *n),
            worker: worker.clone(),
        })
        .collect())
}

/// One who works exceptions in the business account, as of `now`: what a command asks that gives to nobody else.
pub fn hand(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
    now: Ts,
) -> AppResult<Option<Hand>> {
    let Some(worker) = queries::worker(conn, account, member)? else {
        return Ok(None);
    };
    let today = members::queries::today(conn, account, now)?;
    let absences = absence::on(conn, account, today)?;
    let away = match absences.iter().find(|a| a.member_id == member) {
        Some(absence) => {
            let substitute = match absence.substitute_id {
                Some(id) => queries::worker(conn, account, id)?,
                None => None,
            };
            Some(Away {
                until: absence.until_day.0,
                substitute: substitute.map(|w| (w.id, w.name())),
            })
        }
        None => None,
    };
    Ok(Some(Hand {
        worker,
        away,
        limit: limit::of(conn, account, member)?,
        open: queries::count_mine(conn, account, member)?,
    }))
}

/// Refuses to give something to `to` who may not work here, is away, or has as many as they may.
///
/// # Errors
/// `Invalid`, of the field `assignee`.
pub fn check(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    to: TeamMemberId,
    now: Ts,
) -> AppResult<()> {
    let Some(hand) = hand(conn, account, to, now)? else {
        return Err(AppError::field("assignee", NO_WORKER));
    };
    hand.check().map_err(|why| AppError::field("assignee", why))
}

/// Of these people, the one to give the next to: here, with room, and the least to do; of equals the first by name.
pub fn least_loaded<'a>(hands: &'a [Hand], of: &[TeamMemberId]) -> Option<&'a Hand> {
    hands
        .iter()
        .filter(|h| of.contains(&h.worker.id) && h.closed().is_none())
        .min_by_key(|h| h.open)
}

/// Of a team, the one to give the next to.
///
/// # Errors
/// A sentence when nobody of it can take more.
pub fn of_team<'a>(hands: &'a [Hand], team: &Team) -> Result<&'a Hand, String> {
    least_loaded(hands, &team.members)
        .ok_or_else(|| format!("Nobody of “{}” can take more now.", team.row.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::permission::Role;

    fn hand(n: i64, open: i64, limit: Option<i64>) -> Hand {
        Hand {
            worker: Worker {
                id: TeamMemberId::generate(Ts::from_micros(n)),
                first_name: "Dana".into(),
                last_name: "Hale".into(),
                email: String::new(),
                role: Role::Clerk,
            },
            away: None,
            limit,
            open,
        }
    }

    #[test]
    fn the_least_loaded_is_here_and_has_room() {
        let mut hands = vec![
            hand(1, 3, None),
            hand(2, 1, Some(1)),
            hand(3, 0, None),
            hand(4, 2, None),
        ];
        hands[2].away = Some(Away {
            until: "2026-12-04".parse().unwrap(),
            substitute: None,
        });
        let all: Vec<TeamMemberId> = hands.iter().map(|h| h.worker.id).collect();
        let chosen = |of: &[TeamMemberId]| least_loaded(&hands, of).map(|h| h.open);
        assert_eq!(chosen(&all), Some(2));
        assert_eq!(chosen(&all[..3]), Some(3));
        assert_eq!(chosen(&all[1..3]), None);
    }

    #[test]
    fn why_somebody_gets_nothing_more_is_said() {
        let mut hand = hand(1, 25, Some(25));
        assert_eq!(hand.closed().unwrap(), "25 of 25 open, which is the limit");
        assert_eq!(
            hand.check().unwrap_err(),
            "Dana Hale has 25 of 25 open, which is the limit."
        );
        hand.open = 24;
        assert_eq!(hand.closed(), None);
        assert_eq!(hand.check(), Ok(()));
        hand.away = Some(Away {
            until: "2026-12-04".parse().unwrap(),
            substitute: Some((hand.worker.id, "Cleo Moss".into())),
        });
        assert_eq!(
            hand.closed().unwrap(),
            "away until 4 Dec 2026; Cleo Moss stands in"
        );
        assert_eq!(
            hand.check().unwrap_err(),
            "Dana Hale is away until 4 Dec 2026; Cleo Moss stands in."
        );
    }
}
