//! Money: whole minor units and a currency. Nothing here rounds.

use std::fmt;

use super::error::Wrong;

/// An ISO 4217 currency.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollars: what an ACH file is in.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// Parses a code of three letters in either case: of a currency that people pay in now. Metals, funds, test codes
    /// and what another currency has replaced are none (matcher.md 1.3).
    pub fn parse(text: &str) -> Option<Self> {
        let known = Self::stored(&text.trim().to_ascii_uppercase())?.0;
        // The list has Venezuela's bolivar as replaced; the digital one is a second code of it (ISO 4217, amendment 170).
        let is_replaced = known.is_superseded().is_some() && known != iso_currency::Currency::VES;
        (!known.is_special() && !known.is_fund() && !is_replaced).then_some(Self(known))
    }

    /// The currency that somebody gives, as [`Self::parse`] knows it.
    ///
    /// # Errors
    /// It is not of three letters; or, by rule, the three letters are no currency.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let letters = text.trim();
        let is_code = letters.len() == 3 && letters.bytes().all(|b| b.is_ascii_alphabetic());
        Self::parse(letters).ok_or_else(|| {
            if is_code {
                let code = letters.to_ascii_uppercase();
                Wrong::by_rule(format!("Nobody pays in {code} now; give a currency such as USD."))
            } else {
                "A currency is three letters of ISO 4217, such as USD.".into()
            }
        })
    }

    /// A code that was stored: what was a currency once stays readable.
    pub fn stored(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The three letters beside an amount that is written with a sign; nothing where the amount has them already.
    pub fn beside_amount(self) -> &'static str {
        match self.code() {
            code @ ("USD" | "CAD") => code,
            _ => "",
        }
    }

    /// How many decimals an amount in it has: 2 for USD, 0 for JPY.
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }
}

/// An amount of a currency in minor units (cents). Two currencies cannot be added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// The largest amount we take: 9,999,999,999.99 in two decimals, ten digits before the point as in an ACH file.
pub const MAX_MINOR: i64 = 999_999_999_999;
/// So many digits it has before the point where a currency has no decimals.
const WHOLE: usize = 12;

impl Money {
    /// `minor` minor units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// An end of a range of amounts as it is typed, in the minor units of most currencies; none where nothing is typed.
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub fn read_end(text: &str) -> Result<Option<i64>, String> {
        match text.trim().replace(',', "").as_str() {
            "" => Ok(None),
            text => Ok(Some(Self::parse(text, Currency::USD)?.minor())),
        }
    }

    /// Parses a plain decimal such as `1000`, `1000.5` or `1000.50`. No sign, no exponent, no separators, no blanks, and at
    /// most twelve digits before the point, as many as the largest amount has in any currency.
    ///
    /// # Errors
    /// It is no such decimal; or, by rule, it has more decimals than the currency, or is more than we take with as many
    /// digits.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Wrong> {
        let decimals = currency.decimals() as usize;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || (text.contains('.') && fraction.is_empty())
        {
            return Err("Give an amount in digits, such as 1000.00.".into());
        }
        let more = || format!("The amount is more than {}.", Self::new(MAX_MINOR, currency));
        // What is longer is no amount in any currency, and so no matter of a rule; with zeros before it, badly written.
        if whole.len() > WHOLE {
            let is_more = whole.trim_start_matches('0').len() > WHOLE;
            return Err(Wrong::from(if is_more {
                more()
            } else {
                format!("Give at most {WHOLE} digits before the point.")
            }));
        }
        if fraction.len() > decimals {
            return Err(Wrong::by_rule(match decimals {
                0 => format!("{} has no decimals.", currency.code()),
                n => format!("{} has at most {n} decimals.", currency.code()),
            }));
        }
        let minor = format!("{whole}{fraction:0<decimals$}")
            .parse::<i64>()
            .ok()
            .filter(|m| *m <= MAX_MINOR);
        match minor {
            Some(minor) => Ok(Self { minor, currency }),
            None => Err(Wrong::by_rule(more())),
        }
    }

    /// The same of something that is paid: above zero.
    ///
    /// # Errors
    /// As [`Self::parse`]; or it is zero.
    pub fn parse_paid(text: &str, currency: Currency) -> Result<Self, Wrong> {
        match Self::parse(text, currency)? {
            Self { minor: 0, .. } => Err("Give an amount above zero.".into()),
            money => Ok(money),
        }
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum, or none when the currencies differ or it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self {
                minor,
                currency: self.currency,
            })
    }

    /// As a page writes it: `$1,000.00`, `C$…` for CAD, `1,000.00 EUR` otherwise. Letter by letter, as pages have many.
    pub fn written(self) -> String {
        let (before, after) = match self.currency.code() {
            "USD" => ("$", None),
            "CAD" => ("C$", None),
            code => ("", Some(code)),
        };
        let mut text = String::with_capacity(24);
        if self.minor < 0 {
            text.push('−');
        }
        text.push_str(before);
        let decimals = self.currency.decimals() as usize;
        let digits = self.minor.unsigned_abs().to_string();
        let length = digits.len().max(decimals + 1);
        let zeros = std::iter::repeat_n('0', length - digits.len());
        for (at, digit) in zeros.chain(digits.chars()).enumerate() {
            // As many digits are still to come, of the whole and of the fraction.
            let left = length - at;
            if left == decimals {
                text.push('.');
            } else if at > 0 && left > decimals && (left - decimals).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if let Some(code) = after {
            text.push(' ');
            text.push_str(code);
        }
        text
    }

    /// As the API and form fields write it: `1000.00`.
    pub fn plain(self) -> String {
        let unit = 10_u64.pow(self.currency.decimals());
        let minor = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        match self.currency.decimals() {
            0 => format!("{sign}{minor}"),
            n => format!(
                "{sign}{}.{:0width$}",
                minor / unit,
                minor % unit,
                width = n as usize
            ),
        }
    }
}

