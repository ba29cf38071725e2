//! The clocks of ach-codes.md section 2, row by row.

use chrono::NaiveDate;

use super::clocks::{Clock, ClockId, ClockState, Dates, Subject, clocks, due};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn of_return(code: &str, dates: &Dates) -> Vec<Clock> {
    let subject = Subject::Return {
        code,
        iat: false,
        credit: false,
    };
    clocks(subject, dates)
}

fn find(clocks: &[Clock], id: ClockId) -> &Clock {
    clocks.iter().find(|clock| clock.id == id).unwrap()
}

fn last_day(clocks: &[Clock], id: ClockId) -> String {
    find(clocks, id).last_day.unwrap().to_string()
}

/// An entry of Monday 16 November 2026, returned on the 18th; Thanksgiving is the 26th.
fn dates() -> Dates {
    Dates {
        entry_settlement: Some(day("2026-11-16")),
        settlement: Some(day("2026-11-18")),
        received: Some(day("2026-11-19")),
        ..Dates::default()
    }
}

#[test]
fn an_ordinary_return_has_two_banking_days_and_says_whether_it_was_late() {
    let found = of_return("R01", &dates());
    let window = find(&found, ClockId::ReturnWindow);
    assert_eq!(window.last_day, Some(day("2026-11-18")));
    assert_eq!(window.missed, Some(false));
    let late = Dates {
        settlement: Some(day("2026-11-19")),
        ..dates()
    };
    let found = of_return("R01", &late);
    let window = find(&found, ClockId::ReturnWindow);
    assert_eq!(window.missed, Some(true));
    assert!(window.sentence.contains("R68"), "{}", window.sentence);
}

#[test]
fn an_extended_return_ends_on_the_banking_day_after_the_60th_day() {
    // The 60th day is Friday 15 January 2027; Monday is Martin Luther King Jr. Day.
    let found = of_return("R10", &dates());
    assert_eq!(last_day(&found, ClockId::ReturnWindow), "2027-01-19");
}

#[test]
fn a_return_can_be_dishonored_for_five_banking_days_and_we_have_four() {
    let found = of_return("R01", &dates());
    assert_eq!(last_day(&found, ClockId::Dishonor), "2026-11-25");
    assert_eq!(last_day(&found, ClockId::DishonorEvidence), "2026-11-24");
    assert!(find(&found, ClockId::DishonorEvidence).we_must_act);
    assert!(!find(&found, ClockId::Dishonor).we_must_act);
    let iat = Subject::Return {
        code: "R01",
        iat: true,
        credit: false,
    };
    assert!(
        clocks(iat, &dates())
            .iter()
            .all(|clock| clock.id != ClockId::Dishonor)
    );
}

#[test]
fn a_retry_ends_180_days_after_the_original_and_only_where_the_code_allows_one() {
    assert_eq!(
        last_day(&of_return("R01", &dates()), ClockId::Retry),
        "2027-05-15"
    );
    // Of a retry that came back too, from the first entry on.
    let again = Dates {
        first_settlement: Some(day("2026-11-10")),
        ..dates()
    };
    assert_eq!(last_day(&of_return("R01", &again), ClockId::Retry), "2027-05-09");
    let never = of_return("R10", &dates());
    assert!(never.iter().all(|clock| clock.id != ClockId::Retry));
}

#[test]
fn an_r11_is_corrected_within_60_days_and_prepared_5_banking_days_before() {
    // The 60th day is Sunday 17 January 2027.
    let found = of_return("R11", &dates());
    assert_eq!(last_day(&found, ClockId::R11Correction), "2027-01-17");
    assert_eq!(last_day(&found, ClockId::PrepareR11Correction), "2027-01-11");
    assert!(found.iter().all(|clock| clock.id != ClockId::Retry));
}

#[test]
fn a_dishonored_return_can_be_contested_for_two_banking_days_and_then_nothing() {
    let found = of_return("R68", &dates());
    assert_eq!(found.len(), 1);
    assert_eq!(last_day(&found, ClockId::Contest), "2026-11-20");
    assert_eq!(of_return("R73", &dates()), vec![]);
}

