//! What a routing rule says, and whether it fits an exception.

use serde::{Deserialize, Serialize};

use crate::{
    approvals::{Guard, Request},
    db::AnyConnection,
    desk::teams,
    exceptions::{
        model::{Kind, Severity, Source},
        queries::{self, Worker},
        row::ExceptionRow,
    },
    kernel::{
        count::grouped,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, TeamId, TeamMemberId},
        money::{Currency, MAX_MINOR},
        text::Title,
    },
    policies::{self, rules::Rules},
};

/// The most rules that a business account has: what a person still oversees.
pub const MOST_RULES: usize = 20;

/// What rules look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What happened.
    pub kind: Kind,
    /// Return or change code.
    pub code: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// In minor units.
    pub amount: i64,
    /// None where there is no amount.
    pub currency: Option<String>,
    /// Where it came from.
    pub source: Source,
}

impl From<&ExceptionRow> for Facts {
    fn from(row: &ExceptionRow) -> Self {
        Self {
            kind: row.kind,
            code: row.code.clone(),
            severity: row.severity,
            amount: row.amount,
            currency: row.currency.clone(),
            source: row.source,
        }
    }
}

/// To whom a rule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nobody: it stays for everybody, and no later rule is looked at.
    Nobody,
    /// This one, while they are here and have room.
    Member(TeamMemberId),
    /// Whoever of the team has the least to do.
    LeastLoaded(TeamId),
    /// The people of the team, one after the other.
    InTurn(TeamId),
}

const LEAST: &str = "least:";
const TURN: &str = "turn:";
const NOBODY: &str = "nobody";

impl Target {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |_| "Choose who gets it.".to_owned();
        match text {
            "" => Err("Choose who gets it.".into()),
            NOBODY => Ok(Self::Nobody),
            text => match (text.strip_prefix(LEAST), text.strip_prefix(TURN)) {
                (Some(team), _) => team.parse().map(Self::LeastLoaded).map_err(wrong),
                (_, Some(team)) => team.parse().map(Self::InTurn).map_err(wrong),
                _ => text.parse().map(Self::Member).map_err(wrong),
            },
        }
    }

    /// As it is stored.
    pub fn spelled(self) -> String {
        match self {
            Self::Nobody => NOBODY.into(),
            Self::Member(id) => id.to_string(),
            Self::LeastLoaded(team) => format!("{LEAST}{team}"),
            Self::InTurn(team) => format!("{TURN}{team}"),
        }
    }
}

/// One rule. All of what it says must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// As the history names it.
    pub name: String,
    /// What happened.
    pub kind: Option<Kind>,
    /// One of these codes; any when empty.
    pub codes: Vec<String>,
    /// At least so bad.
    pub severity: Option<Severity>,
    /// From and up to these amounts, in whole units of the exception's own currency.
    pub amount: (Option<i64>, Option<i64>),
    /// Where it came from.
    pub source: Option<Source>,
    /// Who gets it.
    pub to: Target,
}

impl Rule {
    /// Whether it is about such an exception.
    pub fn fits(&self, facts: &Facts) -> bool {
        self.kind.is_none_or(|k| k == facts.kind)
            && (self.codes.is_empty() || facts.code.as_ref().is_some_and(|c| self.codes.contains(c)))
            && self.severity.is_none_or(|s| facts.severity >= s)
            && self.source.is_none_or(|s| s == facts.source)
            && self.fits_amount(facts)
    }

    fn fits_amount(&self, facts: &Facts) -> bool {
        let (from, to) = self.amount;
        if (from, to) == (None, None) {
            return true;
        }
        let Some(currency) = facts.currency.as_deref().and_then(Currency::stored) else {
            return false;
        };
        let minor = |major: i64| major.saturating_mul(10_i64.pow(currency.decimals()));
        from.is_none_or(|from| facts.amount >= minor(from)) && to.is_none_or(|to| facts.amount <= minor(to))
    }

