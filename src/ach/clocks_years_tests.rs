//! Every clock of ach-codes.md section 2 over the holidays, weekends and leap years of 2025 to 2035. The dates were worked
//! out apart from this code, from the Federal Reserve's rules for its holidays.

use chrono::NaiveDate;

use super::clocks::{ClockId, Dates, Subject, clocks};

/// What is near, a banking day, and from it: 2, 4, 5, 6 and 10 banking days; 15 and 60 days; 5 banking days before the
/// 60th day; the banking day after the 60th day; 180 days; 15 banking days.
#[rustfmt::skip] // a table
const YEARS: &[(&str, &str, [&str; 11])] = &[
    ("MLK Day", "2025-01-16", ["2025-01-21", "2025-01-23", "2025-01-24", "2025-01-27", "2025-01-31", "2025-01-31", "2025-03-17", "2025-03-10", "2025-03-18", "2025-07-15", "2025-02-07"]),
    ("Presidents Day", "2025-02-14", ["2025-02-19", "2025-02-21", "2025-02-24", "2025-02-25", "2025-03-03", "2025-03-01", "2025-04-15", "2025-04-08", "2025-04-16", "2025-08-13", "2025-03-10"]),
    ("Memorial Day", "2025-05-22", ["2025-05-27", "2025-05-29", "2025-05-30", "2025-06-02", "2025-06-06", "2025-06-06", "2025-07-21", "2025-07-14", "2025-07-22", "2025-11-18", "2025-06-13"]),
    ("Juneteenth, a Thursday", "2025-06-18", ["2025-06-23", "2025-06-25", "2025-06-26", "2025-06-27", "2025-07-03", "2025-07-03", "2025-08-17", "2025-08-11", "2025-08-18", "2025-12-15", "2025-07-11"]),
    ("Independence Day, a Friday", "2025-07-03", ["2025-07-08", "2025-07-10", "2025-07-11", "2025-07-14", "2025-07-18", "2025-07-18", "2025-09-01", "2025-08-25", "2025-09-02", "2025-12-30", "2025-07-25"]),
    ("Labor Day", "2025-08-28", ["2025-09-02", "2025-09-04", "2025-09-05", "2025-09-08", "2025-09-12", "2025-09-12", "2025-10-27", "2025-10-20", "2025-10-28", "2026-02-24", "2025-09-19"]),
    ("Columbus Day", "2025-10-09", ["2025-10-14", "2025-10-16", "2025-10-17", "2025-10-20", "2025-10-24", "2025-10-24", "2025-12-08", "2025-12-01", "2025-12-09", "2026-04-07", "2025-10-31"]),
    ("Veterans Day", "2025-11-10", ["2025-11-13", "2025-11-17", "2025-11-18", "2025-11-19", "2025-11-25", "2025-11-25", "2026-01-09", "2026-01-02", "2026-01-12", "2026-05-09", "2025-12-03"]),
    ("Thanksgiving", "2025-11-25", ["2025-11-28", "2025-12-02", "2025-12-03", "2025-12-04", "2025-12-10", "2025-12-10", "2026-01-24", "2026-01-16", "2026-01-26", "2026-05-24", "2025-12-17"]),
    ("Christmas", "2025-12-24", ["2025-12-29", "2025-12-31", "2026-01-02", "2026-01-05", "2026-01-09", "2026-01-08", "2026-02-22", "2026-02-13", "2026-02-23", "2026-06-22", "2026-01-16"]),
    ("New Year's Day", "2025-12-31", ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-15", "2026-01-15", "2026-03-01", "2026-02-23", "2026-03-02", "2026-06-29", "2026-01-23"]),
    ("4 July a Saturday, not moved", "2026-07-01", ["2026-07-03", "2026-07-07", "2026-07-08", "2026-07-09", "2026-07-15", "2026-07-16", "2026-08-30", "2026-08-24", "2026-08-31", "2026-12-28", "2026-07-22"]),
    ("Juneteenth a Saturday, not moved", "2027-06-17", ["2027-06-21", "2027-06-23", "2027-06-24", "2027-06-25", "2027-07-01", "2027-07-02", "2027-08-16", "2027-08-09", "2027-08-17", "2027-12-14", "2027-07-09"]),
    ("4 July a Sunday, moved", "2027-07-02", ["2027-07-07", "2027-07-09", "2027-07-12", "2027-07-13", "2027-07-19", "2027-07-17", "2027-08-31", "2027-08-24", "2027-09-01", "2027-12-29", "2027-07-26"]),
    ("Christmas a Saturday, not moved", "2027-12-23", ["2027-12-27", "2027-12-29", "2027-12-30", "2027-12-31", "2028-01-06", "2028-01-07", "2028-02-21", "2028-02-14", "2028-02-22", "2028-06-20", "2028-01-13"]),
    ("New Year's Day a Saturday, not moved", "2027-12-31", ["2028-01-04", "2028-01-06", "2028-01-07", "2028-01-10", "2028-01-14", "2028-01-15", "2028-02-29", "2028-02-22", "2028-03-01", "2028-06-28", "2028-01-24"]),
    ("a leap day", "2028-02-28", ["2028-03-01", "2028-03-03", "2028-03-06", "2028-03-07", "2028-03-13", "2028-03-14", "2028-04-28", "2028-04-21", "2028-05-01", "2028-08-26", "2028-03-20"]),
    ("Veterans Day a Saturday, not moved", "2028-11-09", ["2028-11-13", "2028-11-15", "2028-11-16", "2028-11-17", "2028-11-24", "2028-11-24", "2029-01-08", "2028-12-29", "2029-01-09", "2029-05-08", "2028-12-01"]),
    ("Veterans Day a Sunday, moved", "2029-11-09", ["2029-11-14", "2029-11-16", "2029-11-19", "2029-11-20", "2029-11-27", "2029-11-24", "2030-01-08", "2029-12-31", "2030-01-09", "2030-05-08", "2029-12-04"]),
    ("a weekend and New Year's Day", "2030-12-27", ["2030-12-31", "2031-01-03", "2031-01-06", "2031-01-07", "2031-01-13", "2031-01-11", "2031-02-25", "2031-02-18", "2031-02-26", "2031-06-25", "2031-01-21"]),
    ("the clocks go forward", "2031-03-07", ["2031-03-11", "2031-03-13", "2031-03-14", "2031-03-17", "2031-03-21", "2031-03-22", "2031-05-06", "2031-04-29", "2031-05-07", "2031-09-03", "2031-03-28"]),
    ("a leap day, a Sunday", "2032-02-27", ["2032-03-02", "2032-03-04", "2032-03-05", "2032-03-08", "2032-03-12", "2032-03-13", "2032-04-27", "2032-04-20", "2032-04-28", "2032-08-25", "2032-03-19"]),
    ("4 July a Sunday, moved", "2032-07-02", ["2032-07-07", "2032-07-09", "2032-07-12", "2032-07-13", "2032-07-19", "2032-07-17", "2032-08-31", "2032-08-24", "2032-09-01", "2032-12-29", "2032-07-26"]),
    ("Juneteenth a Sunday, moved", "2033-06-17", ["2033-06-22", "2033-06-24", "2033-06-27", "2033-06-28", "2033-07-05", "2033-07-02", "2033-08-16", "2033-08-09", "2033-08-17", "2033-12-14", "2033-07-12"]),
    ("Christmas a Sunday, moved", "2033-12-23", ["2033-12-28", "2033-12-30", "2034-01-03", "2034-01-04", "2034-01-10", "2034-01-07", "2034-02-21", "2034-02-13", "2034-02-22", "2034-06-21", "2034-01-18"]),
    ("the days after it", "2034-01-03", ["2034-01-05", "2034-01-09", "2034-01-10", "2034-01-11", "2034-01-18", "2034-01-18", "2034-03-04", "2034-02-27", "2034-03-06", "2034-07-02", "2034-01-25"]),
    ("the clocks go back", "2034-11-03", ["2034-11-07", "2034-11-09", "2034-11-10", "2034-11-13", "2034-11-17", "2034-11-18", "2035-01-02", "2034-12-22", "2035-01-03", "2035-05-02", "2034-11-27"]),
    ("Memorial Day", "2035-05-25", ["2035-05-30", "2035-06-01", "2035-06-04", "2035-06-05", "2035-06-11", "2035-06-09", "2035-07-24", "2035-07-17", "2035-07-25", "2035-11-21", "2035-06-18"]),
    ("Thanksgiving", "2035-11-21", ["2035-11-26", "2035-11-28", "2035-11-29", "2035-11-30", "2035-12-06", "2035-12-06", "2036-01-20", "2036-01-14", "2036-01-22", "2036-05-19", "2035-12-13"]),
    ("into the year after", "2035-12-28", ["2036-01-02", "2036-01-04", "2036-01-07", "2036-01-08", "2036-01-14", "2036-01-12", "2036-02-26", "2036-02-19", "2036-02-27", "2036-06-25", "2036-01-22"]),
];

/// Places in a row.
const BD2: usize = 0;
const BD4: usize = 1;
const BD5: usize = 2;
const BD6: usize = 3;
const BD10: usize = 4;
const D15: usize = 5;
const D60: usize = 6;
const BEFORE_D60: usize = 7;
const AFTER_D60: usize = 8;
const D180: usize = 9;
const BD15: usize = 10;

type From = fn(NaiveDate) -> Dates;

const fn entry(day: NaiveDate) -> Dates {
    Dates {
        entry_settlement: Some(day),
        ..NONE
    }
}

const fn settled(day: NaiveDate) -> Dates {
    Dates {
        settlement: Some(day),
        ..NONE
    }
}

const fn received(day: NaiveDate) -> Dates {
    Dates {
        received: Some(day),
        ..NONE
    }
}

const fn refused(day: NaiveDate) -> Dates {
    Dates {
        refused: Some(day),
        ..NONE
    }
}

const fn death(day: NaiveDate) -> Dates {
    Dates {
        notice_of_death: Some(day),
        ..NONE
    }
}

const fn reclaimed(day: NaiveDate) -> Dates {
    Dates {
        reclamation_returned: Some(day),
        ..NONE
    }
}

const fn reviewed(day: NaiveDate) -> Dates {
    Dates {
        statement_reviewed: Some(day),
        ..NONE
    }
}

const NONE: Dates = Dates {
    entry_settlement: None,
    first_settlement: None,
    settlement: None,
    received: None,
    refused: None,
    notice_of_death: None,
    reclamation_returned: None,
    statement_reviewed: None,
    next_entry: None,
};

const fn a_return(code: &'static str) -> Subject<'static> {
    Subject::Return {
        code,
        iat: false,
        credit: false,
    }
}

const NOC: Subject<'static> = Subject::Noc {
    code: "C01",
    iat: false,
    single_entry: false,
};

/// A credit that came back after a death.
const AFTER_DEATH: Subject<'static> = Subject::Return {
    code: "R15",
    iat: false,
    credit: true,
};

