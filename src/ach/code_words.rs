//! The closed vocabularies of the code tables, spelled as the tables spell them.

/// An enum whose variants are words of the tables, with the way there and back.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All variants.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the table, which is also the word shown.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The variant for exactly this word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

vocabulary! {
    /// Whose account a return code is meant for.
    AccountType {
        /// A person's account.
        Consumer = "consumer",
        /// A business's account.
        Corporate = "corporate",
        /// Any account.
        Either = "either",
    }
}

vocabulary! {
    /// By when the sender of a return must act (ach-codes.md section 1).
    ReturnWindow {
        /// By opening of the second banking day after the entry settled.
        TwoBankingDays = "2 banking days",
        /// By opening of the banking day after the 60th calendar day after the entry settled.
        SixtyCalendarDays = "60 calendar days",
        /// With the operator's next file.
        NextFile = "next file delivery (ACH operator reject)",
        /// As the two banks agree.
        ByAgreement = "not defined; agreed between ODFI and RDFI",
        /// As the agency sets.
        FederalAgency = "set by the federal agency (Green Book)",
        /// Counted from the receiver's refusal of a credit.
        TwoBankingDaysAfterRefusal = "2 banking days after the receiver tells its bank it refuses",
        /// Dishonor, counted from the return.
        FiveBankingDaysAfterReturn = "5 banking days after the settlement date of the return",
        /// Contest, counted from the dishonored return.
        TwoBankingDaysAfterDishonor = "2 banking days after the settlement date of the dishonored return",
        /// The code is not in the table.
        Unknown = "not known",
    }
}

vocabulary! {
    /// May the entry be sent again?
    Retryable {
        /// As it is, within the limits of ach-codes.md section 3.
        Yes = "yes",
        /// Only after the condition of the suggested action is met.
        Conditional = "conditional",
        /// Not again; a new payment needs a new basis.
        No = "no",
    }
}

vocabulary! {
    /// Kind of return.
    Kind {
        /// By the receiving bank, in the ordinary window.
        Return = "return",
        /// By the receiving bank, within 60 days.
        Extended = "extended return",
        /// By the ACH operator.
        Reject = "reject",
        /// Of a federal enrollment.
        Enrollment = "return (ENR)",
        /// Of a re-presented check.
        Rck = "return (RCK)",
        /// Of a re-presented check, within 60 days.
        ExtendedRck = "extended return (RCK)",
        /// Of an international entry, by the gateway.
        Iat = "return (IAT)",
        /// Our bank rejects a return.
        Dishonored = "dishonored return",
        /// The receiving bank contests that.
        Contested = "contested dishonored return",
        /// The receiving bank answers with a corrected return.
        Corrected = "corrected return",
    }
}

vocabulary! {
    /// Who sends a return.
    Initiator {
        /// The receiving bank.
        Rdfi = "RDFI",
        /// Our bank.
        Odfi = "ODFI",
        /// The ACH operator.
        Operator = "ACH operator",
        /// The gateway of international entries.
        Gateway = "gateway",
        /// Receiving bank or gateway.
        RdfiOrGateway = "RDFI or gateway",
        /// A federal agency.
        FederalAgency = "federal agency",
        /// The code is not in the table.
        Unknown = "not known",
    }
}

vocabulary! {
    /// Entries a return code may come back for.
    AppliesTo {
        /// Debits only.
        Debit = "debit",
        /// Credits only.
        Credit = "credit",
        /// Either.
        Both = "both",
        /// Federal enrollments.
        Enrollment = "enrollment",
    }
}

vocabulary! {
    /// Return rate a code counts in (ach-codes.md section 11).
    RateBucket {
        /// Only in the overall rate.
        None = "none",
        /// 3.0 % level.
        Administrative = "administrative",
        /// 0.5 % threshold.
        Unauthorized = "unauthorized",
    }
}

vocabulary! {
    /// How urgent an exception is; ordered.
    Severity {
        /// Five banking days.
        Low = "LOW",
        /// Three banking days.
        Medium = "MEDIUM",
        /// Two banking days.
        High = "HIGH",
        /// One banking day.
        Critical = "CRITICAL",
    }
}

/// Is a change code in use?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NocStatus {
    /// In the table of change codes.
    Active,
    /// C04 (since 20 March 2015) and the legacy C10-C12: show, never apply.
    Retired,
    /// C61-C69: our bank refused the notification.
    Refusal,
    /// Not in the table.
    #[default]
    Unknown,
}

impl NocStatus {
    /// The word shown to a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Active => "in use",
            Self::Retired => "retired",
            Self::Refusal => "refusal of a notification of change",
            Self::Unknown => "not known",
        }
    }

    pub(crate) fn of_code(code: &str) -> Self {
        match code.as_bytes() {
            b"C04" | b"C10" | b"C11" | b"C12" => Self::Retired,
            [b'C', b'6', b'1'..=b'9'] => Self::Refusal,
            _ => Self::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_variant() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.words()), Some(*kind));
        }
        for window in ReturnWindow::ALL {
            assert_eq!(ReturnWindow::parse(window.words()), Some(*window));
        }
        assert_eq!(Severity::parse("high"), None);
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::Low < Severity::Medium && Severity::High < Severity::Critical);
    }
}