    /// In a sentence; `to` is who gets it, in words.
    fn words(&self, to: &str) -> String {
        let mut about: Vec<String> = Vec::new();
        if let Some(kind) = self.kind {
            about.push(kind.label().to_owned());
        }
        if !self.codes.is_empty() {
            about.push(self.codes.join(", "));
        }
        if let Some(severity) = self.severity {
            about.push(format!("{} severity or higher", severity.word()));
        }
        match self.amount {
            (Some(from), Some(to)) => about.push(format!("{} to {}", grouped(from), grouped(to))),
            (Some(from), None) => about.push(format!("{} or more", grouped(from))),
            (None, Some(to)) => about.push(format!("up to {}", grouped(to))),
            (None, None) => {}
        }
        if let Some(source) = self.source {
            about.push(format!("source {}", source.label()));
        }
        let about = if about.is_empty() {
            "everything else".to_owned()
        } else {
            about.join(", ")
        };
        format!("{}: {about} → {to}", self.name)
    }
}

/// A rule as it is typed, stored and asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawRule {
    pub name: String,
    pub kind: String,
    pub codes: String,
    pub severity: String,
    pub amount_from: String,
    pub amount_to: String,
    pub source: String,
    pub to: String,
}

impl From<&Rule> for RawRule {
    fn from(rule: &Rule) -> Self {
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        Self {
            name: rule.name.clone(),
            kind: rule.kind.map(|k| k.to_string()).unwrap_or_default(),
            codes: rule.codes.join(", "),
            severity: rule.severity.map_or("", Severity::as_str).to_owned(),
            amount_from: number(rule.amount.0),
            amount_to: number(rule.amount.1),
            source: rule.source.map(|s| s.to_string()).unwrap_or_default(),
            to: rule.to.spelled(),
        }
    }
}

/// The names of a rule's fields in a form.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub place: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    pub codes: &'static str,
    pub severity: &'static str,
    pub amount_from: &'static str,
    pub amount_to: &'static str,
    pub source: &'static str,
    pub to: &'static str,
}

macro_rules! names {
    ($($n:literal)+) => { [$(Names {
        place: concat!("rule", $n, "_place"),
        name: concat!("rule", $n, "_name"),
        kind: concat!("rule", $n, "_kind"),
        codes: concat!("rule", $n, "_codes"),
        severity: concat!("rule", $n, "_severity"),
        amount_from: concat!("rule", $n, "_amount_from"),
        amount_to: concat!("rule", $n, "_amount_to"),
        source: concat!("rule", $n, "_source"),
        to: concat!("rule", $n, "_to"),
    }),+] };
}

impl Names {
    /// The names of all fields.
    fn all(&self) -> [&'static str; 9] {
        [
            self.place,
            self.name,
            self.kind,
            self.codes,
            self.severity,
            self.amount_from,
            self.amount_to,
            self.source,
            self.to,
        ]
    }
}

/// Which rule of the form a field is of: 1 is the first.
pub fn number_of(field: &str) -> Option<usize> {
    let at = NAMES.iter().position(|names| names.all().contains(&field))?;
    Some(at + 1)
}

/// By the rule's place.
pub const NAMES: [Names; MOST_RULES] = names!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20);

impl RawRule {
    /// Checks one rule; what is wrong is noted under its names.
    fn parse(&self, names: &Names, errors: &mut FieldErrors) -> Option<Rule> {
        let one_of = |text: &str, known: bool| {
            if text.is_empty() || known {
                Ok(())
            } else {
                Err("Choose one of the list.".to_owned())
            }
        };
        let name = errors.take(names.name, Title::parse(&self.name));
        let kind = Kind::parse(&self.kind);
        let severity = Severity::parse(&self.severity);
        let source = Source::parse(&self.source);
        errors.take(names.kind, one_of(&self.kind, kind.is_some()));
        errors.take(names.severity, one_of(&self.severity, severity.is_some()));
        errors.take(names.source, one_of(&self.source, source.is_some()));
        let codes = errors.take(names.codes, self.codes());
        let from = errors
            .take(names.amount_from, amount(&self.amount_from))
            .flatten();
        let to = errors.take(names.amount_to, amount(&self.amount_to)).flatten();
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            errors.add(names.amount_to, "It ends before it begins.");
        }
        let target = errors.take(names.to, Target::parse(&self.to));
        Some(Rule {
            name: name?.as_str().to_owned(),
            kind,
            codes: codes?,
            severity,
            amount: (from, to),
            source,
            to: target?,
        })
    }

    fn codes(&self) -> Result<Vec<String>, String> {
        let codes: Vec<String> = self
            .codes
            .split([',', ' ', ';'])
            .map(|code| code.trim().to_uppercase())
            .filter(|code| !code.is_empty())
            .collect();
        let is_code =
            |code: &String| code.len() <= 40 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if codes.len() <= 100 && codes.iter().all(is_code) {
            Ok(codes)
        } else {
            Err("Give codes such as R01, R09.".into())
        }
    }
}

