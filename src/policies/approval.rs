//! Which changes wait for other people (domain.md section 6): the rules, and what they ask of a change.

use serde::{Deserialize, Serialize};

use super::rules::{self, Rules};
use crate::{
    approvals::{Guard, Request},
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::AnyConnection,
    kernel::{
        count::grouped,
        error::{AppResult, FieldErrors},
        id::BusinessAccountId,
        money::{Currency, MAX_MINOR, Money},
    },
    spelled,
};

/// The most rules that a business account has: what a person still oversees.
pub const MOST_RULES: usize = 12;

/// The most people who must agree to one change.
pub const MOST_PEOPLE: i64 = 3;

spelled! {
    /// What a rule is about.
    pub enum Subject {
        /// Everything that moves money.
        Payment = "PAYMENT",
        /// A transaction that is made.
        NewTransaction = "NEW_TRANSACTION",
        /// One that takes the place of another.
        Edit = "EDIT",
        /// One that is taken back.
        Reversal = "REVERSAL",
        /// One that is sent again.
        Retry = "RETRY",
        /// The routing or account number of a financial account.
        AccountNumber = "ACCOUNT_NUMBER",
    }
}

impl Subject {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Payment => "Every payment",
            Self::NewTransaction => "A new transaction",
            Self::Edit => "An edit of a transaction",
            Self::Reversal => "A reversal",
            Self::Retry => "A retry",
            Self::AccountNumber => "Another routing or account number",
        }
    }

    fn covers(self, what: Self) -> bool {
        self == what || (self == Self::Payment && what != Self::AccountNumber)
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Payment => "a transaction",
            Self::NewTransaction => "a new transaction",
            Self::Edit => "an edit of a transaction",
            Self::Reversal => "a reversal",
            Self::Retry => "a retry",
            Self::AccountNumber => "another routing or account number",
        }
    }
}

spelled! {
    /// Whose changes a rule is about.
    pub enum By {
        /// Everybody's but Docket's own.
        Anyone = "ANYONE",
        /// Those of people.
        TeamMember = "TEAM_MEMBER",
        /// Those of clients of the API.
        ServiceAccount = "SERVICE_ACCOUNT",
        /// Those of people in this role.
        Owner = "OWNER",
        /// As above.
        Manager = "MANAGER",
        /// As above.
        Finance = "FINANCE",
        /// As above.
        Clerk = "CLERK",
    }
}

impl By {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Anyone => "Anyone",
            Self::TeamMember => "Team members",
            Self::ServiceAccount => "Service accounts",
            Self::Owner => "Owners",
            Self::Manager => "Managers",
            Self::Finance => "Finance",
            Self::Clerk => "Clerks",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Anyone | Self::TeamMember => "",
            Self::ServiceAccount => " by a service account",
            Self::Owner => " by an Owner",
            Self::Manager => " by a Manager",
            Self::Finance => " by Finance",
            Self::Clerk => " by a Clerk",
        }
    }

    fn is(self, maker: Maker) -> bool {
        let in_role = |role| maker.kind == ActorKind::Employee && maker.role == Some(role);
        match self {
            Self::Anyone => maker.kind != ActorKind::Internal,
            Self::TeamMember => maker.kind == ActorKind::Employee,
            Self::ServiceAccount => maker.kind == ActorKind::ServiceAccount,
            Self::Owner => in_role(Role::Owner),
            Self::Manager => in_role(Role::Manager),
            Self::Finance => in_role(Role::Finance),
            Self::Clerk => in_role(Role::Clerk),
        }
    }
}

/// Who makes a change, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    /// Person, service account or Docket itself.
    pub kind: ActorKind,
    /// None for who is not here any more.
    pub role: Option<Role>,
}

/// A change that rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// What it is; never [`Subject::Payment`].
    pub of: Subject,
    /// How much it moves; none for an account.
    pub money: Option<Money>,
    /// The money goes to another account than before.
    pub is_elsewhere: bool,
}

/// One rule. All of what it says must be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What.
    pub of: Subject,
    /// From this amount on, in major units of the transaction's own currency.
    pub from: Option<i64>,
    /// Only money that goes to another account than before.
    pub is_elsewhere: bool,
    /// Whose.
    pub by: By,
    /// How many other people must agree.
    pub people: i64,
}