#[test]
fn an_operator_reject_cannot_be_dishonored() {
    let ids: Vec<ClockId> = of_return("R28", &dates()).iter().map(|clock| clock.id).collect();
    assert_eq!(ids, [ClockId::Retry]);
}

#[test]
fn a_credit_after_a_death_is_reclaimed_within_five_banking_days_of_the_notice() {
    let subject = Subject::Return {
        code: "R15",
        iat: false,
        credit: true,
    };
    let dates = Dates {
        notice_of_death: Some(day("2026-11-19")),
        ..dates()
    };
    assert_eq!(
        last_day(&clocks(subject, &dates), ClockId::Reclamation),
        "2026-11-27"
    );
}

#[test]
fn a_change_is_applied_by_the_sixth_banking_day_or_before_the_next_entry() {
    let subject = Subject::Noc {
        code: "C01",
        iat: false,
        single_entry: false,
    };
    let found = clocks(subject, &dates());
    assert_eq!(last_day(&found, ClockId::ForwardNoc), "2026-11-20");
    assert_eq!(last_day(&found, ClockId::ApplyNoc), "2026-11-30");
    assert_eq!(last_day(&found, ClockId::RefuseNoc), "2026-12-04");
    assert!(find(&found, ClockId::ApplyNoc).we_must_act);
    for (next, expected) in [("2026-11-24", "2026-11-30"), ("2026-12-14", "2026-12-11")] {
        let dates = Dates {
            next_entry: Some(day(next)),
            ..dates()
        };
        assert_eq!(last_day(&clocks(subject, &dates), ClockId::ApplyNoc), expected);
    }
}

#[test]
fn an_international_change_cannot_be_refused_and_one_of_a_single_entry_need_not_be_applied() {
    let subject = Subject::Noc {
        code: "C01",
        iat: true,
        single_entry: true,
    };
    let found = clocks(subject, &dates());
    assert!(found.iter().all(|clock| clock.id != ClockId::RefuseNoc));
    assert!(!find(&found, ClockId::ApplyNoc).we_must_act);
    let refusal = Subject::Noc {
        code: "C61",
        iat: false,
        single_entry: false,
    };
    assert_eq!(clocks(refusal, &dates()), vec![]);
}

#[test]
fn after_a_prenote_live_entries_wait_until_the_third_banking_day() {
    let found = clocks(Subject::Prenote, &dates());
    assert_eq!(last_day(&found, ClockId::PrenoteWait), "2026-11-18");
    assert!(find(&found, ClockId::PrenoteWait).sentence.contains("2026-11-19"));
}

#[test]
fn a_reversal_has_five_banking_days_and_a_request_is_answered_in_ten() {
    let found = clocks(Subject::Reversal, &dates());
    assert_eq!(last_day(&found, ClockId::Reversal), "2026-11-23");
    let found = clocks(Subject::ReturnRequest, &dates());
    assert_eq!(last_day(&found, ClockId::ReturnRequestAnswer), "2026-12-04");
}

#[test]
fn a_clock_without_its_date_says_which_is_missing_and_stays() {
    let found = of_return("R01", &Dates::default());
    assert_eq!(found.len(), 4);
    for clock in &found {
        assert_eq!(clock.state(day("2026-11-21")), ClockState::MissingDate);
        assert!(clock.sentence.contains("is not known"), "{}", clock.sentence);
    }
    let dishonor = find(&found, ClockId::Dishonor);
    assert!(
        dishonor
            .sentence
            .contains("settlement date of the return is not known")
    );
    let refused = of_return("R23", &dates());
    assert!(
        find(&refused, ClockId::ReturnWindow)
            .sentence
            .contains("refused the credit is not known")
    );
}

#[test]
fn the_due_date_of_a_return_is_the_evidence_for_its_dishonor() {
    let found = of_return("R06", &dates());
    let due = due(&found, day("2026-11-19")).unwrap();
    assert_eq!(due.id, ClockId::DishonorEvidence);
    assert!(due.sentence.contains("R70"));
}

#[test]
fn an_unknown_code_has_the_clocks_of_a_return_without_window_or_retry() {
    let ids: Vec<ClockId> = of_return("R97", &dates()).iter().map(|clock| clock.id).collect();
    assert_eq!(ids, [ClockId::DishonorEvidence, ClockId::Dishonor]);
}
