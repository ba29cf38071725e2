//! What is wrong with a file: where, in which field, in a sentence, and what it cost.

use std::fmt;

/// A position in the file as a person counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1. A file without line ends is all line 1.
    pub line: usize,
    /// Column within the line, from 1.
    pub column: usize,
    /// Record, from 1: equal to the line unless a line holds several records.
    pub record: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Odd, but what was read can be relied on.
    Warning,
    /// A rule of the format is broken.
    Error,
}

/// What became of the entry the problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The entry could be read all the same and follows as an event.
    EntryRead,
    /// The entry could not be read; no event follows for it.
    EntryNotRead,
    /// The problem is about no single entry (a header, a control, an unknown record).
    NoEntry,
}

/// One finding in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where the faulty field begins.
    pub place: Place,
    /// Name of the field or record, as the format's documentation calls it.
    pub field: &'static str,
    /// What is wrong, in one sentence for a person.
    pub sentence: String,
    /// Warning or error.
    pub level: Level,
    /// What it cost.
    pub outcome: Outcome,
}

impl Problem {
    /// An error about a header, a control or an unknown record.
    pub(crate) fn error(place: Place, field: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            place,
            field,
            sentence: sentence.into(),
            level: Level::Error,
            outcome: Outcome::NoEntry,
        }
    }

    /// Something odd about a header, a control or the file.
    pub(crate) fn warning(place: Place, field: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(place, field, sentence)
        }
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.field, self.sentence)
    }
}
