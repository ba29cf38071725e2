//! Every row of ach-codes.md section 3 as cases, under the row's own words.

use chrono::NaiveDate;

use super::codes::{Kind, return_codes};
use super::retry::{
    Changes, MAX_RETRIES, RETRY_LABEL, RetryDecision, RetryFacts, retry_decision, return_fee,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Settled 16 November 2026, returned on the 18th, asked on the 21st; the 180th day is 15 May 2027.
fn facts(code: &str) -> RetryFacts<'_> {
    RetryFacts {
        sec: "PPD",
        original_settlement: Some(day("2026-11-16")),
        return_settlement: Some(day("2026-11-18")),
        ..RetryFacts::new(code, day("2026-11-21"))
    }
}

fn with_changes(code: &str, changes: Changes) -> RetryFacts<'_> {
    RetryFacts {
        changes,
        ..facts(code)
    }
}

const FIXED: Changes = Changes {
    destination: false,
    other_fault: true,
    amount: false,
    company: false,
};
const NEW_ACCOUNT: Changes = Changes {
    destination: true,
    ..UNCHANGED
};
const UNCHANGED: Changes = Changes {
    destination: false,
    other_fault: false,
    amount: false,
    company: false,
};

#[derive(Debug, PartialEq)]
enum Short {
    Allowed(u8),
    NewEntry,
    Forbidden,
}
use Short::{Allowed, Forbidden, NewEntry};

fn decide(facts: &RetryFacts<'_>) -> Short {
    match retry_decision(facts) {
        RetryDecision::Allowed { attempts_left, .. } => Allowed(attempts_left),
        RetryDecision::NewEntryOnly { .. } => NewEntry,
        RetryDecision::Forbidden { .. } => Forbidden,
    }
}

