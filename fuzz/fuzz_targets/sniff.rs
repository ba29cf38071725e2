#![no_main]

use docket::ach::reader::Reader;
use docket::ach::sniff::sniff;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match sniff(data) {
        Ok(()) => assert!(Reader::new(data).next().is_some()),
        Err(refusal) => {
            assert!(!refusal.sentence.is_empty());
            let lines = data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
            assert!((1..=lines).contains(&refusal.place.line));
        }
    }
});