impl Rule {
    fn asks(&self, maker: Maker, change: &Change) -> bool {
        let is_enough = match (self.from, change.money) {
            (None, _) => true,
            (Some(from), Some(money)) => money.minor() >= in_minor(from, money.currency()).minor(),
            (Some(_), None) => false,
        };
        self.of.covers(change.of)
            && self.by.is(maker)
            && is_enough
            && (!self.is_elsewhere || change.is_elsewhere)
    }

    /// In a sentence, with its amount in `currency` where that is known.
    pub fn words(&self, currency: Option<Currency>) -> String {
        let from = self.from.map(|from| match currency {
            Some(currency) => in_minor(from, currency).to_string(),
            None => format!("{}.00", grouped(from)),
        });
        let what = match (self.of, from, self.is_elsewhere) {
            (Subject::Payment, None, true) => "money that goes to another account than before".to_owned(),
            (of, Some(from), true) => {
                format!(
                    "{} of {from} or more that goes to another account than before",
                    of.noun()
                )
            }
            (of, Some(from), false) => format!("{} of {from} or more", of.noun()),
            (of, None, true) => format!("{} to another account than before", of.noun()),
            (of, None, false) => of.noun().to_owned(),
        };
        let who = match self.people {
            1 => "a second person",
            2 => "two other people",
            _ => "three other people",
        };
        format!("{what}{} needs {who}.", self.by.words())
    }
}

fn in_minor(major: i64, currency: Currency) -> Money {
    Money::new(major.saturating_mul(10_i64.pow(currency.decimals())), currency)
}

/// A rule as it is typed, stored and asked for: texts, checked each time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawRule {
    pub of: String,
    pub from: String,
    pub elsewhere: String,
    pub by: String,
    pub people: String,
}

impl From<&Rule> for RawRule {
    fn from(rule: &Rule) -> Self {
        Self {
            of: rule.of.as_str().into(),
            from: rule.from.map(|n| n.to_string()).unwrap_or_default(),
            elsewhere: if rule.is_elsewhere { "1" } else { "" }.into(),
            by: rule.by.as_str().into(),
            people: rule.people.to_string(),
        }
    }
}

/// The names of a rule's fields in a form.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub of: &'static str,
    pub from: &'static str,
    pub elsewhere: &'static str,
    pub by: &'static str,
    pub people: &'static str,
}

macro_rules! names {
    ($($n:literal)+) => { [$(Names {
        of: concat!("rule", $n, "_of"),
        from: concat!("rule", $n, "_from"),
        elsewhere: concat!("rule", $n, "_elsewhere"),
        by: concat!("rule", $n, "_by"),
        people: concat!("rule", $n, "_people"),
    }),+] };
}

/// By the rule's place.
pub const NAMES: [Names; MOST_RULES] = names!(1 2 3 4 5 6 7 8 9 10 11 12);

impl RawRule {
    /// Checks one rule; what is wrong is noted under its names.
    fn parse(&self, names: &Names, errors: &mut FieldErrors) -> Option<Rule> {
        let choose = |what: &str| format!("Choose {what}.");
        let of = errors.take(
            names.of,
            Subject::parse(&self.of).ok_or_else(|| choose("what the rule is about")),
        );
        let by = errors.take(
            names.by,
            By::parse(&self.by).ok_or_else(|| choose("whose changes it is about")),
        );
        let people = errors.take(names.people, self.people());
        let from = errors.take(names.from, self.amount()).flatten();
        let is_elsewhere = self.elsewhere == "1";
        if of == Some(Subject::AccountNumber) && from.is_some() {
            errors.add(
                names.from,
                "The number of an account has no amount: leave it empty.",
            );
            return None;
        }
        Some(Rule {
            of: of?,
            from,
            // Another number is another account.
            is_elsewhere: is_elsewhere && of != Some(Subject::AccountNumber),
            by: by?,
            people: people?,
        })
    }

    fn people(&self) -> Result<i64, String> {
        let people = self.people.trim().parse().ok();
        people
            .filter(|n| (1..=MOST_PEOPLE).contains(n))
            .ok_or_else(|| format!("One to {MOST_PEOPLE} other people can be asked for."))
    }