fn amount(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim().replace(',', "");
    if text.is_empty() {
        return Ok(None);
    }
    let whole: Option<i64> = text.strip_suffix(".00").unwrap_or(&text).parse().ok();
    whole
        .filter(|n| (0..=MAX_MINOR / 100).contains(n))
        .map(Some)
        .ok_or_else(|| "Give a whole amount such as 10000, or none.".into())
}

/// The routing rules of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// In their order.
    pub rules: Vec<Rule>,
    version: i64,
}

impl Routing {
    /// The first rule that fits.
    pub fn first_that_fits(&self, facts: &Facts) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.fits(facts))
    }
}

impl Rules for Routing {
    const KIND: policies::Kind = policies::Kind::Routing;
    type Raw = RawRule;

    fn first() -> Self {
        Self {
            rules: Vec::new(),
            version: 0,
        }
    }

    fn parse(raw: &[RawRule], version: i64) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        if raw.len() > MOST_RULES {
            errors.add(NAMES[0].name, format!("At most {MOST_RULES} rules fit."));
        }
        let rules = raw
            .iter()
            .zip(&NAMES)
            .filter_map(|(rule, names)| rule.parse(names, &mut errors))
            .collect();
        if errors.is_empty() {
            Ok(Self { rules, version })
        } else {
            Err(errors)
        }
    }

    fn check(&self, conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<()> {
        let known = Known::read(conn, account)?;
        let mut errors = FieldErrors::default();
        for (rule, names) in self.rules.iter().zip(&NAMES) {
            if known.name(rule.to).is_none() {
                errors.add(names.to, "Choose somebody who works exceptions here, or a team.");
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.into())
        }
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn raw(&self) -> Vec<RawRule> {
        self.rules.iter().map(RawRule::from).collect()
    }

    fn sentences(&self, conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<String>> {
        let known = Known::read(conn, account)?;
        let words = |rule: &Rule| {
            let to = known.name(rule.to);
            rule.words(to.as_deref().unwrap_or("somebody who is not here any more"))
        };
        Ok(self.rules.iter().map(words).collect())
    }

    fn request(raw: Vec<RawRule>) -> Request {
        Request::RoutingRules { rules: raw }
    }

    fn guard(version: i64) -> Guard {
        Guard::RoutingRules(version)
    }
}

/// Whom rules can give to.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who works exceptions.
    pub workers: Vec<Worker>,
    /// The teams.
    pub teams: Vec<teams::Team>,
}

impl Known {
    /// As it is now.
    pub fn read(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Self> {
        Ok(Self {
            workers: queries::workers(conn, account)?,
            teams: teams::list(conn, account)?,
        })
    }

    /// In words; none when there is no such person or team.
    pub fn name(&self, target: Target) -> Option<String> {
        let team = |id: TeamId| {
            self.teams
                .iter()
                .find(|t| t.row.id == id)
                .map(|t| t.row.name.clone())
        };
        match target {
            Target::Nobody => Some("nobody: it stays for everybody".into()),
            Target::Member(id) => self.workers.iter().find(|w| w.id == id).map(Worker::name),
            Target::LeastLoaded(id) => Some(format!("{}, whoever has the least", team(id)?)),
            Target::InTurn(id) => Some(format!("{}, one after the other", team(id)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawRule {
        RawRule {
            name: "Large".into(),
            to: NOBODY.into(),
            ..RawRule::default()
        }
    }

    fn facts(code: &str, minor: i64) -> Facts {
        Facts {
            kind: Kind::AchReturn,
            code: Some(code.into()),
            severity: Severity::Medium,
            amount: minor,
            currency: Some("USD".into()),
            source: Source::Import,
        }
    }

    fn fits(raw: RawRule, facts: &Facts) -> bool {
        Routing::parse(&[raw], 1)
            .unwrap()
            .first_that_fits(facts)
            .is_some()
    }

    #[test]
    fn all_of_what_a_rule_says_must_be_so() {
        let r01 = facts("R01", 1_000_000);
        assert!(fits(raw(), &r01), "a rule that says nothing fits everything");
        let with = |change: fn(&mut RawRule)| {
            let mut rule = raw();
            change(&mut rule);
            rule
        };
        assert!(fits(with(|r| r.codes = "r09, r01".into()), &r01));
        assert!(!fits(with(|r| r.codes = "R09".into()), &r01));
        assert!(fits(with(|r| r.kind = "ACH_RETURN".into()), &r01));
        assert!(!fits(with(|r| r.kind = "ACH_NOC".into()), &r01));
        assert!(fits(with(|r| r.severity = "MEDIUM".into()), &r01));
        assert!(!fits(with(|r| r.severity = "HIGH".into()), &r01));
        assert!(!fits(with(|r| r.source = "API".into()), &r01));
        assert!(fits(with(|r| r.amount_from = "10,000".into()), &r01));
        assert!(!fits(with(|r| r.amount_from = "10001".into()), &r01));
        assert!(fits(with(|r| r.amount_to = "10000".into()), &r01));
        assert!(!fits(with(|r| r.amount_to = "9999".into()), &r01));
        let none = Facts {
            currency: None,
            amount: 0,
            ..facts("R01", 0)
        };
        assert!(
            !fits(with(|r| r.amount_to = "9999".into()), &none),
            "no amount is no small one"
        );
        let yen = Facts {
            currency: Some("JPY".into()),
            ..facts("R01", 10_000)
        };
        assert!(fits(with(|r| r.amount_from = "10000".into()), &yen));
    }

    #[test]
    fn the_first_that_fits_decides() {
        let named = |name: &str, codes: &str| RawRule {
            name: name.into(),
            codes: codes.into(),
            ..raw()
        };
        let rules = [
            named("No funds", "R01"),
            named("The rest", ""),
            named("Never", "R01"),
        ];
        let routing = Routing::parse(&rules, 1).unwrap();
        let name = |code: &str| routing.first_that_fits(&facts(code, 1)).unwrap().name.clone();
        assert_eq!((name("R01"), name("R02")), ("No funds".into(), "The rest".into()));
    }

    #[test]
    fn wrong_rules_are_refused_field_by_field_and_good_ones_come_back_as_they_were() {
        let wrong = RawRule {
            codes: "R01; --".into(),
            amount_from: "much".into(),
            kind: "ACH".into(),
            ..RawRule::default()
        };
        let errors = Routing::parse(&[wrong], 1).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|e| &*e.field).collect();
        assert_eq!(
            fields,
            [
                "rule1_name",
                "rule1_kind",
                "rule1_codes",
                "rule1_amount_from",
                "rule1_to"
            ]
        );
        let good = RawRule {
            codes: "R01, R09".into(),
            amount_from: "10".into(),
            amount_to: "20".into(),
            severity: "HIGH".into(),
            ..raw()
        };
        let routing = Routing::parse(std::slice::from_ref(&good), 1).unwrap();
        assert_eq!(routing.raw(), [good]);
        let backwards = RawRule {
            amount_from: "20".into(),
            amount_to: "10".into(),
            ..raw()
        };
        assert!(Routing::parse(&[backwards], 1).is_err());
    }
}
