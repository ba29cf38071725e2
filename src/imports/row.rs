//! A line of a CSV file: the exception that it raises.

use super::{
    csv_head::Column,
    entry::{Context, Done},
    model::{Outcome, Tallies},
};
use crate::{
    ach::problem::{Place, Problem},
    db::Tx,
    exceptions::{
        model::Source,
        raise::{NewException, raise},
        raise_form::RaiseForm,
    },
    kernel::error::{AppError, AppResult, FieldErrors},
};

/// What a line says. It may hold an account number, so it is not for printing: there is no `Debug`.
pub struct Row {
    /// Line of the file, from 1.
    pub line: i64,
    /// Keyed hash of what makes it the same line in another file.
    pub fingerprint: Vec<u8>,
    /// Its sender's own name for it.
    pub reference: Option<String>,
    /// What its cells say.
    pub form: RaiseForm,
    /// The columns of the file in their order.
    pub places: Vec<Option<&'static Column>>,
}

impl Row {
    /// What is wrong with it, at the first cell that is.
    pub fn problem(&self, errors: &FieldErrors) -> Problem {
        let place_of = |field: &str| {
            let mut fields = self.places.iter().map(|column| column.map(|c| c.field));
            fields.position(|f| f == Some(field)).map(|index| index + 1)
        };
        let first = errors.iter().find_map(|error| place_of(&error.field));
        let line = usize::try_from(self.line).unwrap_or(usize::MAX);
        let place = Place {
            line,
            column: first.unwrap_or(1),
            record: line,
        };
        let sentences: Vec<&str> = errors.iter().map(|e| e.sentence.as_str()).collect();
        let name = self
            .reference
            .as_ref()
            .map(|r| format!("{r}: "))
            .unwrap_or_default();
        let sentence = format!("{name}{} The line was left out.", sentences.join(" "));
        Problem::error(place, "line", sentence)
    }

    /// The line of the report once it is raised.
    fn sentence(&self, new: &NewException) -> String {
        let name = self
            .reference
            .as_ref()
            .map(|r| format!("{r}: "))
            .unwrap_or_default();
        let code = new.code.as_ref().map(|c| format!(" {c}")).unwrap_or_default();
        format!("{name}{}{code}: {}", new.kind.label(), new.description)
    }

    /// Counts what it raises.
    pub fn count(new: &NewException, tallies: &mut Tallies) {
        tallies.add_money(new.kind, new.code.as_deref().unwrap_or_default(), new.amount);
    }
}

/// Raises the exception of a line, or says why not.
pub fn apply(tx: &mut Tx<'_>, context: &mut Context<'_>, row: &Row) -> AppResult<Result<Done, Problem>> {
    let mut new = match row.form.check(tx.conn, context.actor.business_account) {
        Ok(new) => new,
        Err(AppError::Invalid(errors)) => return Ok(Err(row.problem(&errors))),
        Err(error) => return Err(error),
    };
    new.source = Source::Import;
    new.said.import = Some(context.import);
    new.said.line = Some(row.line);
    let (sentence, transaction) = (row.sentence(&new), new.transaction_id);
    Row::count(&new, &mut context.raised);
    let exception = raise(tx, context.vault, context.actor, &context.policies, new)?;
    Ok(Ok(Done {
        outcome: Outcome::Raised,
        sentence,
        exception: Some(exception),
        transaction,
    }))
}
