//! A severity that many get by hand: what each had, and which way its due time moves. To the hour it is said by each
//! exception's own form: here many share a sentence, as thousands are written at once.

use crate::{
    exceptions::{due, model::Severity, row::ExceptionRow, severity},
    kernel::clock::Ts,
    policies::sla::Sla,
};

/// What an exception gets, as [`severity::set`] will do it at `now`.
///
/// # Errors
/// That it has that severity already.
pub(super) fn rate(row: &ExceptionRow, wanted: Severity, now: Ts, sla: &Sla) -> Result<String, String> {
    severity::check_other(row, wanted)?;
    let (is, was) = (wanted.word(), row.severity.word());
    if wanted == row.severity {
        return Ok(format!("Stays {is}, set by hand from then on."));
    }
    let moves = if wanted < row.severity {
        "It is given the time that it would have had from the beginning."
    } else {
        let mut after = row.clone();
        due::rise(&mut after, wanted, now, sla);
        match (row.due(), after.due()) {
            (Some(before), Some(after)) if after < before => "It is due sooner.",
            (None, _) => "Its SLA stands still while it waits.",
            _ => "Its due time stays.",
        }
    };
    Ok(format!("Gets the severity {is} instead of {was}. {moves}"))
}
