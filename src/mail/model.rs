//! A message, and when a digest is due.

use std::time::Duration;

use chrono_tz::Tz;
use diesel::prelude::*;

use crate::{
    calendar::model::WorkCalendar,
    db::schema::mails,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, MailId, TeamMemberId},
    },
    spelled,
};

/// What happens at once is sent so much later: what comes within it is one message.
pub const GATHERED: Duration = Duration::from_mins(1);

/// What goes on to happen is told again by e-mail so long after the message before it.
pub const AGAIN: Duration = Duration::from_mins(10);

/// What could not be tried for so long is no news any more.
pub const NEWS: Duration = Duration::from_hours(24);

/// Messages are kept for so long, whatever came of them.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// When the digest is sent unless somebody chooses otherwise: 8 in the morning, in minutes.
pub const USUAL_MINUTE: u16 = 8 * 60;

/// Minutes of a day.
pub const DAY: u16 = 24 * 60;

spelled! {
    /// What a message is.
    pub enum MailKind {
        /// Something happened.
        Notice = "NOTICE",
        /// What happened since the last one.
        Digest = "DIGEST",
        /// Something was done to its reader's sign-in.
        Security = "SECURITY",
        /// Somebody wants to know whether e-mail arrives.
        Test = "TEST",
    }
}

impl MailKind {
    /// As the list names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Notice => "Notification",
            Self::Digest => "Digest",
            Self::Security => "Security message",
            Self::Test => "Test message",
        }
    }
}

spelled! {
    /// Where a message is.
    pub enum MailState {
        /// It is to be sent.
        Waiting = "WAITING",
        /// The server has taken it.
        Sent = "SENT",
        /// It was given up.
        Failed = "FAILED",
        /// There was nothing to be said any more, or nobody to say it to.
        Dropped = "DROPPED",
    }
}

/// One row of `mails`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = mails, treat_none_as_null = true)]
pub struct MailRow {
    /// Its id, of which its Message-ID is made: the same at each attempt.
    pub id: MailId,
    pub business_account_id: BusinessAccountId,
    /// To whom; the address is looked up when it is sent.
    pub member_id: TeamMemberId,
    pub kind: MailKind,
    pub state: MailState,
    /// How often it was tried; an attempt counts when it begins.
    pub attempts: i64,
    /// When it was first put off, if it has not been taken since.
    pub failing_since: Option<Ts>,
    /// When it is sent, or tried next.
    pub next_at: Ts,
    /// The node that sends it has it until then.
    pub lease_until: Option<Ts>,
    /// What came of the last attempt, in a sentence.
    pub last_outcome: String,
    pub sent_at: Option<Ts>,
    pub created_at: Ts,
}

impl MailRow {
    /// Whether nobody has begun to send it, so that more can be put into it.
    pub fn is_open(&self) -> bool {
        self.state == MailState::Waiting && self.attempts == 0
    }

    /// Whose it is.
    pub const fn whose(&self) -> (BusinessAccountId, TeamMemberId) {
        (self.business_account_id, self.member_id)
    }

    /// Ends it: nothing is sent.
    pub fn drop_it(&mut self, why: &str) {
        self.state = MailState::Dropped;
        self.lease_until = None;
        why.clone_into(&mut self.last_outcome);
    }
}

/// When somebody's digest is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestTime {
    /// Minutes after midnight; none for never.
    pub minute: Option<u16>,
    /// Whose midnight.
    pub zone: Tz,
}

impl DigestTime {
    /// The first time after `after`, on a day on which the team works; none when there is none.
    pub fn next(&self, calendar: &WorkCalendar, after: Ts) -> Option<Ts> {
        let minute = self.minute?;
        after
            .day_in(self.zone)
            .iter_days()
            .take(400)
            .filter(|day| calendar.is_working_day(*day))
            .map(|day| Ts::of_day(day, minute, self.zone))
            .find(|at| *at > after)
    }

    /// Whether the team works on the day that it is there.
    pub fn is_on_working_day(&self, calendar: &WorkCalendar, now: Ts) -> bool {
        calendar.is_working_day(now.day_in(self.zone))
    }

