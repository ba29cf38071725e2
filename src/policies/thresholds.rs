//! The figures that a business account may set for itself (domain.md section 8): severity, SLA, review, tolerance,
//! snooze limit, idle claims. What it begins with are the defaults of domain.md. Kept by version, changed through the
//! gate.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Kind,
    figures::{FIGURES, Figure, Shape},
    rules::Rules,
};
use crate::{
    approvals::{Guard, Request},
    db::AnyConnection,
    exceptions::model::{ResolutionKind, Severity},
    kernel::{
        error::{AppResult, FieldErrors},
        id::BusinessAccountId,
        money::Currency,
    },
};

const HOUR: u64 = 3600;

/// The figures in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// From so many whole units on, an exception is critical, high, medium.
    pub amounts: [u64; 3],
    /// From so many hours on, an open exception is critical, high, medium.
    pub ages: [u64; 3],
    /// Hours that a critical, high, medium, low one may take.
    pub sla: [u64; 4],
    /// 1 when these hours count on working days only.
    pub on_working_days: u64,
    /// The rank of the severity from which on every resolution is reviewed; [`NEVER`] for none.
    pub review_from: u64,
    /// For each type of resolution, in the order of [`ResolutionKind::ALL`]: 1 when every one is reviewed.
    pub reviewed: [u64; 8],
    /// Of a hundred resolutions that no rule asks for, so many are reviewed.
    pub share: u64,
    /// Of a hundred resolutions in the sample, so many are reviewed blind.
    pub blind_share: u64,
    /// Two amounts that are matched by hand may be so many percent apart.
    pub tolerance: u64,
    /// Or so many whole units, where that is more.
    pub least_tolerance: u64,
    /// Days that an exception may be put aside.
    pub snooze_days: u64,
    /// Hours without anything done after which a claim is not firm any more.
    pub idle_hours: u64,
    version: i64,
}

/// As [`Thresholds::review_from`]: no severity alone asks for a review.
pub const NEVER: u64 = 4;

/// One figure as it is typed, stored and asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawFigure {
    /// Which: a name of [`FIGURES`].
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The index of a severity in figures that begin with the worst.
const fn place(severity: Severity) -> usize {
    match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
    }
}

impl Thresholds {
    /// The defaults of domain.md.
    pub const FIRST: Self = Self {
        amounts: [100_000, 10_000, 1_000],
        ages: [120, 72, 24],
        sla: [24, 72, 120, 168],
        on_working_days: 0,
        review_from: 2,
        // In the order of ResolutionKind::ALL: CORRECT_ACCOUNT and WRITE_OFF.
        reviewed: [0, 0, 0, 0, 1, 0, 1, 0],
        share: 5,
        blind_share: 0,
        tolerance: 1,
        least_tolerance: 5,
        snooze_days: 31,
        idle_hours: 8,
        version: 0,
    };

    /// From which age on an open exception has at least this severity.
    pub fn age_of(&self, severity: Severity) -> Duration {
        let hours = self.ages.get(place(severity)).copied().unwrap_or_default();
        Duration::from_secs(hours * HOUR)
    }

    /// How long an exception of this severity may take.
    pub fn time_to_resolve(&self, severity: Severity) -> Duration {
        Duration::from_secs(self.sla[place(severity)] * HOUR)
    }

    /// Nothing is warned of sooner: a quarter of the longest time to resolve.
    pub fn longest_warning(&self) -> Duration {
        Duration::from_secs(self.sla.into_iter().max().unwrap_or_default() * HOUR) / 4
    }

    /// Whether the SLA's hours count on working days only.
    pub const fn is_on_working_days(&self) -> bool {
        self.on_working_days == 1
    }

    /// Whether every resolution of an exception of this severity is reviewed.
    pub fn reviews_severity(&self, severity: Severity) -> bool {
        u64::try_from(severity.rank()).is_ok_and(|rank| rank >= self.review_from)
    }

    /// Whether every resolution of this type is reviewed.
    pub fn reviews_kind(&self, kind: ResolutionKind) -> bool {
        ResolutionKind::ALL
            .iter()
            .zip(self.reviewed)
            .any(|(of, is_reviewed)| *of == kind && is_reviewed == 1)
    }

    /// How far two amounts may be apart, in minor units, and still be matched by hand.
    pub fn tolerance(&self, amount: i64, currency: Currency) -> i64 {
        let percent = i64::try_from(self.tolerance).unwrap_or_default();
        let least = i64::try_from(self.least_tolerance).unwrap_or_default() * 10_i64.pow(currency.decimals());
        (amount.saturating_abs().saturating_mul(percent) / 100).max(least)
    }

    /// How long an exception may be put aside at most.
    pub const fn longest_snooze(&self) -> Duration {
        Duration::from_secs(self.snooze_days * 24 * HOUR)
    }

    /// How long a claim stays firm without its holder doing anything.
    pub const fn idle_after(&self) -> Duration {
        Duration::from_secs(self.idle_hours * HOUR)
    }

