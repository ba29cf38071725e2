//! Every figure of the thresholds: its name, its words, what it may be, and where it is kept.

use super::thresholds::{NEVER, Thresholds};
use crate::{exceptions::model::Severity, kernel::count::grouped};

/// What a figure may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A whole number from the first to the second, of these.
    Number(u64, u64, &'static str),
    /// Yes or no.
    Yes,
    /// A severity from which on, or none.
    From,
}

/// One figure.
pub struct Figure {
    /// Its field's name.
    pub name: &'static str,
    /// The heading it stands under.
    pub group: Group,
    /// Its field's label.
    pub label: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// Where it is kept.
    pub of: fn(&mut Thresholds) -> &mut u64,
}

/// Figures that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Severity by amount.
    Amount,
    /// Severity by age.
    Age,
    /// Time to resolve.
    Sla,
    /// Reviews.
    Review,
    /// Resolutions that are always reviewed.
    Types,
    /// The rest.
    Desk,
}

impl Group {
    /// In the order of the page.
    pub const ALL: [Self; 6] = [
        Self::Amount,
        Self::Age,
        Self::Sla,
        Self::Review,
        Self::Types,
        Self::Desk,
    ];

    /// As a page's anchors name it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Amount => "by-amount",
            Self::Age => "by-age",
            Self::Sla => "sla",
            Self::Review => "review",
            Self::Types => "types",
            Self::Desk => "desk",
        }
    }

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Amount => "Severity by amount",
            Self::Age => "Severity by age",
            Self::Sla => "SLA: time to resolve",
            Self::Review => "Review",
            Self::Types => "Always reviewed",
            Self::Desk => "Matching, snooze, claims",
        }
    }

    /// What to know about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Amount => {
                "In whole units of the exception's own currency, from this amount on. A return code may ask for more."
            }
            Self::Age => {
                "Open for so many hours. The severity only rises by itself; what a person has set stays."
            }
            Self::Sla => {
                "From when it was raised, or rose, whichever is due sooner. The clocks of the ACH rules are not \
                 touched: they run on the banking calendar."
            }
            Self::Review => {
                "The share is drawn at random of the resolutions that no rule asks for; nobody knows beforehand which. \
                 Who reviews blind says what they would have done before they are told what was done."
            }
            Self::Types => "Every resolution of these types is reviewed, whatever the severity.",
            Self::Desk => {
                "A tolerance is the larger of the two. Once a claim is idle, anybody who works exceptions may take it \
                 over."
            }
        }
    }
}

macro_rules! figures {
    ($($name:literal, $group:ident, $label:literal, $shape:expr, ($($field:tt)+);)+) => { [$(figures!(@ $name, $group, $label, $shape, $($field)+)),+] };
    (@ $name:literal, $group:ident, $label:literal, $shape:expr, $field:ident) => {
        Figure { name: $name, group: Group::$group, label: $label, shape: $shape, of: |t| &mut t.$field }
    };
    (@ $name:literal, $group:ident, $label:literal, $shape:expr, $field:ident $at:literal) => {
        Figure { name: $name, group: Group::$group, label: $label, shape: $shape, of: |t| &mut t.$field[$at] }
    };
}

const AMOUNT: Shape = Shape::Number(1, 9_999_999_999, "");
const HOURS: Shape = Shape::Number(1, 8_784, "h");
const PERCENT: Shape = Shape::Number(0, 100, "%");

