//! The positions of each change code, and the fallback to words (ach-codes.md section 9).

use super::noc::{Corrected, DataLayout};
use super::routing::{CheckDigit, check_digit};
use super::transaction_code::{Purpose, TransactionCode};

const OFF_LAYOUT: &str = "the data does not stand at the positions of its layout";
const SURPLUS: &str = "there is more behind the corrected value";
const NOT_A_CODE: &str = "there is no valid transaction code where it belongs";
const NOT_A_ROUTING: &str = "there is no routing number of nine digits where it belongs";
const INDENTED: &str = "the account number does not begin at its first position";
const ODD_ACCOUNT: &str = "the account number holds unusual characters";
const NOT_IAT: &str = "this change code is not used for international entries";
const NO_ACCOUNT: &str = "the account number is missing";
const NOT_SEC: &str = "the class should be IAT";

/// Fills the fields that the code of `found` has from its raw text.
pub(crate) fn cut(found: &mut Corrected, layout: DataLayout) {
    let iat = layout == DataLayout::Iat;
    let raw: Vec<char> = found.raw.chars().collect();
    match found.code.as_str() {
        "C01" => single_account(found, &raw, if iat { 35 } else { 17 }),
        "C02" => routing_only(found, &raw),
        "C03" => routing_and_account(found, &raw),
        "C05" => code_only(found, &raw),
        "C06" => account_and_code(found, &raw),
        "C07" => all_three(found, &raw),
        "C08" => found.foreign_bank = text_field(&raw, 34, &mut found.uncertain),
        "C09" => {
            let width = if iat { 15 } else { 22 };
            found.individual_id = text_field(&raw, width, &mut found.uncertain);
        }
        "C14" => {
            found.sec = text_field(&raw, 3, &mut found.uncertain);
            if found.sec.as_deref() != Some("IAT") {
                found.uncertain = Some(NOT_SEC);
            }
        }
        _ => {}
    }
    if iat && matches!(found.code.as_str(), "C03" | "C06" | "C07") {
        found.uncertain = Some(NOT_IAT);
    }
    if let Some(account) = &found.account
        && found.uncertain.is_none()
        && !account
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
    {
        found.uncertain = Some(ODD_ACCOUNT);
    }
}

fn single_account(found: &mut Corrected, raw: &[char], width: usize) {
    if raw.first() == Some(&' ') {
        found.uncertain = Some(INDENTED);
    } else if raw.len() > width {
        found.uncertain = Some(SURPLUS);
    }
    let text = string(raw);
    found.account = Some(text.trim_start().to_owned());
}

fn routing_only(found: &mut Corrected, raw: &[char]) {
    let by_position = string(slice(raw, 1, 9));
    if is_routing(&by_position) {
        if raw.len() > 9 {
            found.uncertain = Some(SURPLUS);
        }
        found.routing = Some(by_position);
        return;
    }
    found.uncertain = Some(NOT_A_ROUTING);
    found.routing = string(raw).split_whitespace().next().map(str::to_owned);
}

fn code_only(found: &mut Corrected, raw: &[char]) {
    found.transaction_code = transaction_code(&string(slice(raw, 1, 2)));
    if found.transaction_code.is_none() {
        found.uncertain = Some(NOT_A_CODE);
        found.transaction_code = string(raw).split_whitespace().find_map(transaction_code);
    } else if raw.len() > 2 {
        found.uncertain = Some(SURPLUS);
    }
}

fn routing_and_account(found: &mut Corrected, raw: &[char]) {
    let routing = string(slice(raw, 1, 9));
    let account = string(slice(raw, 13, 29));
    if is_routing(&routing) && is_blank(slice(raw, 10, 12)) && is_left_justified(&account) {
        found.routing = Some(routing);
        found.account = Some(account.trim_end().to_owned());
        if raw.len() > 29 {
            found.uncertain = Some(SURPLUS);
        }
        return;
    }
    found.uncertain = Some(OFF_LAYOUT);
    let rest = take_routing(found, raw);
    found.account = non_empty(&rest);
}

fn account_and_code(found: &mut Corrected, raw: &[char]) {
    let account = string(slice(raw, 1, 17));
    let code = transaction_code(&string(slice(raw, 21, 22)));
    if code.is_some() && is_blank(slice(raw, 18, 20)) && is_left_justified(&account) && raw.len() <= 22 {
        found.account = Some(account.trim_end().to_owned());
        found.transaction_code = code;
        return;
    }
    found.uncertain = Some(OFF_LAYOUT);
    let rest = take_code(found, &string(raw));
    found.account = non_empty(&rest);
}

fn all_three(found: &mut Corrected, raw: &[char]) {
    let routing = string(slice(raw, 1, 9));
    let account = string(slice(raw, 10, 26));
    let code = transaction_code(&string(slice(raw, 27, 28)));
    if is_routing(&routing) && is_left_justified(&account) && code.is_some() && raw.len() <= 28 {
        found.routing = Some(routing);
        found.account = Some(account.trim_end().to_owned());
        found.transaction_code = code;
        return;
    }
    found.uncertain = Some(OFF_LAYOUT);
    let rest = take_routing(found, raw);
    let rest = take_code(found, &rest);
    found.account = non_empty(&rest);
    if found.account.is_none() {
        found.uncertain = Some(NO_ACCOUNT);
    }
}

