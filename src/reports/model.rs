//! What a report knows, before it is written.

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::period::Period;
use crate::{
    exceptions::{model::Kind, queries::TabCounts},
    kernel::{count::grouped, id::TeamMemberId},
    rates::queries::Company,
};

/// What came and what was closed in some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Raised in them.
    pub arrived: i64,
    /// Resolved in them, and resolved still.
    pub resolved: i64,
    /// Of those, by their due time.
    pub in_time: i64,
}

impl Flow {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            arrived: self.arrived + other.arrived,
            resolved: self.resolved + other.resolved,
            in_time: self.in_time + other.in_time,
        }
    }

    /// The share that was resolved in time, in tenths of a percent, rounded down: only all of them are 100 %.
    pub fn kept(&self) -> Option<i64> {
        (self.resolved > 0).then(|| self.in_time * 1_000 / self.resolved)
    }
}

/// How old what is open is, by the days since it was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// In words.
    pub label: &'static str,
    /// The first day of those on which these were raised; none: any before.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: NaiveDate,
    /// How many.
    pub n: i64,
}

/// The ages, the youngest first: their words, and how many days old the oldest of them is.
const AGES: [(&str, u64); 7] = [
    ("Today", 0),
    ("1 day", 1),
    ("2–3 days", 3),
    ("4–7 days", 7),
    ("8–14 days", 14),
    ("15–30 days", 30),
    ("Over 30 days", u64::MAX),
];

/// The ages as of `today`, with nothing in them yet.
pub fn ages(today: NaiveDate) -> Vec<Age> {
    let mut to = today;
    AGES.iter()
        .map(|(label, oldest)| {
            let from = (*oldest < u64::MAX).then(|| today - Days::new(*oldest));
            let age = Age {
                label,
                from,
                to,
                n: 0,
            };
            to = from.map_or(to, |from| from - Days::new(1));
            age
        })
        .collect()
}

/// What one person has and did; nobody's without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub member: Option<TeamMemberId>,
    pub name: String,
    /// Open now and not put aside.
    pub open: i64,
    /// Resolved in the days, of what they held.
    pub resolved: i64,
}

/// What was raised, by its code; the last one may be all the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByCode {
    /// One, or several that are told together.
    pub codes: Vec<String>,
    pub n: i64,
}

/// All that a report knows.
#[derive(Clone, Debug)]
pub struct Report {
    pub period: Period,
    pub today: NaiveDate,
    pub counts: TabCounts,
    /// Counted up to a bound, as the queue counts it.
    pub due_today: i64,
    pub resolved_today: i64,
    /// Counted up to a bound, as the list of reviews counts it.
    pub to_review: i64,
    /// Days, or weeks where there are too many.
    pub steps: Vec<(Period, Flow)>,
    pub weeks: Vec<(Period, Flow)>,
    pub total: Flow,
    /// Half of what was resolved took at most so many minutes from being raised: to the unit that is written.
    pub median: Option<i64>,
    pub ages: Vec<Age>,
    pub kinds: Vec<(Kind, i64)>,
    pub codes: Vec<ByCode>,
    /// The most first; none for who may not supervise.
    pub people: Option<Vec<Share>>,
    pub companies: Arc<Vec<Company>>,
    /// The banks' day: return rates are counted to it.
    pub bank_day: NaiveDate,
}

impl Report {
    /// Whether there was ever anything.
    pub const fn is_empty(&self) -> bool {
        self.counts.open + self.counts.snoozed + self.counts.resolved == 0
    }
}

/// The minutes since an exception was raised, to the unit in which they are told: what the triggers do, in Rust.
pub const fn told_minutes(minutes: i64) -> i64 {
    match minutes {
        ..0 => 0,
        0..60 => minutes,
        60..1_440 => minutes / 10 * 10,
        1_440..43_200 => minutes / 60 * 60,
        _ => minutes / 1_440 * 1_440,
    }
}

/// `38 min`, `5 h 10 min`, `3 d 4 h`, `45 d`.
pub fn written_minutes(minutes: i64) -> String {
    let two = |n: i64, unit: &str, rest: i64, small: &str| match rest {
        0 => format!("{n} {unit}"),
        rest => format!("{n} {unit} {rest} {small}"),
    };
    match minutes {
        ..60 => format!("{minutes} min"),
        60..1_440 => two(minutes / 60, "h", minutes % 60, "min"),
        1_440..43_200 => two(minutes / 1_440, "d", minutes % 1_440 / 60, "h"),
        _ => format!("{} d", grouped(minutes / 1_440)),
    }
}

