//! `docs/security.md` names a test for each requirement: those tests are there.

use std::{fs, path::Path};

/// What stands in backticks and is the name of a test.
fn named(document: &str) -> Vec<(String, String)> {
    document
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|name| name.rsplit_once("::"))
        .filter(|(module, _)| *module != "module")
        .map(|(module, test)| (module.to_owned(), test.to_owned()))
        .collect()
}

fn is_there(module: &str, test: &str) -> bool {
    let own = format!("tests/it/{module}.rs");
    let source = format!("src/{}", module.trim_end_matches("::tests").replace("::", "/"));
    let found = [own, format!("{source}.rs"), format!("{source}/mod.rs")]
        .iter()
        .find(|path| Path::new(path).exists())
        .map(|path| fs::read_to_string(path).unwrap());
    found.is_some_and(|text| match test {
        "*" => true,
        "tests" => text.contains("mod tests {"),
        test => text.contains(&format!("fn {test}(")),
    })
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let document = fs::read_to_string("docs/security.md").unwrap();
    let named = named(&document);
    assert!(named.len() > 80, "{}", named.len());
    let missing: Vec<_> = named
        .iter()
        .filter(|(module, test)| !is_there(module, test))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_requirement_has_its_row() {
    let document = fs::read_to_string("docs/security.md").unwrap();
    let mut told = Vec::new();
    for row in document.lines().filter_map(|line| line.strip_prefix("| B")) {
        for part in row.split(" |").next().unwrap().split(", ") {
            let mut ends = part
                .split('-')
                .map(|end| end.trim_start_matches('B').parse::<u32>().unwrap());
            let first = ends.next().unwrap();
            told.extend(first..=ends.next().unwrap_or(first));
        }
    }
    told.sort_unstable();
    // B070 is not one.
    let all: Vec<u32> = (1..=120).filter(|n| *n != 70).collect();
    assert_eq!(told, all);
}

#[test]
fn every_test_that_the_table_of_matchers_weaknesses_names_is_there() {
    let document = fs::read_to_string("docs/matcher.md").unwrap();
    let named = named(&document);
    assert!(named.len() > 20, "{}", named.len());
    let missing: Vec<_> = named
        .iter()
        .filter(|(module, test)| !is_there(module, test))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