    fn amount(&self) -> Result<Option<i64>, String> {
        let text = self.from.trim().replace(',', "");
        if text.is_empty() {
            return Ok(None);
        }
        let whole: Option<i64> = text.strip_suffix(".00").unwrap_or(&text).parse().ok();
        whole
            .filter(|n| (1..=MAX_MINOR / 100).contains(n))
            .map(Some)
            .ok_or_else(|| "Give a whole amount such as 10000, or none for every amount.".into())
    }
}

/// The rules of a business account, and which version of them it is: 0 for those it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalPolicy {
    /// In the order they were written; all of them are looked at.
    pub rules: Vec<Rule>,
    /// Of these rules.
    pub version: i64,
}

/// What a change waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The rule, in a sentence.
    pub why: String,
    /// How many other people.
    pub people: i64,
}

impl ApprovalPolicy {
    /// What a change waits for; none when it is done at once. Where several rules ask, the one that asks most.
    pub fn asks(&self, maker: Maker, change: &Change) -> Option<Consent> {
        let mut found: Option<&Rule> = None;
        for rule in self.rules.iter().filter(|rule| rule.asks(maker, change)) {
            if found.is_none_or(|former| rule.people > former.people) {
                found = Some(rule);
            }
        }
        found.map(|rule| Consent {
            why: format!("Rule: {}", rule.words(change.money.map(Money::currency))),
            people: rule.people,
        })
    }
}

impl Rules for ApprovalPolicy {
    const KIND: super::Kind = super::Kind::Approvals;
    type Raw = RawRule;

    // Domain.md section 6. Service accounts act for systems that have their own approvals, so the rules for money are
    // for team members.
    fn first() -> Self {
        let rule = |of, from, is_elsewhere, by| Rule {
            of,
            from,
            is_elsewhere,
            by,
            people: 1,
        };
        Self {
            rules: vec![
                rule(Subject::Payment, Some(10_000), false, By::TeamMember),
                rule(Subject::Payment, None, true, By::TeamMember),
                rule(Subject::AccountNumber, None, false, By::Anyone),
            ],
            version: 0,
        }
    }

