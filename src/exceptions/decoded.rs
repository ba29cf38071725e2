//! The entry of a file as it is told on the exception's page: its fields by name, its records with the account
//! number masked, and a notification's corrected data beside what we have.

use std::borrow::Cow;

use super::{model::Kind, raise::entry_place, row::SourceRow, words::sentence_case};
use crate::{
    accounts::words::{ACCOUNT_NUMBER, KIND_OF_ACCOUNT, ROUTING_NUMBER},
    ach::{
        TransactionCode,
        noc::Corrected,
        reader::{Event, Reader},
        routing::CheckDigit,
        transaction_code::{AccountKind, Direction},
    },
    kernel::{
        crypto::Vault,
        error::AppResult,
        money::{Currency, Money},
        text::account_tail,
    },
    web::ui::{Change, Fact, Tag, Tone},
};

/// What the file said of an exception.
#[derive(Default)]
pub struct Decoded {
    /// The fields of the entry.
    pub facts: Vec<Fact>,
    /// The records, account numbers masked.
    pub line: Option<String>,
    /// Corrected data against what we have.
    pub changes: Vec<Change>,
    /// The corrected data as it was read.
    pub corrected: Option<Corrected>,
}

/// Reads the sealed entry of an exception.
pub fn decode(vault: &Vault, kind: Kind, source: &SourceRow) -> AppResult<Decoded> {
    let Some(sealed) = &source.entry_sealed else {
        return Ok(Decoded::default());
    };
    let bytes = vault.open(&entry_place(source.exception_id), sealed)?;
    let entry = Reader::new(&bytes).find_map(|event| match event {
        Event::Entry(entry) => Some(entry),
        _ => None,
    });
    // Where no entry can be read, nobody knows where its account number is: then nothing of it is shown.
    let Some(entry) = entry else {
        return Ok(Decoded::default());
    };
    let account = entry.account();
    let mut facts = vec![
        Fact::new("Receiver", entry.individual_name()),
        Fact::new("Account", mask(&account)),
        Fact::new("Receiving bank", entry.routing()).fixed(true),
        Fact::new("Identification", entry.individual_id()).fixed(true),
        Fact::new("Trace number", entry.trace()).fixed(true),
    ];
    // The entry of a notification of change moves no money.
    if entry.amount() != 0 {
        let amount = Money::new(entry.amount(), Currency::USD);
        facts.insert(3, Fact::new("Amount", amount.to_string()));
    }
    let mut hidden = vec![account.trim().to_owned()];
    let mut corrected = None;
    if let Some(back) = entry.return_addenda() {
        facts.push(Fact::new("Original trace", back.original_trace()).fixed(true));
        facts.push(Fact::new("Bank's words", back.information()));
    }
    if let Some(notice) = entry.noc_addenda() {
        facts.push(Fact::new("Original trace", notice.original_trace()).fixed(true));
        let read = notice.corrected();
        hidden.extend(read.account.clone());
        hidden.push(read.raw.trim().to_owned());
        corrected = Some(read);
    }
    facts.retain(|f| !f.value.trim().is_empty());
    let changes = match &corrected {
        Some(corrected) if kind.is_noc() => {
            changes(corrected, &entry.routing(), &account, entry.transaction_code())
        }
        _ => Vec::new(),
    };
    let line = hidden
        .iter()
        .fold(masked(&bytes, ""), |text, number| hide(&text, number));
    Ok(Decoded {
        facts,
        line: Some(line),
        changes,
        corrected,
    })
}

/// Old value, new value, and whether the check digit is right.
fn changes(corrected: &Corrected, routing: &str, account: &str, sent_with: TransactionCode) -> Vec<Change> {
    let change = |label: &str, before: String, after: String, verdict| Change {
        label: label.into(),
        changed: before != after,
        before,
        after,
        verdict,
    };
    let mut list = Vec::new();
    if let Some(new) = &corrected.routing {
        list.push(change(
            ROUTING_NUMBER,
            routing.to_owned(),
            new.clone(),
            corrected.routing_check.map(verdict),
        ));
    }
    if let Some(new) = &corrected.account {
        list.push(change(ACCOUNT_NUMBER, mask(account), mask(new), None));
    }
    if let Some(new) = corrected.transaction_code {
        list.extend(other_code(sent_with, new));
    }
    let others = [
        ("Identification", corrected.individual_id.clone()),
        ("Entry class", corrected.sec.clone()),
        ("Name", corrected.name.clone()),
        ("Foreign bank", corrected.foreign_bank.clone()),
    ];
    list.extend(
        others
            .into_iter()
            .filter_map(|(label, new)| Some(change(label, String::new(), new?, None))),
    );
    list
}

/// Another transaction code is another kind of account: the direction of future entries stays (ach-codes.md section 9,
/// C05). The notification's own entry has the code of notifications of the account that the payment was sent to.
fn other_code(sent_with: TransactionCode, new: TransactionCode) -> [Change; 2] {
    let direction = sent_with.direction();
    let kind = |code: TransactionCode| code.account().map_or("", AccountKind::words);
    let sent = sent_with
        .account()
        .and_then(|account| TransactionCode::of_payment(account, direction));
    let before = sent.map(TransactionCode::words).unwrap_or_default();
    let after = new.words();
    let turned = (new.direction() != direction).then(|| Tag {
        tone: Tone::Amber,
        icon: "triangle-alert",
        text: match direction {
            Direction::Debit => "Debits stay debits".into(),
            Direction::Credit => "Credits stay credits".into(),
        },
    });
    [
        Change {
            label: "Transaction code".into(),
            changed: before != after,
            before,
            after,
            verdict: turned,
        },
        Change {
            label: KIND_OF_ACCOUNT.into(),
            changed: kind(sent_with) != kind(new),
            before: sentence_case(kind(sent_with)),
            after: sentence_case(kind(new)),
            verdict: None,
        },
    ]
}

fn verdict(check: CheckDigit) -> Tag {
    match check {
        CheckDigit::Valid => Tag {
            tone: Tone::Green,
            icon: "circle-check",
            text: "Check digit is right".into(),
        },
        CheckDigit::Wrong { expected } => Tag {
            tone: Tone::Red,
            icon: "circle-x",
            text: format!("Check digit should be {expected}"),
        },
        CheckDigit::NotNineDigits => Tag {
            tone: Tone::Red,
            icon: "circle-x",
            text: "Not nine digits".into(),
        },
    }
}

/// `••••6789`
pub fn mask(number: &str) -> String {
    if number.trim().is_empty() {
        String::new()
    } else {
        format!("••••{}", account_tail(number))
    }
}

fn masked(bytes: &[u8], number: &str) -> String {
    hide(&String::from_utf8_lossy(bytes), number)
}

/// Puts dots in place of all but the tail of `number` wherever it stands.
fn hide<'a>(text: &'a str, number: &str) -> String {
    let number = number.trim();
    if number.len() < 4 {
        return text.to_owned();
    }
    let tail = account_tail(number);
    let dots = number.chars().count() - tail.chars().count();
    let hidden: Cow<'a, str> = text
        .replace(number, &format!("{}{tail}", "•".repeat(dots)))
        .into();
    hidden.into_owned()
}