/// The row of the table in section 2, what it is about, where it starts, its clock, and how long.
#[rustfmt::skip] // a table
const ROWS: &[(&str, Subject<'static>, From, ClockId, usize)] = &[
    ("Ordinary return: settlement date of the entry, 2 BD", a_return("R01"), entry, ClockId::ReturnWindow, BD2),
    ("Extended (unauthorized consumer) return: settlement date, 60 CD", a_return("R10"), entry, ClockId::ReturnWindow, AFTER_D60),
    ("RDFI's duty to return after a WSUD: end of its review of the WSUD, by the 6th BD", Subject::StatementReview, reviewed, ClockId::StatementReturn, BD6),
    ("Dishonor a return: settlement date of the return, 5 BD", a_return("R01"), settled, ClockId::Dishonor, BD5),
    ("Dishonor a return: the bank has the evidence at least 1 BD earlier", a_return("R01"), settled, ClockId::DishonorEvidence, BD4),
    ("Contest or correct a dishonored return: settlement date of the dishonored return, 2 BD", a_return("R68"), settled, ClockId::Contest, BD2),
    ("Forward a NOC: settlement date of the NOC, 2 BD", NOC, settled, ClockId::ForwardNoc, BD2),
    ("Apply a NOC: receipt of the NOC by the originator, 6 BD", NOC, received, ClockId::ApplyNoc, BD6),
    ("NOC or return on a prenote: settlement date of the prenote, live entries from the 3rd BD", Subject::Prenote, entry, ClockId::PrenoteWait, BD2),
    ("RDFI sends a NOC: settlement date of the entry, 2 BD", NOC, entry, ClockId::SendNoc, BD2),
    ("Refuse a NOC: receipt of the NOC, 15 days", NOC, received, ClockId::RefuseNoc, D15),
    ("Reinitiate: settlement date of the original entry, 180 days", a_return("R01"), entry, ClockId::Retry, D180),
    ("Correct an R11: settlement date of the return, 60 days", a_return("R11"), settled, ClockId::R11Correction, D60),
    ("Correct an R11: prepared 5 BD before", a_return("R11"), settled, ClockId::PrepareR11Correction, BEFORE_D60),
    ("Reversal: settlement date of the erroneous entry, 5 BD", Subject::Reversal, entry, ClockId::Reversal, BD5),
    ("Answer to a request for return (R06): receipt of the request, 10 BD", Subject::ReturnRequest, received, ClockId::ReturnRequestAnswer, BD10),
    ("Return of a refused credit (R23): receiver's refusal, 2 BD", a_return("R23"), refused, ClockId::ReturnWindow, BD2),
    ("Reclamation after death: notice of death, 5 BD", AFTER_DEATH, death, ClockId::Reclamation, BD5),
    ("Reclamation after death: written demand within 15 BD of its return", AFTER_DEATH, reclaimed, ClockId::ReclamationDemand, BD15),
];

#[test]
fn every_clock_ends_on_its_day_in_every_year_from_2025_to_2035() {
    for (row, subject, from, id, place) in ROWS {
        for (near, start, ends) in YEARS {
            let start: NaiveDate = start.parse().unwrap();
            let found = clocks(*subject, &from(start));
            let clock = found.iter().find(|clock| clock.id == *id).unwrap();
            assert_eq!(
                clock.last_day.map(|day| day.to_string()).as_deref(),
                Some(ends[*place]),
                "{row}, from {start} ({near})"
            );
        }
    }
}

#[test]
fn what_is_received_on_a_weekend_or_a_holiday_counts_from_the_next_banking_day() {
    // Saturday, Sunday and Thanksgiving: the first banking day is the one after.
    for (start, ends) in [
        ("2026-11-21", "2026-12-01"),
        ("2026-11-22", "2026-12-01"),
        ("2026-11-26", "2026-12-04"),
    ] {
        let found = clocks(NOC, &received(start.parse().unwrap()));
        let clock = found.iter().find(|clock| clock.id == ClockId::ApplyNoc).unwrap();
        assert_eq!(
            clock.last_day.map(|day| day.to_string()).as_deref(),
            Some(ends),
            "{start}"
        );
    }
}