    fn check_together(&self, errors: &mut FieldErrors) {
        let falls = |figures: &[u64]| figures.windows(2).all(|pair| pair[0] > pair[1]);
        if !falls(&self.amounts) {
            errors.add("critical_amount", "A worse severity begins at a larger amount.");
        }
        if !falls(&self.ages) {
            errors.add("critical_age", "A worse severity begins at a greater age.");
        }
        if self.sla.windows(2).any(|pair| pair[0] > pair[1]) {
            errors.add("critical_sla", "A worse severity may not take longer.");
        }
    }
}

impl Rules for Thresholds {
    const KIND: Kind = Kind::Thresholds;
    const ARE_FIGURES: bool = true;
    type Raw = RawFigure;

    fn first() -> Self {
        Self::FIRST
    }

    /// A figure that is not among them stays at what it began with: versions of before it was one can still be read.
    fn parse(raw: &[RawFigure], version: i64) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut parsed = Self {
            version,
            ..Self::FIRST
        };
        for figure in &FIGURES {
            let Some(typed) = raw.iter().find(|r| r.name == figure.name) else {
                continue;
            };
            if let Some(value) = errors.take(figure.name, figure.parse(&typed.value)) {
                *(figure.of)(&mut parsed) = value;
            }
        }
        if errors.is_empty() {
            parsed.check_together(&mut errors);
        }
        if errors.is_empty() {
            Ok(parsed)
        } else {
            Err(errors)
        }
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn raw(&self) -> Vec<RawFigure> {
        let mut copy = self.clone();
        FIGURES
            .iter()
            .map(|figure| RawFigure {
                name: figure.name.to_owned(),
                value: figure.spelled(*(figure.of)(&mut copy)),
            })
            .collect()
    }

    fn sentences(&self, _: &mut AnyConnection, _: BusinessAccountId) -> AppResult<Vec<String>> {
        let mut copy = self.clone();
        Ok(FIGURES
            .iter()
            .map(|figure| figure.words(*(figure.of)(&mut copy)))
            .collect())
    }

    fn label(at: usize) -> String {
        FIGURES.get(at).map(Figure::title).unwrap_or_default()
    }

    fn request(raw: Vec<RawFigure>) -> Request {
        Request::Thresholds { figures: raw }
    }

    fn guard(version: i64) -> Guard {
        Guard::Thresholds(version)
    }
}

impl Shape {
    /// Whether it is a check box: nothing sent means no.
    pub const fn is_box(self) -> bool {
        matches!(self, Self::Yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[(&str, &str)]) -> Result<Thresholds, FieldErrors> {
        let mut raw = Thresholds::FIRST.raw();
        for (name, value) in changes {
            let figure = raw.iter_mut().find(|r| r.name == *name).unwrap();
            (*value).clone_into(&mut figure.value);
        }
        Thresholds::parse(&raw, 1)
    }

    #[test]
    fn what_it_begins_with_survives_being_written_and_has_each_figure_once() {
        let again = Thresholds::parse(&Thresholds::FIRST.raw(), 0).unwrap();
        assert_eq!(again, Thresholds::FIRST);
        let mut names: Vec<&str> = FIGURES.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIGURES.len());
        assert_eq!(Thresholds::parse(&[], 0).unwrap(), Thresholds::FIRST);
        let kinds = [ResolutionKind::WriteOff, ResolutionKind::CorrectAccount];
        for kind in ResolutionKind::ALL {
            assert_eq!(
                Thresholds::FIRST.reviews_kind(*kind),
                kinds.contains(kind),
                "{kind}"
            );
        }
    }

    #[test]
    fn each_figure_goes_where_it_belongs() {
        let set = with(&[
            ("critical_amount", "50,000"),
            ("medium_age", "12"),
            ("low_sla", "200"),
            ("on_working_days", "1"),
            ("review_from", "NEVER"),
            ("review_RETRY", "1"),
            ("share", "0"),
            ("tolerance", "2"),
            ("least_tolerance", "10"),
            ("snooze_days", "7"),
            ("idle_hours", "4"),
        ])
        .unwrap();
        assert_eq!((set.amounts[0], set.ages[2], set.sla[3]), (50_000, 12, 200));
        assert!(set.is_on_working_days() && !set.reviews_severity(Severity::Critical));
        assert!(set.reviews_kind(ResolutionKind::Retry) && !set.reviews_kind(ResolutionKind::NoAction));
        assert_eq!(set.share, 0);
        assert_eq!(set.tolerance(100_000, Currency::USD), 2_000);
        assert_eq!(set.tolerance(100, Currency::USD), 1_000);
        assert_eq!(set.longest_snooze(), Duration::from_hours(24 * 7));
        assert_eq!(set.idle_after(), Duration::from_hours(4));
        assert_eq!(set.age_of(Severity::Low), Duration::ZERO);
        assert_eq!(set.longest_warning(), Duration::from_hours(50));
    }

    #[test]
    fn wrong_figures_are_told_field_by_field_and_together() {
        let errors = with(&[
            ("critical_amount", "much"),
            ("share", "101"),
            ("idle_hours", "0"),
            ("review_from", "SOMETIMES"),
        ])
        .unwrap_err();
        for field in ["critical_amount", "share", "idle_hours", "review_from"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        for (name, value) in [("high_amount", "100000"), ("high_age", "24"), ("low_sla", "100")] {
            assert!(with(&[(name, value)]).is_err(), "{name} {value}");
        }
    }
}
