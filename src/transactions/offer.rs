//! What the forms of transactions offer: accounts and payment reasons.

use super::payment_reasons::{self, PaymentReason};
use crate::{
    accounts::{self, AccountRow},
    db::AnyConnection,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId},
        money::{Currency, Money},
        text::capitalised,
    },
    policies::limits::Left,
    web::ui::{Choice, Fact},
};

/// So many accounts are offered in a select; those that are chosen already always are, and any other is found by text.
const OFFERED: usize = 100;

/// With fewer accounts than this nobody needs to look for one.
const FEW: usize = 20;

/// What finds an account, ready to print.
#[derive(Clone, Default)]
pub struct Find {
    /// There are accounts enough to look for one.
    pub shown: bool,
    /// What was typed.
    pub value: String,
    /// What is offered.
    pub said: String,
}

impl Find {
    /// Whether a form is sent to find an account: by its button, or by Enter where another text was typed than the last.
    pub fn is_asked(step: &str, typed: &str, last: &str) -> bool {
        step == "find" || (step != "edit" && typed.trim() != last.trim())
    }

    /// Where a text has found so many.
    fn of(typed: &str, found: usize) -> Self {
        let said = match (found, typed) {
            (n, "") if n >= OFFERED => format!(
                "Only the first {OFFERED} by name are offered: find others by name, holder or the last four digits."
            ),
            (_, "") => "By name, holder or the last four digits; those found are offered below.".into(),
            (0, _) => format!(
                "No account is found by “{typed}”: give whole words of its name or holder, of which the last may be \
                 cut short, or its last four digits."
            ),
            _ => format!("What is found by “{typed}” is offered below."),
        };
        Self {
            shown: found >= FEW || !typed.is_empty(),
            value: typed.to_owned(),
            said,
        }
    }
}

/// The accounts that may be used, by name, those with a text where one is given, and what to say of that; and `chosen`
/// ones also when they may not. [`accounts::index::refresh`] goes before, so that the text finds what is new.
pub fn accounts(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    find: &str,
    chosen: impl IntoIterator<Item = FinancialAccountId>,
) -> AppResult<(Vec<AccountRow>, Find)> {
    let most = i64::try_from(OFFERED).unwrap_or(i64::MAX);
    let typed = find.trim();
    let mut all = match typed {
        "" => accounts::queries::list_usable(conn, account, most)?,
        text => accounts::queries::list_with_text(conn, account, text, most)?,
    };
    let said = Find::of(typed, all.len());
    let mut others: Vec<_> = chosen.into_iter().collect();
    others.retain(|id| all.iter().all(|a| a.id != *id));
    all.extend(accounts::queries::list_by_ids(conn, account, &others)?);
    Ok((all, said))
}

/// The payment reasons that may be chosen.
pub fn reasons(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<PaymentReason>> {
    payment_reasons::list(conn, account)
}

/// The accounts by name; when what was chosen is not among them, nothing is chosen.
pub fn account_choices(accounts: &[AccountRow], chosen: &str) -> Vec<Choice> {
    let known = accounts.iter().map(|a| Choice {
        selected: a.id.to_string() == chosen,
        value: a.id.to_string(),
        label: match a.can_pay() {
            Ok(()) => a.label(),
            Err(_) => format!("{} (not active)", a.label()),
        },
    });
    with_nothing(known.collect())
}

/// Payment reasons as options of a select.
pub fn reason_choices(reasons: &[PaymentReason], chosen: &str) -> Vec<Choice> {
    let known = reasons.iter().map(|r| (r.slug.as_str(), r.label.as_str()));
    with_nothing(super::words::choices(known, chosen))
}

/// With an empty choice before the others, where nothing is chosen.
pub fn with_nothing(mut choices: Vec<Choice>) -> Vec<Choice> {
    if choices.iter().all(|c| !c.selected) {
        choices.insert(
            0,
            Choice {
                value: String::new(),
                label: "Choose one".into(),
                selected: true,
            },
        );
    }
    choices
}

/// What is left from the account that is chosen; before one is, only what the rule is.
pub fn limits(left: Option<Left>, currency: Currency) -> Vec<Fact> {
    let rule = Left::after(0, currency);
    match left {
        Some(left) => vec![
            Fact::new("Per transaction", left.per_transaction.to_string()),
            Fact::new("Left today from this account", left.today.to_string()),
        ],
        None => vec![
            Fact::new("Per transaction", rule.per_transaction.to_string()),
            Fact::new("Per day and account", rule.today.to_string()),
        ],
    }
}

/// What a second person must agree to: the rules, one sentence each.
pub fn consents(rules: &[String]) -> Option<Fact> {
    let all: Vec<String> = rules.iter().map(|rule| capitalised(rule)).collect();
    (!all.is_empty()).then(|| Fact::new("Approval", all.join(" ")))
}

/// What is left when a payment of `money` from an account is made.
pub fn limits_after(from: &AccountRow, left: Left, money: Money) -> Vec<Fact> {
    let rest = Money::new((left.today.minor() - money.minor()).max(0), money.currency());
    vec![
        Fact::new(
            "One transaction",
            format!("{money} of at most {}", left.per_transaction),
        ),
        Fact::new("Left today after it", format!("{rest} from {}", from.label())),
    ]
}