/// `93.5 %` of tenths of a percent.
pub fn written_share(tenths: i64) -> String {
    format!("{} %", with_tenths(tenths))
}

/// `93.5` of tenths.
pub fn with_tenths(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The lower middle of values that are told with how often each is there.
pub fn median(sorted: &[(i64, i64)]) -> Option<i64> {
    let all: i64 = sorted.iter().map(|(_, n)| n).sum();
    let mut left = (all + 1) / 2;
    if all <= 0 {
        return None;
    }
    for (value, n) in sorted {
        left -= n;
        if left <= 0 {
            return Some(*value);
        }
    }
    None
}

/// The `most` largest codes and all the others together, where there are at least two of those. What has no code is its
/// own line, whatever its size.
pub fn top(mut all: Vec<ByCode>, most: usize) -> Vec<ByCode> {
    all.retain(|c| c.n > 0);
    all.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.codes.cmp(&b.codes)));
    let is_none = |c: &ByCode| c.codes.iter().all(String::is_empty);
    let none = all.iter().position(is_none).map(|at| all.remove(at));
    if all.len() > most + 1 {
        let others = all.split_off(most);
        let n = others.iter().map(|c| c.n).sum();
        let mut codes: Vec<String> = others.into_iter().flat_map(|c| c.codes).collect();
        codes.sort_unstable();
        all.push(ByCode { codes, n });
    }
    all.extend(none);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_exactly_as_it_is_told() {
        for (minutes, written) in [
            (0, "0 min"),
            (59, "59 min"),
            (60, "1 h"),
            (314, "5 h 10 min"),
            (1_440, "1 d"),
            (4_577, "3 d 4 h"),
            (43_199, "29 d 23 h"),
            (66_000, "45 d"),
            (-5, "0 min"),
        ] {
            assert_eq!(written_minutes(told_minutes(minutes)), written, "{minutes}");
        }
    }

    #[test]
    fn half_take_at_most_the_median() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(5, 0)]), None);
        assert_eq!(median(&[(5, 1)]), Some(5));
        assert_eq!(median(&[(5, 1), (9, 1)]), Some(5));
        assert_eq!(median(&[(5, 1), (9, 2)]), Some(9));
        assert_eq!(median(&[(1, 10), (2, 0), (7, 11)]), Some(7));
    }

    #[test]
    fn ages_cover_every_day_once() {
        let today: NaiveDate = "2026-11-03".parse().unwrap();
        let all = ages(today);
        assert_eq!((all[0].from, all[0].to), (Some(today), today));
        for pair in all.windows(2) {
            assert_eq!(pair[0].from, pair[1].to.succ_opt(), "{pair:?}");
        }
        assert_eq!(all[6].from, None);
        assert_eq!(all[6].to, today - Days::new(31));
    }

    #[test]
    fn the_largest_codes_stand_alone_and_the_rest_together() {
        let code = |code: &str, n| ByCode {
            codes: vec![code.into()],
            n,
        };
        let told = |of: &[ByCode]| -> Vec<String> {
            of.iter()
                .map(|c| format!("{}={}", c.codes.join(","), c.n))
                .collect()
        };
        let all = vec![
            code("R01", 5),
            code("", 9),
            code("R03", 7),
            code("R09", 0),
            code("C01", 1),
            code("R29", 1),
        ];
        assert_eq!(told(&top(all.clone(), 2)), ["R03=7", "R01=5", "C01,R29=2", "=9"]);
        assert_eq!(told(&top(all, 3)), ["R03=7", "R01=5", "C01=1", "R29=1", "=9"]);
    }

    #[test]
    fn a_share_is_rounded_down() {
        let flow = |resolved, in_time| Flow {
            arrived: 0,
            resolved,
            in_time,
        };
        assert_eq!(flow(3, 2).kept().map(written_share).as_deref(), Some("66.6 %"));
        assert_eq!(
            flow(10_000, 9_999).kept().map(written_share).as_deref(),
            Some("99.9 %")
        );
        assert_eq!(flow(0, 0).kept(), None);
    }
}
