//! Drawings as SVG: columns over days, weeks or ages. Places are in percent of the width and in pixels of the height, so
//! that a drawing fits every width and its words keep their size. Each has a table with the same numbers beside it.

use super::{
    model::{Age, Flow, written_share},
    period::Period,
};
use crate::kernel::count::grouped;

/// Pixels above the columns, for the numbers on them; and below, for what they are of.
const ABOVE: i64 = 18;
const BELOW: i64 = 20;

/// Words below the columns: at most so many, that they fit a narrow screen.
const WORDS: usize = 6;

/// Columns that have their number on them: when there are not more.
const NUMBERED: usize = 8;

/// A drawing.
#[derive(Clone, Debug)]
pub struct Plot {
    pub id: &'static str,
    pub title: String,
    /// What it shows, in words.
    pub told: String,
    /// Pixels.
    pub height: i64,
    /// The line on which the columns stand.
    pub floor: i64,
    pub lines: Vec<Mark>,
    pub slots: Vec<Slot>,
}

/// A line across, with its value.
#[derive(Clone, Debug)]
pub struct Mark {
    pub y: i64,
    pub text: String,
}

/// What is drawn for one day, week or age.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Where it begins, how wide it is and where its middle is, in percent.
    pub x: String,
    pub width: String,
    pub middle: String,
    /// What it says to who points at it.
    pub tip: String,
    /// Below it; empty where there is no room.
    pub word: String,
    pub bars: Vec<Bar>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The first of the two of a slot is plain, the second hatched.
    pub is_second: bool,
    pub x: String,
    pub y: i64,
    pub width: String,
    pub height: i64,
    /// On it; empty where there is no room.
    pub number: String,
    pub number_y: i64,
}

/// What one slot is to show.
struct Wanted {
    word: String,
    tip: String,
    values: Vec<i64>,
}

/// What was raised and what was resolved.
pub fn flow(steps: &[(Period, Flow)]) -> Plot {
    let slots = steps.iter().map(|(period, flow)| Wanted {
        word: period.brief(),
        tip: format!(
            "{}: {} arrived, {} resolved",
            period.written(),
            grouped(flow.arrived),
            grouped(flow.resolved)
        ),
        values: vec![flow.arrived, flow.resolved],
    });
    let total = steps
        .iter()
        .fold(Flow::default(), |all, (_, flow)| all.and(*flow));
    let told = format!(
        "{} arrived and {} were resolved; the table below has every number.",
        grouped(total.arrived),
        grouped(total.resolved)
    );
    plot(
        "flow",
        ("Arrived and resolved", told),
        150,
        slots.collect(),
        None,
        grouped,
    )
}

/// How old what is open is.
pub fn ages(all: &[Age]) -> Plot {
    let slots = all.iter().map(|age| Wanted {
        word: age
            .label
            .replace(" days", "")
            .replace(" day", "")
            .replace("Over ", ">\u{a0}"),
        tip: format!("{}: {} open", age.label, grouped(age.n)),
        values: vec![age.n],
    });
    let most = all.iter().max_by_key(|age| age.n).filter(|age| age.n > 0);
    let told = most.map_or_else(
        || "Nothing is open.".to_owned(),
        |age| {
            format!(
                "Most of what is open is of the age “{}”: {}.",
                age.label,
                grouped(age.n)
            )
        },
    );
    plot(
        "ages",
        ("Age of what is open, in days", told),
        110,
        slots.collect(),
        None,
        grouped,
    )
}

/// The share that was resolved in time, by week.
pub fn weeks(all: &[(Period, Flow)]) -> Plot {
    let slots = all.iter().map(|(period, flow)| Wanted {
        word: period.brief(),
        tip: match flow.kept() {
            Some(tenths) => format!(
                "{}: {} in time, {} of {}",
                period.written(),
                written_share(tenths),
                grouped(flow.in_time),
                grouped(flow.resolved)
            ),
            None => format!("{}: nothing was resolved", period.written()),
        },
        values: flow.kept().into_iter().collect(),
    });
    let total = all.iter().fold(Flow::default(), |all, (_, flow)| all.and(*flow));
    let told = total.kept().map_or_else(
        || "Nothing was resolved.".to_owned(),
        |tenths| {
            format!(
                "{} of all that was resolved was so in time.",
                written_share(tenths)
            )
        },
    );
    let percent = |tenths: i64| format!("{}%", tenths / 10);
    plot(
        "weeks",
        ("SLA met by week", told),
        110,
        slots.collect(),
        Some(1_000),
        percent,
    )
}