/// As [`Money::written`].
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Result<i64, Wrong> {
        Money::parse(text, Currency::USD).map(Money::minor)
    }

    #[test]
    fn only_what_people_pay_in_now_is_a_currency() {
        for code in ["USD", "cad", " jpy ", "XAF", "XOF", "VES", "EUR", "BHD"] {
            assert!(Currency::parse(code).is_some(), "{code}");
        }
        for code in ["XAU", "XXX", "XTS", "XDR", "HRK", "USN", "CLF", "US", "USDX", ""] {
            assert!(Currency::parse(code).is_none(), "{code}");
        }
        assert!(Currency::stored("HRK").is_some());
    }

    #[test]
    fn plain_decimals_are_exact() {
        assert_eq!(usd("0.1"), Ok(10));
        assert_eq!(usd("1000"), Ok(100_000));
        assert_eq!(usd("9999999999.99"), Ok(MAX_MINOR));
    }

    #[test]
    fn anything_else_is_refused_with_a_sentence() {
        for bad in [
            "",
            " 1",
            "1 ",
            "+1",
            "-0",
            "1e3",
            "１",
            "NaN",
            "1,000",
            ".5",
            "5.",
            "0x1",
            "1.234",
            "12345678901234567890",
        ] {
            assert!(usd(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn more_than_we_take_is_a_matter_of_a_rule_as_long_as_it_can_be_an_amount() {
        let more = "The amount is more than $9,999,999,999.99.";
        for (text, wrong) in [
            ("10000000000", Wrong::by_rule(more)),
            ("999999999999", Wrong::by_rule(more)),
            ("1000000000000", Wrong::from(more)),
            (
                "0000000001000",
                Wrong::from("Give at most 12 digits before the point."),
            ),
        ] {
            assert_eq!(usd(text), Err(wrong), "{text}");
        }
        assert_eq!(usd("000000001000"), Ok(100_000));
    }

    #[test]
    fn pages_group_thousands_and_name_the_currency() {
        assert_eq!(
            Money::new(123_456_789, Currency::USD).to_string(),
            "$1,234,567.89"
        );
        assert_eq!(Money::new(-5, Currency::USD).to_string(), "−$0.05");
        assert_eq!(
            Money::new(500, Currency::parse("jpy").unwrap()).to_string(),
            "500 JPY"
        );
        assert_eq!(
            Money::new(100, Currency::parse("EUR").unwrap()).to_string(),
            "1.00 EUR"
        );
        let dinars = |minor| Money::new(minor, Currency::parse("BHD").unwrap()).written();
        assert_eq!(
            [0, 5, 1_234_567, -1_000_000].map(dinars),
            ["0.000 BHD", "0.005 BHD", "1,234.567 BHD", "−1,000.000 BHD"]
        );
        let dollars = |minor| Money::new(minor, Currency::USD).written();
        assert_eq!(
            [0, 10, 99_999, 100_000, i64::MIN].map(dollars),
            [
                "$0.00",
                "$0.10",
                "$999.99",
                "$1,000.00",
                "−$92,233,720,368,547,758.08"
            ]
        );
        let yen = Money::new(1_234_567, Currency::parse("JPY").unwrap());
        assert_eq!(yen.written(), "1,234,567 JPY");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 0..=MAX_MINOR) {
            let money = Money::new(minor, Currency::USD);
            proptest::prop_assert_eq!(Money::parse(&money.plain(), Currency::USD), Ok(money));
        }
    }
}
