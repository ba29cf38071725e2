//! Times and amounts as pages print them: relative, with the exact time beside.

use std::time::Duration;

use chrono_tz::Tz;

use super::ui::{Due, DueState, Stamp};
use crate::kernel::clock::Ts;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time in its largest unit: `40 s`, `12 min`, `3 h`, `9 d`.
pub fn span(length: Duration) -> String {
    match length.as_secs() {
        s @ 0..MINUTE => format!("{s} s"),
        s @ MINUTE..HOUR => format!("{} min", s / MINUTE),
        s @ HOUR..=172_799 => format!("{} h", s / HOUR),
        s => format!("{} d", s / DAY),
    }
}

/// A past time for a page.
pub fn stamp(at: Ts, now: Ts, zone: Tz) -> Stamp {
    Stamp {
        iso: at.rfc3339(),
        exact: at.written_in(zone),
        relative: span(now.since(at)),
    }
}

/// What is due within this time is due soon: the tab "Due soon" and the colour of a due time agree on it.
pub const SOON: Duration = Duration::from_secs(DAY);

/// A due time for a page: how much is left, or by how much it is late.
pub fn due(at: Ts, now: Ts, zone: Tz) -> Due {
    let (state, relative) = if at < now {
        (DueState::Late, format!("Overdue {}", span(now.since(at))))
    } else {
        let left = at.since(now);
        (
            if left <= SOON {
                DueState::Soon
            } else {
                DueState::Fine
            },
            format!("{} left", span(left)),
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

/// A time in few letters: `14:03` today, `20 Nov` before.
pub fn short(at: Ts, now: Ts, zone: Tz) -> String {
    let written = at.written_in(zone);
    let (day, clock) = written.split_once(", ").unwrap_or((&written, ""));
    if at.day_in(zone) == now.day_in(zone) {
        clock.to_owned()
    } else {
        day.rsplit_once(' ').map_or(day, |(day, _year)| day).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_use_their_largest_unit() {
        let spans = [5, 59, 60, 3_599, 3_600, 172_799, 172_800].map(|s| span(Duration::from_secs(s)));
        assert_eq!(spans, ["5 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d"]);
    }
}
