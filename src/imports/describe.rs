//! The one sentence that an exception or a report line says of an entry.

use super::item::{Change, Returned, Said};
use crate::{
    ach::{
        codes::{noc_code, noc_code_or_unknown, return_code, return_code_or_unknown},
        return_addenda::ReturnStage,
    },
    kernel::money::{Currency, Money},
};

/// `R01 Insufficient Funds: $123.54 from Paul Jones, WEB TRANSFER of CoinLion`
pub fn returned(said: &Said, found: &Returned, is_matched: bool) -> String {
    let stage = match found.stage {
        ReturnStage::Return => "",
        ReturnStage::Dishonored => "Dishonored return: ",
        ReturnStage::Contested => "Contested dishonored return: ",
    };
    let known = return_code(&found.code).is_some();
    let heading = heading(&found.code, &return_code_or_unknown(&found.code).title, known);
    let payment = if found.is_prenote {
        format!("prenote {}", toward(said))
    } else {
        payment(said)
    };
    let unmatched = if is_matched || found.is_prenote {
        ""
    } else {
        "; no transaction of ours matches"
    };
    format!("{stage}{heading}: {payment}{unmatched}")
}

/// `C01 Incorrect DFI Account Number: Paul Jones, PPD Payroll of CoinLion`
pub fn changed(said: &Said, found: &Change, is_matched: bool) -> String {
    let refusal = if found.is_refusal {
        "Refused notification of change: "
    } else {
        ""
    };
    let known = noc_code(&found.code).is_some();
    let heading = heading(&found.code, &noc_code_or_unknown(&found.code).title, known);
    let unmatched = if is_matched {
        ""
    } else {
        "; no transaction of ours matches"
    };
    format!(
        "{refusal}{heading}: {}{}{unmatched}",
        receiver(said),
        purpose(said)
    )
}

/// `$123.54 from Paul Jones, WEB TRANSFER of CoinLion`
pub fn payment(said: &Said) -> String {
    format!("{} {}{}", money(said.amount), toward(said), purpose(said))
}

/// `prenote to Paul Jones, PPD Payroll of CoinLion`
pub fn prenote(said: &Said) -> String {
    format!("prenote {}{}", toward(said), purpose(said))
}

/// US dollars: an ACH file knows no other.
pub fn money(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}

/// The receiver as people would say it: the name, else the account's last digits.
pub fn receiver(said: &Said) -> String {
    match (said.receiver.name.as_str(), said.receiver.tail.as_str()) {
        ("", "") => "an unnamed receiver".into(),
        ("", tail) => format!("account ••••{tail}"),
        (name, _) => name.into(),
    }
}

fn toward(said: &Said) -> String {
    let word = if said.is_debit { "from" } else { "to" };
    format!("{word} {}", receiver(said))
}

/// `, WEB TRANSFER of CoinLion`, as far as the batch says it.
fn purpose(said: &Said) -> String {
    let batch = &said.batch;
    let what: Vec<&str> = [batch.sec.as_str(), batch.description.as_str()]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect();
    match (what.join(" "), said.company.as_str()) {
        (what, "") if what.is_empty() => String::new(),
        (what, "") => format!(", {what}"),
        (what, company) if what.is_empty() => format!(", of {company}"),
        (what, company) => format!(", {what} of {company}"),
    }
}

/// A code and its title; what a file gives for a code that is not in the table is shown, but not trusted to be short.
fn heading(code: &str, title: &str, known: bool) -> String {
    if known {
        format!("{code} {title}")
    } else {
        let code: String = code.chars().take(3).collect();
        format!("{title} {code}").trim_end().to_owned()
    }
}