    /// A time of day as it is typed: `08:30`.
    pub fn read_minute(typed: &str) -> Option<u16> {
        let (hour, minute) = typed.trim().split_once(':')?;
        // A browser may send seconds too.
        let minute = minute.split(':').next()?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    }

    /// The same as it is written.
    pub fn written_minute(minute: u16) -> String {
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Ts {
        Ts::from_micros(
            text.parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
                .timestamp_micros(),
        )
    }

    fn times(minute: u16, zone: Tz, from: &str, n: usize) -> Vec<String> {
        let (time, calendar) = (
            DigestTime {
                minute: Some(minute),
                zone,
            },
            WorkCalendar::first(),
        );
        let mut last = at(from);
        (0..n)
            .map(|_| {
                last = time.next(&calendar, last).unwrap();
                last.rfc3339()
            })
            .collect()
    }

    #[test]
    fn a_digest_is_at_the_same_local_time_over_weekends_holidays_and_changes_of_the_clocks() {
        // New York: Friday before the clocks go forward, the Monday after it; UTC-5, then UTC-4.
        assert_eq!(
            times(8 * 60, Tz::America__New_York, "2027-03-12T12:00:00Z", 2),
            ["2027-03-12T13:00:00.000Z", "2027-03-15T12:00:00.000Z"]
        );
        // And back; the Thursday of Thanksgiving is left out.
        assert_eq!(
            times(8 * 60, Tz::America__New_York, "2026-10-30T13:00:00Z", 1),
            ["2026-11-02T13:00:00.000Z"]
        );
        assert_eq!(
            times(8 * 60, Tz::America__New_York, "2026-11-25T13:00:00Z", 1),
            ["2026-11-27T13:00:00.000Z"]
        );
        // Berlin, at 02:30 that is left out on a Sunday: the team works on Sundays too.
        let everyday = WorkCalendar {
            weekdays: crate::calendar::model::Weekdays::from_bits(0b111_1111).unwrap(),
            ..WorkCalendar::first()
        };
        let time = DigestTime {
            minute: Some(150),
            zone: Tz::Europe__Berlin,
        };
        let found = time.next(&everyday, at("2027-03-27T12:00:00Z")).unwrap();
        assert_eq!(
            found.rfc3339(),
            "2027-03-28T01:00:00.000Z",
            "03:00 there, when 02:30 is left out"
        );
        let found = time.next(&everyday, at("2026-10-24T12:00:00Z")).unwrap();
        assert_eq!(
            found.rfc3339(),
            "2026-10-25T00:30:00.000Z",
            "the first 02:30 of two"
        );
        let next = time.next(&everyday, found).unwrap();
        assert_eq!(next.rfc3339(), "2026-10-26T01:30:00.000Z", "not the second one");
    }

    #[test]
    fn who_wants_none_gets_none() {
        let time = DigestTime {
            minute: None,
            zone: Tz::UTC,
        };
        assert_eq!(
            time.next(&WorkCalendar::first(), at("2026-11-03T12:00:00Z")),
            None
        );
    }

    #[test]
    fn times_of_day_are_read_and_written() {
        for minute in 0..DAY {
            assert_eq!(
                DigestTime::read_minute(&DigestTime::written_minute(minute)),
                Some(minute)
            );
        }
        assert_eq!(DigestTime::read_minute("08:30:00"), Some(510));
        for wrong in ["", "8", "24:00", "08:60", "-1:00", "a:b", "08:", "8.30"] {
            assert_eq!(DigestTime::read_minute(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn each_digest_is_on_a_later_day_and_on_a_working_one(
            minute in 0..DAY, hours in 0_u64..100_000, zone in 0_usize..5,
        ) {
            let zones = [Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Africa__Cairo, Tz::Asia__Kolkata];
            let (calendar, zone) = (WorkCalendar::first(), zones[zone]);
            let time = DigestTime { minute: Some(minute), zone };
            let start = at("2025-01-01T00:00:00Z").plus(Duration::from_hours(hours));
            let first = time.next(&calendar, start).unwrap();
            let second = time.next(&calendar, first).unwrap();
            prop_assert!(first > start && second > first);
            prop_assert!(second.day_in(zone) > first.day_in(zone));
            prop_assert!(calendar.is_working_day(first.day_in(zone)));
        }
    }
}
