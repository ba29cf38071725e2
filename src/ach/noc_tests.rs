//! The test vectors of ach-codes.md section 9.

use super::noc::{Corrected, DataLayout, NotApplicable, corrected};

/// Code, data (`_` is a blank), then what is expected: routing, account, transaction code,
/// individual id, class; and whether it is uncertain.
type Vector = (&'static str, &'static str, [Option<&'static str>; 5], bool);

const VECTORS: &[Vector] = &[
    (
        "C01",
        "1918171614___________________",
        [None, Some("1918171614"), None, None, None],
        false,
    ),
    (
        "C01",
        "00012345678901234",
        [None, Some("00012345678901234"), None, None, None],
        false,
    ),
    (
        "C02",
        "123456780",
        [Some("123456780"), None, None, None, None],
        false,
    ),
    (
        "C02",
        "123456789",
        [Some("123456789"), None, None, None, None],
        false,
    ),
    (
        "C03",
        "123456780___1918171614",
        [Some("123456780"), Some("1918171614"), None, None, None],
        false,
    ),
    (
        "C03",
        "123456780___12345678901234567",
        [Some("123456780"), Some("12345678901234567"), None, None, None],
        false,
    ),
    (
        "C03",
        "123456780___1234 567_________",
        [Some("123456780"), Some("1234 567"), None, None, None],
        false,
    ),
    ("C05", "37", [None, None, Some("37"), None, None], false),
    (
        "C06",
        "1918171614__________22",
        [None, Some("1918171614"), Some("22"), None, None],
        false,
    ),
    (
        "C06",
        "12345678901234567___32",
        [None, Some("12345678901234567"), Some("32"), None, None],
        false,
    ),
    (
        "C06",
        "123456789 111____________22",
        [None, Some("123456789 111"), Some("22"), None, None],
        true,
    ),
    (
        "C07",
        "1234567801918171614_______27",
        [Some("123456780"), Some("1918171614"), Some("27"), None, None],
        false,
    ),
    (
        "C07",
        "1234567801234567890123456722",
        [
            Some("123456780"),
            Some("12345678901234567"),
            Some("22"),
            None,
            None,
        ],
        false,
    ),
    (
        "C09",
        "EMP000123",
        [None, None, None, Some("EMP000123"), None],
        false,
    ),
    ("C13", "", [None, None, None, None, None], false),
    ("C14", "IAT", [None, None, None, None, Some("IAT")], false),
    ("C04", "anything", [None, None, None, None, None], false),
    ("C10", "anything", [None, None, None, None, None], false),
    ("C11", "anything", [None, None, None, None, None], false),
    ("C12", "anything", [None, None, None, None, None], false),
];

fn domestic(code: &str, data: &str) -> Corrected {
    corrected(code, &data.replace('_', " "), DataLayout::Domestic)
}

#[test]
fn every_vector_of_section_9_is_cut_as_it_says() {
    for (code, data, expected, uncertain) in VECTORS {
        let found = domestic(code, data);
        let transaction_code = found.transaction_code.map(|code| code.to_string());
        let fields = [
            found.routing.as_deref(),
            found.account.as_deref(),
            transaction_code.as_deref(),
            found.individual_id.as_deref(),
            found.sec.as_deref(),
        ];
        assert_eq!(&fields, expected, "{code} {data}");
        assert_eq!(found.uncertain.is_some(), *uncertain, "{code} {data}");
    }
}

#[test]
fn the_same_vectors_padded_to_the_full_field_give_the_same() {
    for (code, data, _, _) in VECTORS {
        assert_eq!(
            domestic(code, data),
            domestic(code, &format!("{data:_<29}")),
            "{code}"
        );
    }
}

#[test]
fn only_certain_values_of_codes_in_use_with_a_valid_check_digit_are_applicable() {
    for (code, data, expected) in [
        ("C01", "1918171614", Ok(())),
        ("C02", "123456780", Ok(())),
        ("C02", "123456789", Err(NotApplicable::CheckDigit)),
        ("C02", "12345678", Err(NotApplicable::Uncertain)),
        (
            "C06",
            "123456789 111____________22",
            Err(NotApplicable::Uncertain),
        ),
        ("C13", "", Err(NotApplicable::NothingToApply)),
        ("C01", "", Err(NotApplicable::NothingToApply)),
        ("C04", "Somebody", Err(NotApplicable::Retired)),
        ("C12", "Somebody", Err(NotApplicable::Retired)),
        ("C65", "1918171614", Err(NotApplicable::Refusal)),
        ("C92", "1918171614", Err(NotApplicable::UnknownCode)),
    ] {
        assert_eq!(domestic(code, data).applicable(), expected, "{code} {data}");
    }
}

#[test]
fn an_account_with_other_characters_comes_with_a_suggestion_of_its_digits() {
    let found = domestic("C01", "744-5678-99");
    assert_eq!(found.account.as_deref(), Some("744-5678-99"));
    assert_eq!(found.account_digits_only.as_deref(), Some("744567899"));
    assert_eq!(domestic("C01", "7445").account_digits_only, None);
}

#[test]
fn debug_does_not_show_account_numbers() {
    let text = format!("{:?}", domestic("C01", "1918171614"));
    assert!(!text.contains("1918171614"), "{text}");
}
