//! What counts in which rate, and how much room is left under its level.

use chrono::NaiveDate;

use crate::{
    ach::{
        calendar::add_calendar_days,
        codes::{Kind, RateBucket, return_code_or_unknown},
    },
    spelled,
};

/// How far back entries are counted (ach-codes.md section 11): 60 days, today among them.
pub const WINDOW: u16 = 60;

spelled! {
    /// A return rate (ach-codes.md section 11).
    pub enum Rate {
        /// R05, R07, R10, R11, R29, R51: the threshold of the rules, 0.5 %.
        Unauthorized = "UNAUTHORIZED",
        /// R02, R03, R04: the level that opens an inquiry, 3 %.
        Administrative = "ADMINISTRATIVE",
        /// All returns: the level that opens an inquiry, 15 %.
        Overall = "OVERALL",
    }
}

impl Rate {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::Administrative => "Administrative",
            Self::Overall => "Overall",
        }
    }

    /// The level, in hundredths of a percent.
    pub const fn level(self) -> i64 {
        match self {
            Self::Unauthorized => 50,
            Self::Administrative => 300,
            Self::Overall => 1_500,
        }
    }

    /// What the level is.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Unauthorized => "threshold of the rules; each return also costs our bank's fee",
            Self::Administrative => "level that opens an inquiry: closed, unknown or wrong accounts",
            Self::Overall => "level that opens an inquiry: returns for any reason",
        }
    }

    /// Whether a return with `code` counts. A dishonored or contested return is a word about a return, not another one.
    pub fn counts(self, code: &str) -> bool {
        let row = return_code_or_unknown(code);
        let is_a_return = !matches!(row.kind, Kind::Dishonored | Kind::Contested | Kind::Corrected);
        is_a_return
            && match self {
                Self::Unauthorized => row.rate_bucket == RateBucket::Unauthorized,
                Self::Administrative => row.rate_bucket == RateBucket::Administrative,
                Self::Overall => true,
            }
    }

    /// The narrowest rate that a return with `code` counts in, beside the overall one.
    pub fn of(code: &str) -> Option<Self> {
        [Self::Unauthorized, Self::Administrative]
            .into_iter()
            .find(|rate| rate.counts(code))
    }
}

/// The first day that counts when the last is `today`.
pub fn first_day(today: NaiveDate) -> NaiveDate {
    today - chrono::Days::new(u64::from(WINDOW) - 1)
}

/// Where one company stands with one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which rate.
    pub rate: Rate,
    /// Debits that came back.
    pub returned: i64,
    /// Debits that were sent.
    pub sent: i64,
    /// The day of the oldest debit that counts as returned.
    pub oldest: Option<NaiveDate>,
}

/// How much room there is under a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Nothing was sent, so there is no rate.
    Nothing,
    /// So many more returns fit.
    Fits(i64),
    /// The next return goes above it.
    None,
    /// So many returns are too many.
    Above(i64),
}

impl Room {
    /// As a page writes it: `4 more fit`.
    pub fn words(self) -> String {
        match self {
            Self::Nothing => "Nothing sent".into(),
            Self::Fits(1) => "1 more fits".into(),
            Self::Fits(n) => format!("{n} more fit"),
            Self::None => "None fits".into(),
            Self::Above(n) => format!("{n} too many"),
        }
    }
}

impl Standing {
    /// The rate in hundredths of a percent, rounded up: what is shown is never better than what is.
    pub fn hundredths(&self) -> Option<i64> {
        (self.sent > 0).then(|| (self.returned.saturating_mul(10_000) + self.sent - 1) / self.sent)
    }

    /// `0.42 %`; a dash when nothing was sent.
    pub fn percent(&self) -> String {
        self.hundredths().map_or_else(|| "–".into(), written)
    }

