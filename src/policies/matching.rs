//! How well two transactions fit that may be matched by hand. How far they may be apart is a policy:
//! [`super::thresholds::Thresholds::tolerance`].

/// By how much amounts may differ and still count as near: one percent, at least 5.00 in minor units.
fn near(amount: i64) -> i64 {
    (amount.abs() / 100).max(500)
}

/// So many days the two may be apart.
pub const DAYS: i64 = 5;

/// What is compared of two transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// The amount of ours, in minor units.
    pub amount: i64,
    /// How much the other has more, in minor units.
    pub difference: i64,
    /// How many days they are apart.
    pub days: i64,
    /// How many of the two accounts they share: none, one or both.
    pub shared_accounts: u8,
    /// They have the same trace number.
    pub is_same_trace: bool,
}

impl Likeness {
    /// 0 to 100: half of it for the amount, a quarter for the day, the rest for accounts and trace number. It puts
    /// candidates in order; it decides nothing.
    pub fn score(&self) -> i64 {
        let part = |most: i64, off: i64, limit: i64| most * (limit - off.abs()).max(0) / limit;
        let accounts = match self.shared_accounts {
            0 => 0,
            1 => 8,
            _ => 15,
        };
        part(50, self.difference, near(self.amount))
            + part(25, self.days, DAYS)
            + accounts
            + if self.is_same_trace { 10 } else { 0 }
    }

    /// Why it fits, in a few words.
    pub fn words(&self) -> String {
        let day = match self.days.abs() {
            0 => "same day".to_owned(),
            1 => "1 day apart".to_owned(),
            n => format!("{n} days apart"),
        };
        let accounts = match self.shared_accounts {
            0 => "",
            1 => ", one account in common",
            _ => ", the same accounts",
        };
        format!(
            "{}{day}{accounts}{}",
            if self.difference == 0 { "same amount, " } else { "" },
            if self.is_same_trace {
                ", same trace number"
            } else {
                ""
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: Likeness = Likeness {
        amount: 50_000,
        difference: 0,
        days: 0,
        shared_accounts: 2,
        is_same_trace: true,
    };

    #[test]
    fn near_is_a_percent_and_at_least_five() {
        assert_eq!((near(100), near(50_000), near(1_000_000)), (500, 500, 10_000));
    }

    #[test]
    fn the_more_alike_the_higher_and_never_outside_0_to_100() {
        assert_eq!(SAME.score(), 100);
        let worse = [
            Likeness {
                difference: 100,
                ..SAME
            },
            Likeness {
                difference: -500,
                ..SAME
            },
            Likeness { days: 2, ..SAME },
            Likeness {
                shared_accounts: 1,
                ..SAME
            },
            Likeness {
                is_same_trace: false,
                ..SAME
            },
        ];
        for other in worse {
            assert!((0..100).contains(&other.score()), "{other:?}: {}", other.score());
        }
        assert_eq!(
            Likeness {
                difference: 100,
                ..SAME
            }
            .score(),
            90
        );
        assert_eq!(
            Likeness {
                difference: -100,
                ..SAME
            }
            .score(),
            90
        );
        let nothing = Likeness {
            difference: 900,
            days: 9,
            shared_accounts: 0,
            is_same_trace: false,
            ..SAME
        };
        assert_eq!(nothing.score(), 0);
    }

    #[test]
    fn the_words_say_why() {
        assert_eq!(
            SAME.words(),
            "same amount, same day, the same accounts, same trace number"
        );
        let near = Likeness {
            difference: 100,
            days: 1,
            shared_accounts: 0,
            is_same_trace: false,
            ..SAME
        };
        assert_eq!(near.words(), "1 day apart");
    }
}
