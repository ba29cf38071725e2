#![no_main]

use docket::ach::noc::{DataLayout, corrected};
use libfuzzer_sys::fuzz_target;

const CODES: &[&str] = &[
    "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C13", "C14", "C61", "C92",
];

fuzz_target!(|input: (u8, bool, &str)| {
    let (code, iat, data) = input;
    let Some(code) = CODES.get(usize::from(code) % CODES.len()) else {
        return;
    };
    let layout = if iat { DataLayout::Iat } else { DataLayout::Domestic };
    let found = corrected(code, data, layout);
    for part in [&found.routing, &found.account, &found.individual_id, &found.foreign_bank] {
        assert!(part.as_ref().is_none_or(|part| data.contains(part.as_str())));
    }
    if found.applicable().is_ok() {
        assert!(found.uncertain.is_none());
        assert!(found.raw.chars().count() <= layout.width());
        assert!(found.routing_check.is_none_or(|check| check.is_valid()));
    }
});