    fn parse(raw: &[RawRule], version: i64) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        if raw.len() > MOST_RULES {
            errors.add(NAMES[0].of, format!("At most {MOST_RULES} rules fit."));
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

    fn version(&self) -> i64 {
        self.version
    }

    fn raw(&self) -> Vec<RawRule> {
        self.rules.iter().map(RawRule::from).collect()
    }

    fn sentences(&self, _conn: &mut AnyConnection, _account: BusinessAccountId) -> AppResult<Vec<String>> {
        Ok(self.rules.iter().map(|rule| rule.words(None)).collect())
    }

    fn request(raw: Vec<RawRule>) -> Request {
        Request::ApprovalRules { rules: raw }
    }

    fn guard(version: i64) -> Guard {
        Guard::ApprovalRules(version)
    }
}

/// The rules that a change of this kind by `actor` may meet, in sentences: what a form says before anything is typed.
pub fn rules_about(
    conn: &mut AnyConnection,
    actor: &Actor,
    of: Subject,
    currency: Currency,
) -> AppResult<Vec<String>> {
    let maker = Maker {
        kind: actor.kind,
        role: Some(actor.role),
    };
    let policy: ApprovalPolicy = rules::of(conn, actor.business_account)?;
    let met = policy
        .rules
        .iter()
        .filter(|rule| rule.of.covers(of) && rule.by.is(maker));
    Ok(met.map(|rule| rule.words(Some(currency))).collect())
}

/// What a change of `actor` waits for; none when it is done at once.
pub fn consent(conn: &mut AnyConnection, actor: &Actor, change: &Change) -> AppResult<Option<Consent>> {
    let maker = Maker {
        kind: actor.kind,
        role: Some(actor.role),
    };
    let policy: ApprovalPolicy = rules::of(conn, actor.business_account)?;
    Ok(policy.asks(maker, change))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(kind: ActorKind, role: Role) -> Maker {
        Maker {
            kind,
            role: Some(role),
        }
    }

    fn payment(minor: i64, is_elsewhere: bool) -> Change {
        Change {
            of: Subject::NewTransaction,
            money: Some(Money::new(minor, Currency::USD)),
            is_elsewhere,
        }
    }

    const NUMBER: Change = Change {
        of: Subject::AccountNumber,
        money: None,
        is_elsewhere: false,
    };

    fn raw(of: &str, from: &str, by: &str, people: &str) -> RawRule {
        RawRule {
            of: of.into(),
            from: from.into(),
            by: by.into(),
            people: people.into(),
            elsewhere: String::new(),
        }
    }

    #[test]
    fn at_first_ten_thousand_waits_and_a_cent_less_does_not() {
        let (first, person) = (ApprovalPolicy::first(), maker(ActorKind::Employee, Role::Owner));
        let asked = first.asks(person, &payment(1_000_000, false)).unwrap();
        assert_eq!(
            (asked.why.as_str(), asked.people),
            (
                "Rule: a transaction of $10,000.00 or more needs a second person.",
                1
            )
        );
        assert_eq!(first.asks(person, &payment(999_999, false)), None);
        let yen = Currency::parse("JPY").unwrap();
        let in_yen = |minor| Change {
            money: Some(Money::new(minor, yen)),
            ..payment(1, false)
        };
        assert!(first.asks(person, &in_yen(10_000)).is_some());
        assert!(first.asks(person, &in_yen(9_999)).is_none());
    }

    #[test]
    fn at_first_another_account_waits_at_any_amount_and_a_service_account_never() {
        let first = ApprovalPolicy::first();
        let asked = first
            .asks(maker(ActorKind::Employee, Role::Clerk), &payment(1, true))
            .unwrap();
        assert_eq!(
            asked.why,
            "Rule: money that goes to another account than before needs a second person."
        );
        let client = maker(ActorKind::ServiceAccount, Role::Owner);
        assert_eq!(first.asks(client, &payment(99_999_999, true)), None);
        assert!(first.asks(client, &NUMBER).is_some());
        assert!(
            first
                .asks(maker(ActorKind::Internal, Role::Owner), &NUMBER)
                .is_none()
        );
    }

    #[test]
    fn the_rule_that_asks_most_counts_and_each_looks_at_its_own() {
        let policy = ApprovalPolicy::parse(
            &[
                raw("PAYMENT", "1000", "ANYONE", "1"),
                raw("NEW_TRANSACTION", "5,000.00", "CLERK", "2"),
                raw("EDIT", "", "SERVICE_ACCOUNT", "1"),
            ],
            3,
        )
        .unwrap();
        let (clerk, owner) = (
            maker(ActorKind::Employee, Role::Clerk),
            maker(ActorKind::Employee, Role::Owner),
        );
        let client = maker(ActorKind::ServiceAccount, Role::Clerk);
        let people = |who, change: &Change| policy.asks(who, change).map(|c| c.people);
        assert_eq!(people(clerk, &payment(499_999, false)), Some(1));
        assert_eq!(people(clerk, &payment(500_000, false)), Some(2));
        assert_eq!(people(owner, &payment(500_000, false)), Some(1));
        assert_eq!(people(client, &payment(500_000, false)), Some(1));
        let edit = Change {
            of: Subject::Edit,
            ..payment(1, false)
        };
        assert_eq!((people(client, &edit), people(clerk, &edit)), (Some(1), None));
        assert_eq!(people(clerk, &NUMBER), None);
        assert_eq!(
            policy.rules[1].words(Some(Currency::USD)),
            "a new transaction of $5,000.00 or more by a Clerk needs two other people."
        );
    }

    #[test]
    fn wrong_rules_are_told_field_by_field_and_right_ones_survive_being_written() {
        let wrong = [
            raw("CASH", "1.5", "NOBODY", "4"),
            raw("ACCOUNT_NUMBER", "5", "ANYONE", "0"),
        ];
        let errors = ApprovalPolicy::parse(&wrong, 1).unwrap_err();
        for field in [
            "rule1_of",
            "rule1_from",
            "rule1_by",
            "rule1_people",
            "rule2_from",
            "rule2_people",
        ] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        let many = vec![raw("EDIT", "", "ANYONE", "1"); MOST_RULES + 1];
        assert!(ApprovalPolicy::parse(&many, 1).is_err());
        let first = ApprovalPolicy::first();
        let again: Vec<RawRule> = first.rules.iter().map(RawRule::from).collect();
        assert_eq!(ApprovalPolicy::parse(&again, 0).unwrap(), first);
    }
}
