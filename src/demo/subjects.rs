//! What exceptions are about, as often as in real life.

use super::dice::Dice;
use crate::exceptions::model::{Kind, ResolutionKind};

/// What an exception is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    /// Return or change code; empty where the type has none.
    pub(super) code: &'static str,
    /// A reconciliation break's reason.
    pub(super) reason: &'static str,
}

const RETURNS: [(u32, &str); 26] = [
    (400, "R01"),
    (120, "R03"),
    (100, "R02"),
    (75, "R10"),
    (45, "R29"),
    (40, "R09"),
    (40, "R04"),
    (38, "R08"),
    (24, "R20"),
    (20, "R07"),
    (18, "R16"),
    (14, "R11"),
    (14, "R17"),
    (10, "R05"),
    (9, "R06"),
    (8, "R14"),
    (8, "R15"),
    (8, "R12"),
    (7, "R13"),
    (7, "R23"),
    (5, "R24"),
    (4, "R31"),
    (4, "R51"),
    (4, "R68"),
    (3, "R69"),
    (2, "R97"),
];

const CHANGES: [(u32, &str); 9] = [
    (38, "C01"),
    (22, "C02"),
    (14, "C05"),
    (11, "C03"),
    (6, "C06"),
    (4, "C07"),
    (3, "C09"),
    (2, "C13"),
    (1, "C04"),
];

const DECLINES: [(u32, &str); 6] = [
    (32, "R03"),
    (22, "R04"),
    (16, "R02"),
    (8, "R20"),
    (5, "R16"),
    (12, ""),
];

/// ach-codes.md section 11.
const BREAKS: [(u32, &str); 17] = [
    (20, "UNMATCHED"),
    (18, "AMOUNT_DIFFERENCE"),
    (14, "TIMING"),
    (10, "FEE_VARIANCE"),
    (9, "MISSING_IN_BANK"),
    (8, "MISSING_IN_LEDGER"),
    (8, "RETURN_NOT_BOOKED"),
    (6, "DUPLICATE_TRANSACTION"),
    (5, "REVERSAL_NOT_BOOKED"),
    (4, "SOURCE_MISMATCH"),
    (3, "SPLIT_INCOMPLETE"),
    (2, "VALIDATION_FAILED"),
    (2, "FEE_DATA_MISSING"),
    (1, "BANK_ERROR"),
    (1, "FX_RATE_UNAVAILABLE"),
    (1, "MISSING_BASE_AMOUNT"),
    (1, "FEE_CURRENCY_MISMATCH"),
];

impl Subject {
    /// One, as often as in real life.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let kind = dice.weighted(&[
            (60, Kind::AchReturn),
            (11, Kind::AchNoc),
            (12, Kind::Reconciliation),
            (7, Kind::VerificationDeclined),
            (7, Kind::EarnedWageAccess),
            (3, Kind::VerificationNoc),
        ]);
        let (code, reason) = match kind {
            Kind::AchReturn => (dice.weighted(&RETURNS), ""),
            Kind::AchNoc => (dice.weighted(&CHANGES), ""),
            Kind::VerificationNoc => (dice.pick(&["C01", "C01", "C02", "C05"]), ""),
            Kind::VerificationDeclined => (dice.weighted(&DECLINES), ""),
            Kind::Reconciliation => ("", dice.weighted(&BREAKS)),
            Kind::EarnedWageAccess => ("", ""),
        };
        Self { kind, code, reason }
    }

    /// How somebody closed it. Without a transaction there is less that could be done.
    pub(super) fn resolution(self, has_transaction: bool, dice: &mut Dice) -> ResolutionKind {
        use ResolutionKind::{
            AdjustEntry, CorrectAccount, ForceMatch, NoAction, ReplaceTransaction, Retry, SuspendAccount,
            WriteOff,
        };
        let drawn = match (self.kind, self.code) {
            (Kind::AchReturn, "R01" | "R09") => dice.weighted(&[
                (60, Retry),
                (22, NoAction),
                (10, WriteOff),
                (8, ReplaceTransaction),
            ]),
            (Kind::AchReturn, "R02" | "R03" | "R04" | "R20" | "R12" | "R13") => {
                dice.weighted(&[(45, ReplaceTransaction), (25, SuspendAccount), (30, NoAction)])
            }
            (Kind::AchReturn, "R05" | "R07" | "R10" | "R11" | "R16" | "R29" | "R51") => {
                dice.weighted(&[(55, SuspendAccount), (30, NoAction), (15, WriteOff)])
            }
            (Kind::AchNoc | Kind::VerificationNoc, "C04" | "C09" | "C13") => NoAction,
            (Kind::AchNoc | Kind::VerificationNoc, _) => {
                dice.weighted(&[(85, CorrectAccount), (15, NoAction)])
            }
            (Kind::Reconciliation, _) => {
                dice.weighted(&[(50, ForceMatch), (30, AdjustEntry), (8, WriteOff), (12, NoAction)])
            }
            (Kind::EarnedWageAccess, _) => dice.weighted(&[(75, NoAction), (25, WriteOff)]),
            _ => NoAction,
        };
        match drawn {
            ForceMatch | AdjustEntry | Retry | ReplaceTransaction | WriteOff if !has_transaction => NoAction,
            drawn => drawn,
        }
    }

    /// The original entry was a debit of the other side.
    pub(super) fn is_debit(self, dice: &mut Dice) -> bool {
        match self.code {
            "R23" | "R24" => false,
            "R01" | "R09" | "R08" | "R10" | "R29" | "R05" | "R07" | "R11" | "R51" => true,
            _ => dice.chance(70),
        }
    }
}
