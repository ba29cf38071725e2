//! What people of a payments team say about exceptions.

use super::{dice::Dice, subjects::Subject};
use crate::exceptions::model::{Kind, ResolutionKind};

/// A comment on an exception.
pub(super) fn comment(subject: Subject, dice: &mut Dice) -> &'static str {
    match (subject.kind, subject.code) {
        (Kind::AchReturn, "R01" | "R09") => dice.pick(&[
            "Payday is Friday, I would retry then rather than tomorrow.",
            "Second NSF this quarter for this payer. Called, no answer, left a voicemail.",
            "Payer says the deposit posts on the 15th. Holding the retry until then.",
            "Balance check came back positive this morning, should clear now.",
            "Reminder e-mail sent with the retry date.",
        ]),
        (Kind::AchReturn, "R02" | "R03" | "R04" | "R20" | "R12" | "R13") => dice.pick(&[
            "Compared with the voided check on file: two digits are swapped.",
            "Customer moved banks last month, new details are on the way.",
            "The leading zero got lost in the spreadsheet upload, same as the last three from this client.",
            "Name on the account does not match ours. Asked the client for a bank letter.",
            "Stopped the schedule until we have a verified account.",
        ]),
        (Kind::AchReturn, "R05" | "R07" | "R10" | "R11" | "R16" | "R29" | "R51") => dice.pick(&[
            "Authorization pulled from the vault: signed electronically, IP and time are there.",
            "All debits to this account are on hold as of now.",
            "Asked the bank for a copy of the written statement.",
            "Customer says they did not recognize the company name on the statement.",
            "Compliance has a copy. Please do not contact the receiver until they say so.",
        ]),
        (Kind::AchNoc | Kind::VerificationNoc, _) => dice.pick(&[
            "New routing number is the merged bank's, check digit is fine.",
            "Next debit to this account is on Thursday, so this goes first.",
            "Checked that no other live account has the new number.",
            "Waiting for the second pair of eyes before I apply it.",
        ]),
        (Kind::Reconciliation, _) => dice.pick(&[
            "Bank line is net of the wire fee, the difference is exactly the fee.",
            "Looks like it settled a day later than our ledger booked it.",
            "Processor confirmed one settlement, so ours is the duplicate.",
            "There is a transaction of nearly the same amount two days before, I think that is the counterpart.",
        ]),
        (Kind::EarnedWageAccess, _) => dice.pick(&[
            "Employer says the timesheet export failed on Tuesday, they will resend.",
            "Recovery on next payday, employee was told.",
            "HR confirms the last working day; open balance goes to final pay.",
        ]),
        _ => dice.pick(&[
            "Asked for a bank letter or a voided check.",
            "Third attempt from the same device, looping in risk.",
            "Customer typed the card number instead of the account number.",
        ]),
    }
}

/// What is noted on the transaction, account or customer: title and text.
pub(super) fn note(subject: Subject, dice: &mut Dice) -> (&'static str, &'static str) {
    match subject.kind {
        Kind::AchReturn => dice.pick(&[
            (
                "Called the payer",
                "Spoke with the account holder. They will fund the account before the next attempt.",
            ),
            (
                "Promise to pay",
                "Payer agreed to the retry by phone; recorded line, agent on file.",
            ),
            (
                "Client informed",
                "Told the client that the return counts toward their administrative rate.",
            ),
        ]),
        Kind::AchNoc | Kind::VerificationNoc => dice.pick(&[
            (
                "Merger",
                "The receiving bank was taken over; expect more changes for this routing number.",
            ),
            (
                "Client informed",
                "Client asked to correct the data in their own system as well.",
            ),
        ]),
        Kind::Reconciliation => dice.pick(&[
            (
                "Asked the bank",
                "Opened a request with the bank's reconciliation desk, answer in two banking days.",
            ),
            (
                "Known timing",
                "This client's Friday batches settle on Monday; the matcher's window is one day.",
            ),
        ]),
        Kind::EarnedWageAccess => (
            "Employer contact",
            "Payroll lead is out until Monday; use the shared mailbox in the meantime.",
        ),
        Kind::VerificationDeclined => (
            "Documents asked for",
            "Asked for a bank letter that shows name, routing number and the last four digits.",
        ),
    }
}

/// Reason and notes of a resolution.
pub(super) fn resolution(kind: ResolutionKind, dice: &mut Dice) -> (&'static str, &'static str) {
    match kind {
        ResolutionKind::Retry => dice.pick(&[
            (
                "",
                "Payer confirmed funds for the retry date. First retry, label RETRY PYMT.",
            ),
            ("", "Balance check positive, retry on payday. Client agreed."),
        ]),
        ResolutionKind::ReplaceTransaction => dice.pick(&[
            (
                "",
                "Account corrected from the voided check and verified; new entry to the corrected account.",
            ),
            (
                "",
                "Customer gave another account. Name and number compared, verified by prenote.",
            ),
        ]),
        ResolutionKind::CorrectAccount => dice.pick(&[
            (
                "",
                "Applied as the bank asks. Check digit verified, no other account has the number.",
            ),
            (
                "",
                "Applied to the account and told the client to correct their records.",
            ),
        ]),
        ResolutionKind::SuspendAccount => dice.pick(&[
            (
                "",
                "All debits stopped. Authorization evidence sent to the bank, client informed.",
            ),
            ("", "Account suspended until the customer gives new details."),
        ]),
        ResolutionKind::ForceMatch => dice.pick(&[
            (
                "",
                "Same payment: reference and party agree, the difference is the bank's fee.",
            ),
            (
                "",
                "Counterpart settled a day later. Compared the bank's advice with our ledger.",
            ),
        ]),
        ResolutionKind::AdjustEntry => dice.pick(&[
            (
                "",
                "Adjusted to the settled amount. Bank statement attached to the client's file.",
            ),
            ("", "Fee booked that the bank took at settlement."),
        ]),
        ResolutionKind::WriteOff => dice.pick(&[
            (
                "Uncollectable",
                "Two retries failed and the payer cannot be reached. Below the client's floor.",
            ),
            (
                "Goodwill",
                "Client carries the loss, confirmed by their account manager.",
            ),
        ]),
        ResolutionKind::NoAction => dice.pick(&[
            (
                "Paid another way",
                "Paid by card this morning, confirmation on file.",
            ),
            (
                "Client handles it",
                "Client collects outside ACH. Schedule stopped, nothing left to do here.",
            ),
            (
                "Duplicate",
                "Same event came in twice; the other exception has the details.",
            ),
            (
                "Already corrected",
                "Corrected in the client's file before this came in.",
            ),
        ]),
    }
}

/// Why a supervisor sent a resolution back.
pub(super) fn returned(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "Please attach the authorization before we close this.",
        "The notes do not say who at the client agreed. Ask again and write it down.",
        "The amount differs from the bank's advice by more than the fee.",
        "This code should not be closed without stopping the schedule.",
    ])
}