    /// The most returns that stay at or under the level, less those there are. What is sent meanwhile makes more room.
    pub fn room(&self) -> Room {
        if self.sent == 0 {
            return Room::Nothing;
        }
        let most = self.sent.saturating_mul(self.rate.level()) / 10_000;
        match most - self.returned {
            0 => Room::None,
            n if n > 0 => Room::Fits(n),
            n => Room::Above(-n),
        }
    }

    /// The day on which the oldest return counts no more.
    pub fn next_leaves(&self) -> Option<NaiveDate> {
        self.oldest.map(|day| add_calendar_days(day, WINDOW))
    }
}

/// `0.50 %` of hundredths of a percent.
pub fn written(hundredths: i64) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::codes::return_codes;

    fn standing(rate: Rate, returned: i64, sent: i64) -> Standing {
        Standing {
            rate,
            returned,
            sent,
            oldest: Some("2026-09-05".parse().unwrap()),
        }
    }

    /// The table of ach-codes.md section 11.
    #[test]
    fn each_rate_counts_its_codes() {
        let of = |rate: Rate| -> Vec<String> {
            let all = return_codes().map(|row| row.code.clone());
            all.filter(|code| rate.counts(code)).collect()
        };
        assert_eq!(of(Rate::Unauthorized), ["R05", "R07", "R10", "R11", "R29", "R51"]);
        assert_eq!(of(Rate::Administrative), ["R02", "R03", "R04"]);
        let overall = of(Rate::Overall);
        assert!(overall.contains(&"R01".to_owned()) && overall.contains(&"R85".to_owned()));
        for word in ["R61", "R67", "R70", "R71", "R77"] {
            assert!(
                !overall.contains(&word.to_owned()),
                "{word} is no return of a debit"
            );
        }
        assert!(Rate::Overall.counts("R99"), "an unknown code is a return");
        assert_eq!(
            (Rate::of("R10"), Rate::of("R03"), Rate::of("R01")),
            (Some(Rate::Unauthorized), Some(Rate::Administrative), None)
        );
    }

    /// 0.5 %, 3 % and 15 %: at the level is inside, one more is above.
    #[test]
    fn the_room_under_each_level() {
        let cases = [
            (Rate::Unauthorized, 1, 1_000, Room::Fits(4)),
            (Rate::Unauthorized, 5, 1_000, Room::None),
            (Rate::Unauthorized, 6, 1_000, Room::Above(1)),
            (Rate::Unauthorized, 0, 199, Room::None),
            (Rate::Unauthorized, 0, 200, Room::Fits(1)),
            (Rate::Unauthorized, 1, 100, Room::Above(1)),
            (Rate::Administrative, 29, 1_000, Room::Fits(1)),
            (Rate::Administrative, 30, 1_000, Room::None),
            (Rate::Overall, 150, 1_000, Room::None),
            (Rate::Overall, 3, 0, Room::Nothing),
        ];
        for (rate, returned, sent, room) in cases {
            assert_eq!(
                standing(rate, returned, sent).room(),
                room,
                "{rate} {returned} of {sent}"
            );
        }
    }

    #[test]
    fn a_rate_is_rounded_up_and_its_oldest_return_leaves_after_sixty_days() {
        assert_eq!(standing(Rate::Unauthorized, 1, 1_000).percent(), "0.10 %");
        assert_eq!(standing(Rate::Unauthorized, 501, 100_000).percent(), "0.51 %");
        assert_eq!(standing(Rate::Overall, 1, 0).percent(), "–");
        assert_eq!(written(1_500), "15.00 %");
        let today: NaiveDate = "2026-11-03".parse().unwrap();
        let first = first_day(today);
        assert_eq!(first, "2026-09-05".parse().unwrap());
        // Counted on the last day of its window, gone on the next.
        let leaves = standing(Rate::Overall, 1, 10).next_leaves().unwrap();
        assert_eq!(leaves, "2026-11-04".parse().unwrap());
        assert!(first_day(leaves) > first);
    }
}