/// `most` is the top of the scale where it is known.
fn plot(
    id: &'static str,
    (title, told): (&str, String),
    tall: i64,
    wanted: Vec<Wanted>,
    most: Option<i64>,
    written: impl Fn(i64) -> String,
) -> Plot {
    let highest = wanted
        .iter()
        .flat_map(|w| &w.values)
        .copied()
        .max()
        .unwrap_or_default();
    let (step, top) = most.map_or_else(|| scale(highest), |most| (most / 2, most));
    let y_of = |value: i64| ABOVE + tall - value * tall / top;
    let n = wanted.len().max(1);
    let every = n.div_ceil(WORDS);
    // In thousandths of a percent, so that nothing is rounded twice.
    let slot = 100_000 / i64::try_from(n).unwrap_or(i64::MAX).max(1);
    let slots = wanted.into_iter().enumerate().map(|(at, w)| {
        let left = slot * i64::try_from(at).unwrap_or_default();
        let columns = i64::try_from(w.values.len()).unwrap_or(1).max(1);
        let wide = (slot * 7 / 10 / columns).min(7_000);
        let begins = left + (slot - wide * columns) / 2;
        let bars = (0..).zip(&w.values).map(|(k, value)| Bar {
            is_second: k == 1,
            x: percent(begins + wide * k),
            y: y_of(*value),
            width: percent(wide),
            height: ABOVE + tall - y_of(*value),
            number: if n <= NUMBERED && columns == 1 {
                written(*value)
            } else {
                String::new()
            },
            number_y: y_of(*value) - 5,
        });
        Slot {
            x: percent(left),
            width: percent(slot),
            middle: percent(left + slot / 2),
            tip: w.tip,
            // The last one always has its word: it is today.
            word: if n <= NUMBERED || (n - 1 - at).is_multiple_of(every) {
                w.word
            } else {
                String::new()
            },
            bars: bars.collect(),
        }
    });
    Plot {
        id,
        title: title.to_owned(),
        told,
        height: ABOVE + tall + BELOW,
        floor: ABOVE + tall,
        lines: (1..=top / step)
            .map(|k| Mark {
                y: y_of(k * step),
                text: written(k * step),
            })
            .collect(),
        slots: slots.collect(),
    }
}

/// Thousandths of a percent, as SVG takes them.
fn percent(thousandths: i64) -> String {
    format!("{}.{:03}%", thousandths / 1_000, thousandths % 1_000)
}

/// The step between lines, of 1, 2 or 5 and noughts, and the top: two to five lines, the highest value below the top one.
fn scale(highest: i64) -> (i64, i64) {
    let mut ten = 1;
    let step = loop {
        match [1, 2, 5]
            .into_iter()
            .map(|k| k * ten)
            .find(|step| highest <= step * 4)
        {
            Some(step) => break step,
            None => ten *= 10,
        }
    };
    (step, (highest.max(1) + step - 1) / step * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_round_lines_and_holds_the_highest() {
        for (highest, expected) in [
            (0, (1, 1)),
            (1, (1, 1)),
            (4, (1, 4)),
            (5, (2, 6)),
            (9, (5, 10)),
            (20, (5, 20)),
            (21, (10, 30)),
            (81, (50, 100)),
            (1_204, (500, 1_500)),
            (17_000, (5_000, 20_000)),
        ] {
            assert_eq!(scale(highest), expected, "{highest}");
        }
        for highest in 1..3_000 {
            let (step, top) = scale(highest);
            assert!(
                top >= highest && (1..=4).contains(&(top / step)),
                "{highest}: {step} {top}"
            );
        }
    }

    #[test]
    fn columns_stand_on_the_floor_within_the_width() {
        let ages: Vec<Age> = super::super::model::ages("2026-11-03".parse().unwrap())
            .into_iter()
            .zip([3, 0, 12, 1, 0, 0, 7])
            .map(|(age, n)| Age { n, ..age })
            .collect();
        let drawn = super::ages(&ages);
        let number = |text: &str| text.trim_end_matches('%').parse::<f64>().unwrap();
        for slot in &drawn.slots {
            for bar in &slot.bars {
                assert_eq!(bar.y + bar.height, drawn.floor);
                assert!(bar.y >= ABOVE && number(&bar.x) >= number(&slot.x));
                assert!(number(&bar.x) + number(&bar.width) <= 100.0);
            }
        }
        let heights: Vec<i64> = drawn.slots.iter().map(|s| s.bars[0].height).collect();
        assert_eq!(heights[2], heights[0] * 4, "a height is its value");
        assert_eq!(heights[1], 0);
    }
}