fn check(row: &str, cases: &[(RetryFacts<'_>, Short)]) {
    for (facts, expected) in cases {
        assert_eq!(&decide(facts), expected, "row {row:?}: {facts:?}");
    }
}

#[test]
fn row_three_doors() {
    let consent = |date| RetryFacts {
        receiver_consent_on: Some(day(date)),
        ..facts("R08")
    };
    check(
        "(a) R01 or R09; (b) R08 and the receiver agreed; (c) corrective action",
        &[
            (facts("R01"), Allowed(2)),
            (facts("R09"), Allowed(2)),
            (facts("R08"), Forbidden),
            (consent("2026-11-20"), Allowed(2)),
            (consent("2026-11-01"), Forbidden),
            (facts("R18"), Forbidden),
            (with_changes("R18", FIXED), Allowed(2)),
            (with_changes("R25", FIXED), Allowed(2)),
            (
                RetryFacts {
                    information: "AMOUNT",
                    ..with_changes("R17", FIXED)
                },
                Allowed(2),
            ),
            (
                RetryFacts {
                    information: "AMOUNT",
                    ..facts("R17")
                },
                Forbidden,
            ),
            (
                RetryFacts {
                    sec: "RCK",
                    ..facts("R01")
                },
                Forbidden,
            ),
        ],
    );
}

#[test]
fn row_count() {
    let after = |chain_attempts| RetryFacts {
        chain_attempts,
        ..facts("R01")
    };
    check(
        "original + at most 2; the count follows the chain, not the code",
        &[
            (after(0), Allowed(2)),
            (after(1), Allowed(1)),
            (after(2), Forbidden),
            (after(255), Forbidden),
            (
                RetryFacts {
                    code: "R09",
                    ..after(2)
                },
                Forbidden,
            ),
            (
                RetryFacts {
                    code: "R08",
                    receiver_consent_on: Some(day("2026-11-20")),
                    ..after(2)
                },
                Forbidden,
            ),
        ],
    );
}

#[test]
fn row_time() {
    let on = |today| RetryFacts {
        today: day(today),
        ..facts("R01")
    };
    check(
        "within 180 days of the settlement date of the original entry",
        &[
            (on("2027-05-15"), Allowed(2)),
            (on("2027-05-16"), Forbidden),
            (
                RetryFacts {
                    original_settlement: None,
                    ..facts("R01")
                },
                Forbidden,
            ),
        ],
    );
}

#[test]
fn row_same_content() {
    let amount = Changes {
        amount: true,
        ..Changes::default()
    };
    let company = Changes {
        company: true,
        ..Changes::default()
    };
    check(
        "company name, company ID and amount identical to the original",
        &[
            (with_changes("R01", amount), Forbidden),
            (with_changes("R01", company), Forbidden),
            (with_changes("R19", FIXED), NewEntry),
            (with_changes("R21", FIXED), NewEntry),
        ],
    );
}

#[test]
fn row_label() {
    let RetryDecision::Allowed {
        label,
        last_date,
        attempts_left,
    } = retry_decision(&facts("R01"))
    else {
        panic!("R01 may be sent again");
    };
    assert_eq!(label, "RETRY PYMT");
    assert_eq!(label, RETRY_LABEL);
    assert_eq!(last_date, day("2027-05-15"));
    assert_eq!(attempts_left, MAX_RETRIES);
}

#[test]
fn row_not_a_reinitiation() {
    let authorized = |code, date| RetryFacts {
        new_authorization_on: Some(day(date)),
        ..facts(code)
    };
    check(
        "new authorization after the return; corrected account or routing number; R11",
        &[
            (authorized("R10", "2026-11-20"), NewEntry),
            (authorized("R10", "2026-11-01"), Forbidden),
            (
                RetryFacts {
                    chain_attempts: 2,
                    ..authorized("R01", "2026-11-20")
                },
                NewEntry,
            ),
            (with_changes("R03", NEW_ACCOUNT), NewEntry),
            (with_changes("R04", NEW_ACCOUNT), NewEntry),
            (with_changes("R02", NEW_ACCOUNT), NewEntry),
            (with_changes("R13", NEW_ACCOUNT), NewEntry),
            (with_changes("R03", FIXED), NewEntry),
            (with_changes("R04", FIXED), Forbidden),
            (facts("R03"), Forbidden),
            (with_changes("R11", FIXED), NewEntry),
            (facts("R11"), Forbidden),
            (
                RetryFacts {
                    today: day("2027-01-17"),
                    ..with_changes("R11", FIXED)
                },
                NewEntry,
            ),
            (
                RetryFacts {
                    today: day("2027-01-18"),
                    ..with_changes("R11", FIXED)
                },
                Forbidden,
            ),
            (
                RetryFacts {
                    return_settlement: None,
                    ..with_changes("R11", FIXED)
                },
                Forbidden,
            ),
        ],
    );
}

#[test]
fn row_never() {
    let all = Changes {
        destination: true,
        other_fault: true,
        amount: false,
        company: false,
    };
    for code in ["R05", "R07", "R10", "R29", "R51"] {
        let authorized = RetryFacts {
            new_authorization_on: Some(day("2026-11-20")),
            ..facts(code)
        };
        check(
            "not without a new authorization",
            &[(with_changes(code, all), Forbidden), (authorized, NewEntry)],
        );
    }
    for code in ["R14", "R15", "R24", "R37", "R38", "R39"] {
        let anything = RetryFacts {
            new_authorization_on: Some(day("2026-11-20")),
            receiver_consent_on: Some(day("2026-11-20")),
            ..with_changes(code, all)
        };
        check("never", &[(anything, Forbidden)]);
    }
    let r16 = |information| RetryFacts {
        information,
        ..with_changes("R16", NEW_ACCOUNT)
    };
    check(
        "R16 OFAC",
        &[
            (r16("OFAC"), Forbidden),
            (r16("returned per ofac instruction"), Forbidden),
            (r16(""), Forbidden),
            (r16("ACCOUNT FROZEN BY BANK"), NewEntry),
        ],
    );
    let r17 = RetryFacts {
        information: "QUESTIONABLE",
        ..with_changes("R17", all)
    };
    check("R17 QUESTIONABLE", &[(r17, Forbidden)]);
}

#[test]
fn row_return_fee() {
    assert_eq!(return_fee("R01", 0, true), Ok("RETURN FEE"));
    assert_eq!(return_fee("R09", 0, true), Ok("RETURN FEE"));
    assert!(return_fee("R01", 1, true).is_err());
    assert!(return_fee("R01", 0, false).is_err());
    assert!(return_fee("R02", 0, true).is_err());
}

#[test]
fn what_the_banks_settle_and_unknown_codes_are_never_sent() {
    for row in return_codes() {
        if matches!(row.kind, Kind::Dishonored | Kind::Contested | Kind::Corrected) {
            assert_eq!(decide(&with_changes(&row.code, FIXED)), Forbidden, "{}", row.code);
        }
    }
    assert_eq!(decide(&with_changes("R97", FIXED)), Forbidden);
}

#[test]
fn without_any_correction_only_r01_and_r09_are_sent_again() {
    let allowed: Vec<&str> = return_codes()
        .map(|row| row.code.as_str())
        .filter(|code| decide(&facts(code)) != Forbidden)
        .collect();
    assert_eq!(allowed, ["R01", "R09"]);
}

#[test]
fn codes_the_table_calls_not_retryable_are_never_allowed_as_they_are() {
    for row in return_codes() {
        let everything = RetryFacts {
            receiver_consent_on: Some(day("2026-11-20")),
            ..with_changes(&row.code, FIXED)
        };
        if row.retryable == super::codes::Retryable::No {
            assert!(!matches!(decide(&everything), Allowed(_)), "{}", row.code);
        }
    }
}