/// Fallback: the first word, or the first nine digits, are the routing number. Returns the rest.
fn take_routing(found: &mut Corrected, raw: &[char]) -> String {
    let text = string(raw);
    let text = text.trim_start();
    let word = text.split_whitespace().next().unwrap_or_default();
    let length = if check_digit(word) == CheckDigit::NotNineDigits && text.get(..9).is_some_and(is_routing) {
        9
    } else {
        word.len()
    };
    found.routing = non_empty(text.get(..length).unwrap_or_default());
    text.get(length..).unwrap_or_default().trim_start().to_owned()
}

/// Fallback: the last word is the transaction code, if it is one. Returns what is before it.
fn take_code(found: &mut Corrected, text: &str) -> String {
    let last = text.split_whitespace().last().unwrap_or_default();
    found.transaction_code = transaction_code(last);
    if found.transaction_code.is_some() {
        text.trim_end().strip_suffix(last).unwrap_or(text).to_owned()
    } else {
        text.to_owned()
    }
}

fn text_field(raw: &[char], width: usize, uncertain: &mut Option<&'static str>) -> Option<String> {
    if raw.len() > width {
        *uncertain = Some(SURPLUS);
    }
    // All of it, so that nothing is lost when it is too long; a person decides then.
    non_empty(&string(raw))
}

/// Positions from 1, both included; less where the data is short.
fn slice(raw: &[char], from: usize, to: usize) -> &[char] {
    raw.get(from - 1..to.min(raw.len())).unwrap_or_default()
}

fn string(characters: &[char]) -> String {
    characters.iter().collect()
}

fn is_blank(characters: &[char]) -> bool {
    characters.iter().all(|c| *c == ' ')
}

fn is_left_justified(account: &str) -> bool {
    account.starts_with(|c: char| c != ' ')
}

fn is_routing(text: &str) -> bool {
    check_digit(text) != CheckDigit::NotNineDigits
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A code that future entries may carry: not that of a return.
fn transaction_code(text: &str) -> Option<TransactionCode> {
    TransactionCode::parse(text)
        .filter(|code| code.number() < 60)
        .filter(|code| !matches!(code.purpose(), None | Some(Purpose::ReturnOrNoc)))
}

#[cfg(test)]
mod tests {
    use crate::ach::noc::{Corrected, DataLayout, corrected};

    fn domestic(code: &str, data: &str) -> Corrected {
        corrected(code, data, DataLayout::Domestic)
    }

    #[test]
    fn data_separated_by_single_blanks_is_read_as_words_and_uncertain() {
        let found = domestic("C07", "123456780 1918171614 27");
        assert_eq!(found.routing.as_deref(), Some("123456780"));
        assert_eq!(found.account.as_deref(), Some("1918171614"));
        assert_eq!(found.transaction_code.unwrap().number(), 27);
        assert!(found.uncertain.is_some());
        let found = domestic("C03", "123456780 1918171614");
        assert_eq!(found.account.as_deref(), Some("1918171614"));
        assert!(found.uncertain.is_some());
    }

    #[test]
    fn a_missing_part_makes_the_rest_uncertain() {
        let found = domestic("C07", "1234567801918171614");
        assert_eq!(found.routing.as_deref(), Some("123456780"));
        assert_eq!(found.account.as_deref(), Some("1918171614"));
        assert_eq!(found.transaction_code, None);
        assert!(found.uncertain.is_some());
        assert!(domestic("C06", "1918171614").uncertain.is_some());
        assert!(domestic("C03", "123456780").uncertain.is_some());
    }

    #[test]
    fn a_value_with_something_behind_it_is_uncertain() {
        for (code, data) in [
            ("C01", "12345678901234567 9"),
            ("C03", "123456780  91918171614"),
            ("C06", "12345678901234567  932"),
            ("C06", "12345678901234567   32X"),
            ("C07", "123456780123456789012345672299"),
            ("C02", "123456780 X"),
            ("C05", "37 X"),
            ("C09", "0123456789012345678901 X"),
            ("C14", "IATX"),
            ("C14", "PPD"),
        ] {
            assert!(domestic(code, data).uncertain.is_some(), "{code} {data}");
        }
    }

    #[test]
    fn a_transaction_code_of_a_return_is_not_a_correction() {
        assert!(domestic("C05", "26").uncertain.is_some());
        assert!(domestic("C05", "99").uncertain.is_some());
        assert!(domestic("C05", "55").uncertain.is_none());
    }

    #[test]
    fn an_indented_account_is_uncertain() {
        let found = domestic("C01", "  1918171614");
        assert_eq!(found.account.as_deref(), Some("1918171614"));
        assert!(found.uncertain.is_some());
    }

    #[test]
    fn international_data_is_wider_and_has_fewer_codes() {
        let account = "12345678901234567890123456789012345";
        let found = corrected("C01", account, DataLayout::Iat);
        assert_eq!(found.account.as_deref(), Some(account));
        assert!(found.uncertain.is_none());
        let bank = corrected("C08", "DEUTDEFF", DataLayout::Iat);
        assert_eq!(bank.foreign_bank.as_deref(), Some("DEUTDEFF"));
        assert_eq!(bank.applicable(), Ok(()));
        for code in ["C03", "C06", "C07"] {
            let found = corrected(code, "123456780   1918171614", DataLayout::Iat);
            assert!(found.uncertain.is_some(), "{code}");
        }
        assert!(
            corrected("C09", "1234567890123456", DataLayout::Iat)
                .uncertain
                .is_some()
        );
    }
}
