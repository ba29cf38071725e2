//! The lifecycle of a transaction: its states, the one table of moves, and who may do what when (domain.md section 4,
//! rocketkor.md 5.2).

use crate::spelled;

spelled! {
    /// Where a transaction is.
    pub enum Status {
        /// Checked and made; nobody else knows of it.
        New = "NEW",
        /// Submitted; can still be taken back.
        Pending = "PENDING",
        /// With the processor; cannot be taken back.
        Processing = "PROCESSING",
        /// The processor has taken it on.
        Approved = "APPROVED",
        /// The money has moved: a payment sent.
        Settled = "SETTLED",
        /// The money has moved: a payment received.
        Cleared = "CLEARED",
        /// Taken back in time.
        Cancelled = "CANCELLED",
        /// The processor refused it.
        Declined = "DECLINED",
        /// A reversal of it was sent.
        Reversed = "REVERSED",
        /// It could not be processed.
        Error = "ERROR",
    }
}

impl Status {
    /// The table of moves: whether a transaction may go from here to `to`.
    pub const fn may_become(self, to: Self) -> bool {
        use Status::{
            Approved, Cancelled, Cleared, Declined, Error, New, Pending, Processing, Reversed, Settled,
        };
        match self {
            New => matches!(to, Pending | Processing | Cancelled | Declined | Error),
            Pending => matches!(to, Processing | Cancelled | Declined | Error),
            Processing => matches!(to, Approved | Settled | Cleared | Declined | Error),
            Approved => matches!(to, Settled | Cleared | Declined | Error),
            Settled | Cleared => matches!(to, Reversed),
            Cancelled | Declined | Reversed | Error => false,
        }
    }

    /// Those in which it can still be taken back: nothing has left the house.
    pub const RETRACTABLE: [Self; 2] = [Self::New, Self::Pending];

    const fn is_ours(self) -> bool {
        matches!(self, Self::New | Self::Pending)
    }

    /// Whether it moved money, or is about to: what counts against the limits and may be matched.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Declined | Self::Error)
    }

    /// Whether it can be edited.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_edit(self) -> Result<(), String> {
        if self.is_ours() {
            return Ok(());
        }
        Err(format!(
            "Only a New or Pending transaction can be edited; this one is {}.",
            self.label()
        ))
    }

    /// Whether it can be cancelled.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_cancel(self) -> Result<(), String> {
        if self.is_ours() {
            return Ok(());
        }
        Err(format!(
            "Only a New or Pending transaction can be cancelled; this one is {}.",
            self.label()
        ))
    }

    /// Whether it can be reversed.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_reverse(self) -> Result<(), String> {
        if matches!(self, Self::Settled | Self::Cleared) {
            return Ok(());
        }
        Err(format!(
            "Only a Settled or Cleared transaction can be reversed; this one is {}.",
            self.label()
        ))
    }

    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Pending => "Pending",
            Self::Processing => "Processing",
            Self::Approved => "Approved",
            Self::Settled => "Settled",
            Self::Cleared => "Cleared",
            Self::Cancelled => "Cancelled",
            Self::Declined => "Declined",
            Self::Reversed => "Reversed",
            Self::Error => "Error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::*;

    #[test]
    fn the_table_of_moves_is_complete() {
        let table: [(Status, &[Status]); 10] = [
            (New, &[Pending, Processing, Cancelled, Declined, Error]),
            (Pending, &[Processing, Cancelled, Declined, Error]),
            (Processing, &[Approved, Settled, Cleared, Declined, Error]),
            (Approved, &[Settled, Cleared, Declined, Error]),
            (Settled, &[Reversed]),
            (Cleared, &[Reversed]),
            (Cancelled, &[]),
            (Declined, &[]),
            (Reversed, &[]),
            (Error, &[]),
        ];
        assert_eq!(table.map(|(from, _)| from), Status::ALL);
        for (from, allowed) in table {
            for to in Status::ALL {
                assert_eq!(from.may_become(*to), allowed.contains(to), "{from} to {to}");
            }
        }
    }

    #[test]
    fn edit_and_cancel_take_new_or_pending_and_reverse_takes_what_has_moved() {
        for status in Status::ALL {
            let ours = matches!(status, New | Pending);
            assert_eq!(status.can_edit().is_ok(), ours, "edit {status}");
            assert_eq!(status.can_cancel().is_ok(), ours, "cancel {status}");
            assert_eq!(
                status.can_reverse().is_ok(),
                matches!(status, Settled | Cleared),
                "reverse {status}"
            );
        }
    }

    #[test]
    fn a_predicate_agrees_with_the_table() {
        for status in Status::ALL {
            assert_eq!(status.can_cancel().is_ok(), status.may_become(Cancelled));
            assert_eq!(status.can_reverse().is_ok(), status.may_become(Reversed));
        }
    }
}