/// All of them, in the order of the page.
pub const FIGURES: [Figure; 26] = figures! {
    "critical_amount", Amount, "Critical from", AMOUNT, (amounts 0);
    "high_amount", Amount, "High from", AMOUNT, (amounts 1);
    "medium_amount", Amount, "Medium from", AMOUNT, (amounts 2);
    "critical_age", Age, "Critical after (hours)", HOURS, (ages 0);
    "high_age", Age, "High after (hours)", HOURS, (ages 1);
    "medium_age", Age, "Medium after (hours)", HOURS, (ages 2);
    "critical_sla", Sla, "Critical (hours)", HOURS, (sla 0);
    "high_sla", Sla, "High (hours)", HOURS, (sla 1);
    "medium_sla", Sla, "Medium (hours)", HOURS, (sla 2);
    "low_sla", Sla, "Low (hours)", HOURS, (sla 3);
    "on_working_days", Sla, "The SLA counts working days only", Shape::Yes, (on_working_days);
    "review_from", Review, "Every resolution from this severity on", Shape::From, (review_from);
    "share", Review, "Share of the rest (%)", PERCENT, (share);
    "blind_share", Review, "Of these, reviewed blind (%)", PERCENT, (blind_share);
    "review_FORCE_MATCH", Types, "Force match", Shape::Yes, (reviewed 0);
    "review_ADJUST_ENTRY", Types, "Adjust entry", Shape::Yes, (reviewed 1);
    "review_RETRY", Types, "Retry", Shape::Yes, (reviewed 2);
    "review_REPLACE_TRANSACTION", Types, "Replace transaction", Shape::Yes, (reviewed 3);
    "review_CORRECT_ACCOUNT", Types, "Correct account", Shape::Yes, (reviewed 4);
    "review_SUSPEND_ACCOUNT", Types, "Suspend account", Shape::Yes, (reviewed 5);
    "review_WRITE_OFF", Types, "Write off", Shape::Yes, (reviewed 6);
    "review_NO_ACTION", Types, "No action", Shape::Yes, (reviewed 7);
    "tolerance", Desk, "Tolerance of a match (%)", Shape::Number(0, 20, "%"), (tolerance);
    "least_tolerance", Desk, "Tolerance at least (whole units)", Shape::Number(0, 10_000, ""), (least_tolerance);
    "snooze_days", Desk, "Longest snooze (days)", Shape::Number(1, 366, "d"), (snooze_days);
    "idle_hours", Desk, "A claim is idle after (hours)", Shape::Number(1, 720, "h"), (idle_hours);
};

impl Figure {
    /// Reads what was typed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(&self, typed: &str) -> Result<u64, String> {
        let typed = typed.trim();
        match self.shape {
            Shape::Yes => match typed {
                "" | "0" => Ok(0),
                "1" => Ok(1),
                _ => Err("Say yes or no.".into()),
            },
            Shape::From if typed == "NEVER" => Ok(NEVER),
            Shape::From => Severity::parse(typed)
                .and_then(|severity| u64::try_from(severity.rank()).ok())
                .ok_or_else(|| "Choose a severity.".into()),
            Shape::Number(least, most, _) => typed
                .replace(',', "")
                .parse()
                .ok()
                .filter(|n| (least..=most).contains(n))
                .ok_or_else(|| {
                    format!(
                        "{}: give a whole number from {} to {}.",
                        self.title(),
                        grouped(least),
                        grouped(most)
                    )
                }),
        }
    }

    /// A value as it is typed and stored.
    pub fn spelled(&self, value: u64) -> String {
        match self.shape {
            Shape::Yes => if value == 1 { "1" } else { "" }.into(),
            Shape::From => severity(value).map_or("NEVER", Severity::as_str).into(),
            Shape::Number(..) => value.to_string(),
        }
    }

    /// A value for people.
    pub fn words(&self, value: u64) -> String {
        match self.shape {
            Shape::Yes => if value == 1 { "Yes" } else { "No" }.into(),
            Shape::From => severity(value).map_or("None", Severity::word).into(),
            Shape::Number(_, _, "") => grouped(value),
            Shape::Number(_, _, unit) => format!("{} {unit}", grouped(value)),
        }
    }

    /// Its label without the unit, which [`Self::words`] has.
    pub fn bare_label(&self) -> &'static str {
        self.label.split(" (").next().unwrap_or(self.label)
    }

    /// What it is, beside its value.
    pub fn title(&self) -> String {
        let label = self.bare_label();
        match self.group {
            Group::Amount | Group::Age | Group::Sla | Group::Types if self.name != "on_working_days" => {
                format!("{}: {label}", self.group.title())
            }
            _ => label.to_owned(),
        }
    }
}

fn severity(rank: u64) -> Option<Severity> {
    Severity::ALL
        .into_iter()
        .find(|s| u64::try_from(s.rank()) == Ok(rank))
}
