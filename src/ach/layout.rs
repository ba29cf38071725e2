//! Where the entries of each standard entry class keep their fields.

/// Where an entry keeps its fields; follows from the standard entry class of its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// PPD, CCD, WEB, TEL, COR, DNE and unknown classes: id in 40-54, name in 55-76.
    Standard,
    /// CIE and MTE: name in 40-54, id in 55-76.
    NameFirst,
    /// CTX, ENR, TRX, ATX: id in 40-54, number of addenda in 55-58, company in 59-74.
    Company,
    /// POP: check number in 40-48, name in 55-76.
    PointOfPurchase,
    /// SHR: document reference in 44-54, card account in 55-76, no name.
    SharedNetwork,
    /// XCK and TRC: check number in 40-54, no name.
    CheckTruncation,
    /// IAT: account in 40-74; name and more in addenda 10-18.
    Iat,
    /// ADV: amount in 28-39, name in 55-76, no trace number.
    Adv,
}

impl Layout {
    pub(crate) fn of_sec(sec: &[u8]) -> Self {
        match sec {
            b"CIE" | b"MTE" => Self::NameFirst,
            b"CTX" | b"ENR" | b"TRX" | b"ATX" => Self::Company,
            b"POP" => Self::PointOfPurchase,
            b"SHR" => Self::SharedNetwork,
            b"XCK" | b"TRC" => Self::CheckTruncation,
            b"IAT" => Self::Iat,
            b"ADV" => Self::Adv,
            _ => Self::Standard,
        }
    }

    /// Positions of the amount.
    pub(crate) fn amount(self) -> (usize, usize) {
        if self == Self::Adv { (28, 39) } else { (30, 39) }
    }

    /// Positions of the account number.
    pub(crate) fn account(self) -> (usize, usize) {
        match self {
            Self::Iat => (40, 74),
            Self::Adv => (13, 27),
            _ => (13, 29),
        }
    }

    /// Positions of the identification, where the class has one.
    pub(crate) fn individual_id(self) -> Option<(usize, usize)> {
        match self {
            Self::Standard | Self::Company | Self::CheckTruncation => Some((40, 54)),
            Self::NameFirst => Some((55, 76)),
            Self::PointOfPurchase => Some((40, 48)),
            Self::SharedNetwork => Some((44, 54)),
            Self::Iat | Self::Adv => None,
        }
    }

    /// Positions of the name, where the class has one in the entry itself.
    pub(crate) fn name(self) -> Option<(usize, usize)> {
        match self {
            Self::Standard | Self::PointOfPurchase | Self::Adv => Some((55, 76)),
            Self::NameFirst => Some((40, 54)),
            Self::Company => Some((59, 74)),
            Self::SharedNetwork | Self::CheckTruncation | Self::Iat => None,
        }
    }
}
