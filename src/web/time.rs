//! Times and amounts as pages print them: relative, with the exact time beside.

use std::time::Duration;

use chrono_tz::Tz;

use super::ui::{Due, DueState, JUST_NOW, Stamp};
use crate::kernel::clock::Ts;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time in its largest unit: `12 min`, `3 h`, `9 d`. A page stands longer than some seconds.
pub fn span(length: Duration) -> String {
    within("", length, "")
}

/// The same with words around it.
fn within(before: &str, length: Duration, after: &str) -> String {
    let (n, unit) = match length.as_secs() {
        0..MINUTE => (None, "less than a minute"),
        s @ MINUTE..HOUR => (Some(s / MINUTE), " min"),
        s @ HOUR..=172_799 => (Some(s / HOUR), " h"),
        s => (Some(s / DAY), " d"),
    };
    let mut text = String::with_capacity(24);
    text.push_str(before);
    if let Some(n) = n {
        text.push_str(&n.to_string());
    }
    text.push_str(unit);
    text.push_str(after);
    text
}

/// Whether it is less than a minute, of which nothing is counted.
fn is_moment(length: Duration) -> bool {
    length.as_secs() < MINUTE
}

/// A past time for a page.
pub fn stamp(at: Ts, now: Ts, zone: Tz) -> Stamp {
    let past = now.since(at);
    Stamp {
        iso: at.rfc3339(),
        exact: at.written_in(zone),
        relative: if is_moment(past) {
            JUST_NOW.into()
        } else {
            span(past)
        },
    }
}

/// What is due within this time is due soon: the tab "Due soon" and the colour of a due time agree on it.
pub const SOON: Duration = Duration::from_secs(DAY);

/// A due time for a page: how much is left, or by how much it is late.
pub fn due(at: Ts, now: Ts, zone: Tz) -> Due {
    if at.coming().is_none() {
        return paused();
    }
    let (left, late) = (at.since(now), now.since(at));
    let (state, relative) = if at < now {
        (DueState::Late, late_by(late))
    } else {
        (
            if left <= SOON {
                DueState::Soon
            } else {
                DueState::Fine
            },
            if is_moment(left) {
                "Due now".into()
            } else {
                within("", left, " left")
            },
        )
    };
    Due {
        at: Stamp {
            iso: at.rfc3339(),
            exact: at.written_in(zone),
            relative,
        },
        state,
    }
}

fn late_by(late: Duration) -> String {
    if is_moment(late) {
        "Overdue".into()
    } else {
        within("Overdue ", late, "")
    }
}

/// The due time of what waits for somebody outside, and that no rule clock runs on.
fn paused() -> Due {
    Due {
        at: Stamp {
            iso: String::new(),
            exact: "The SLA stands still".into(),
            relative: "Paused".into(),
        },
        state: DueState::Fine,
    }
}

/// A time in few letters: `14:03` today, `20 Nov` before.
pub fn short(at: Ts, now: Ts, zone: Tz) -> String {
    let mut text = at.written_in(zone);
    let comma = text.find(", ").unwrap_or(text.len());
    // Times of one day are less than 25 hours apart: mostly that is enough to know that it is another day.
    let is_today = now.since(at) < Duration::from_secs(25 * HOUR) && at.day_in(zone) == now.day_in(zone);
    if is_today {
        text.drain(..(comma + 2).min(text.len()));
    } else {
        let year = text[..comma].rfind(' ').unwrap_or(comma);
        text.truncate(year);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_says_so() {
        let due = due(Ts::NEVER, Ts::default(), Tz::UTC);
        assert_eq!(due.at.relative, "Paused");
        assert_eq!(due.at.iso, "");
    }

    #[test]
    fn spans_use_their_largest_unit() {
        let spans = [60, 3_599, 3_600, 172_799, 172_800].map(|s| span(Duration::from_secs(s)));
        assert_eq!(spans, ["1 min", "59 min", "1 h", "47 h", "2 d"]);
    }

    #[test]
    fn seconds_are_not_counted() {
        let at = |seconds: i64| Ts::from_micros(seconds * 1_000_000);
        assert_eq!(span(Duration::from_secs(59)), "less than a minute");
        assert_eq!(stamp(at(1), at(52), Tz::UTC).ago(), "just now");
        assert_eq!(stamp(at(0), at(7_200), Tz::UTC).ago(), "2 h ago");
        let due = |now: i64| due(at(7_200), at(now), Tz::UTC).at.relative;
        assert_eq!(due(0), "2 h left");
        assert_eq!((due(7_150), due(7_251)), ("Due now".into(), "Overdue".into()));
        assert_eq!(due(7_260), "Overdue 1 min");
    }
}
