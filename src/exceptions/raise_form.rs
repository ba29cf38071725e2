//! An exception as a client or a line of a file names it: raw texts in, an exception to raise or everything that is
//! wrong out.

use super::{
    model::{Category, Entity, Kind, Source},
    raise::{NewException, Said},
};
use crate::{
    accounts,
    db::AnyConnection,
    kernel::{
        error::{AppError, AppResult, FieldErrors, Wrong},
        id::{BusinessAccountId, FinancialAccountId, Id, TransactionId},
        money::{Currency, Money},
        text::{Reason, Title, account_tail},
    },
    transactions,
};

/// What was sent, as it was sent; none is not said.
#[derive(Clone, Debug, Default)]
pub struct RaiseForm {
    pub category: Option<String>,
    pub r#type: Option<String>,
    pub description: Option<String>,
    pub entity_id: Option<String>,
    pub entity_type: Option<String>,
    pub transaction_id: Option<String>,
    pub amount: Option<String>,
    pub currency: Option<String>,
    pub reason: Option<String>,
    pub return_code: Option<String>,
    pub party: Option<String>,
    /// The number of the party's account; no more than its last four characters are kept.
    pub account_number: Option<String>,
    pub corrected_data: Option<String>,
}

impl RaiseForm {
    /// Checks all of it. The category may be left out where the type has only one; the entity where there is a
    /// transaction, which is then the affected one.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn parse(&self) -> AppResult<NewException> {
        let mut errors = FieldErrors::default();
        let kind = errors.take("type", self.kind());
        let category = errors.settle("category", self.category(kind)).flatten();
        let description = errors.take(
            "description",
            Reason::parse(self.description.as_deref().unwrap_or_default())
                .map_err(|why| why.replace("A reason", "A description")),
        );
        let transaction = self.transaction_id.as_deref().map(|text| {
            text.parse::<TransactionId>()
                .map_err(|_| "There is no such transaction in this business account.".to_owned())
        });
        let transaction = transaction.and_then(|parsed| errors.allow("transaction_id", parsed));
        let amount = self.money(&mut errors);
        let entity = self.entity(transaction, category, &mut errors);
        // A transaction that is affected is the one it is about, where no other is named.
        let affected = entity.filter(|(id, kind)| *kind == Entity::Transaction && !id.is_nil());
        let transaction = transaction.or(affected.map(|(id, _)| TransactionId::from_uuid(id)));
        let reason = self.reason.as_deref().map(|text| word(text, "A reason"));
        let reason = reason.and_then(|parsed| errors.take("reason", parsed));
        let code = self.return_code.as_deref().map(code);
        let code = code.and_then(|parsed| errors.take("return_code", parsed));
        let party = self
            .party
            .as_deref()
            .map(|text| Title::parse(text).map(|t| t.as_str().to_owned()));
        let party = party.and_then(|parsed| errors.take("party", parsed));
        let said = self
            .corrected_data
            .as_deref()
            .map(|text| short(text, "Corrected data"));
        let corrected_data = said.and_then(|parsed| errors.take("corrected_data", parsed));
        let account = self
            .account_number
            .as_deref()
            .map(|text| short(text, "An account number"));
        let account = account.and_then(|parsed| errors.take("account_number", parsed));
        match (kind, category, description, entity) {
            (Some(kind), Some(category), Some(description), Some((entity_id, entity_type)))
                if errors.is_empty() =>
            {
                Ok(NewException {
                    category,
                    kind,
                    description: description.as_str().to_owned(),
                    entity_id,
                    entity_type,
                    transaction_id: transaction,
                    amount,
                    reason,
                    code,
                    party: party.unwrap_or_default(),
                    account_tail: account.map(|number| account_tail(&number)).unwrap_or_default(),
                    source: Source::Api,
                    said: Said {
                        corrected_data,
                        ..Said::default()
                    },
                })
            }
            _ => Err(errors.into()),
        }
    }

    /// Checks all of it, and what it names.
    ///
    /// # Errors
    /// Every field that is wrong; when none is, every one that names what is not there.
    pub fn check(&self, conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<NewException> {
        let new = self.parse()?;
        self.check_links(conn, account, &new)?;
        Ok(new)
    }

    /// The second half of it.
    ///
    /// # Errors
    /// As [`check_links`], by the names that were sent.
    pub fn check_links(
        &self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        new: &NewException,
    ) -> AppResult<()> {
        check_links(conn, account, new).map_err(|error| match error {
            // The one transaction was sent as the affected entity.
            AppError::Invalid(errors) if self.transaction_id.is_none() => {
                AppError::Invalid(errors.renamed("transaction_id", "entity_id"))
            }
            other => other,
        })
    }

    fn kind(&self) -> Result<Kind, String> {
        let known: Vec<&str> = Kind::ALL.iter().map(|k| k.as_str()).collect();
        Kind::parse(self.r#type.as_deref().unwrap_or_default())
            .ok_or_else(|| format!("A type is one of {}.", known.join(", ")))
    }

    /// Said, or the only one that fits; none when the type is not known, which is told by itself.
    fn category(&self, kind: Option<Kind>) -> Result<Option<Category>, Wrong> {
        let known: Vec<&str> = Category::ALL.iter().map(|c| c.as_str()).collect();
        let wrong = format!("A category is one of {}.", known.join(", "));
        let fitting = |kind: Kind| -> Vec<Category> {
            Category::ALL.iter().copied().filter(|c| kind.fits(*c)).collect()
        };
        match (self.category.as_deref(), kind) {
            (Some(text), kind) => {
                let category = Category::parse(text).ok_or(wrong)?;
                match kind {
                    Some(kind) if !kind.fits(category) => Err(Wrong::by_rule(format!(
                        "An exception of type {kind} does not have the category {category}."
                    ))),
                    _ => Ok(Some(category)),
                }
            }
            (None, Some(kind)) => match &fitting(kind)[..] {
                [only] => Ok(Some(*only)),
                several => {
                    let several: Vec<&str> = several.iter().map(|c| c.as_str()).collect();
                    Err(Wrong::by_rule(format!(
                        "An exception of type {kind} needs its category: {}.",
                        several.join(" or ")
                    )))
                }
            },
            (None, None) => Ok(None),
        }
    }

    fn money(&self, errors: &mut FieldErrors) -> Option<Money> {
        let currency = match self.currency.as_deref() {
            None => Some(Currency::USD),
            Some(text) => errors.settle("currency", Currency::read(text)),
        };
        let text = self.amount.as_deref()?;
        errors.settle(
            "amount",
            Money::parse(text.trim(), currency.unwrap_or(Currency::USD)),
        )
    }

    /// The affected entity: said, or the transaction.
    fn entity(
        &self,
        transaction: Option<TransactionId>,
        category: Option<Category>,
        errors: &mut FieldErrors,
    ) -> Option<(uuid::Uuid, Entity)> {
        let known: Vec<&str> = Entity::ALL.iter().map(|e| e.as_str()).collect();
        let usual = match category {
            Some(Category::Customer) => Entity::Customer,
            Some(Category::BankAccountVerification) => Entity::FinancialAccount,
            _ => Entity::Transaction,
        };
        let kind = match self.entity_type.as_deref() {
            None => Some(usual),
            Some(text) => errors.take(
                "entity_type",
                Entity::parse(text).ok_or_else(|| format!("An entity type is one of {}.", known.join(", "))),
            ),
        };
        let id = match self.entity_id.as_deref() {
            Some(text) => errors.settle(
                "entity_id",
                match text.parse::<uuid::Uuid>() {
                    Ok(id) if id.is_nil() => Err(Wrong::by_rule("Nothing has this id.")),
                    Ok(id) => Ok(id),
                    Err(_) => Err("An entity's id is a UUID.".into()),
                },
            ),
            None if kind == Some(Entity::Transaction) => {
                Some(transaction.map_or(uuid::Uuid::nil(), crate::kernel::id::Id::uuid))
            }
            None => {
                errors.refuse("entity_id", "Give the id of the affected account or customer.");
                None
            }
        };
        id.zip(kind)
    }
}

/// Checks what can only be known from the database.
///
/// # Errors
/// `Invalid` when the business account has no such transaction or financial account. Customers, recipients and
/// scheduled transactions are kept by other systems.
fn check_links(conn: &mut AnyConnection, account: BusinessAccountId, new: &NewException) -> AppResult<()> {
    let mut errors = FieldErrors::default();
    if let Some(id) = new.transaction_id
        && transactions::queries::find(conn, account, id)?.is_none()
    {
        errors.refuse(
            "transaction_id",
            "There is no such transaction in this business account.",
        );
    }
    let entity = new.entity_id;
    let is_there = match new.entity_type {
        _ if entity.is_nil() || new.transaction_id.map(Id::uuid) == Some(entity) => true,
        Entity::Transaction => {
            transactions::queries::find(conn, account, TransactionId::from_uuid(entity))?.is_some()
        }
        Entity::FinancialAccount => {
            accounts::queries::find(conn, account, FinancialAccountId::from_uuid(entity))?.is_some()
        }
        Entity::Customer => true,
    };
    if !is_there {
        errors.refuse("entity_id", "There is no such entity in this business account.");
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

/// `AMOUNT_DIFFERENCE`: what a reconciliation calls its breaks.
fn word(text: &str, what: &str) -> Result<String, String> {
    let is_word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if (1..=64).contains(&text.len()) && text.chars().all(is_word) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{what} is a word such as AMOUNT_DIFFERENCE, of at most 64 capitals."
    ))
}

/// `R01`, `C02`: a letter and two digits.
fn code(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_uppercase();
    match text.as_bytes() {
        [b'R' | b'C', b'0'..=b'9', b'0'..=b'9'] => Ok(text),
        _ => Err("A code is R or C and two digits, such as R01.".into()),
    }
}

fn short(text: &str, what: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 35 || text.chars().any(char::is_control) {
        return Err(format!("{what} has 1 to 35 characters."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(form: &RaiseForm) -> Vec<String> {
        match form.parse() {
            Err(AppError::Invalid(errors)) => errors.iter().map(|e| e.field.to_string()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_return_needs_a_type_and_a_description() {
        let form = RaiseForm {
            r#type: Some("ACH_RETURN".into()),
            description: Some("R01".into()),
            return_code: Some("r01".into()),
            amount: Some("12.50".into()),
            account_number: Some("123456789".into()),
            ..RaiseForm::default()
        };
        let new = form.parse().unwrap();
        assert_eq!(
            (new.category, new.code.as_deref()),
            (Category::Transaction, Some("R01"))
        );
        assert_eq!(
            (new.amount.unwrap().plain().as_str(), new.account_tail.as_str()),
            ("12.50", "6789")
        );
        assert_eq!(wrong(&RaiseForm::default()), ["type", "description"]);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let form = RaiseForm {
            category: Some("CUSTOMER".into()),
            r#type: Some("ACH_RETURN".into()),
            description: Some("x".repeat(1001)),
            entity_id: Some("nobody".into()),
            entity_type: Some("SHIP".into()),
            transaction_id: Some("1".into()),
            amount: Some("1e3".into()),
            currency: Some("XX".into()),
            reason: Some("lower".into()),
            return_code: Some("Z1".into()),
            party: Some(" ".into()),
            account_number: Some("9".repeat(36)),
            corrected_data: Some(String::new()),
        };
        assert_eq!(
            wrong(&form),
            [
                "category",
                "description",
                "transaction_id",
                "currency",
                "amount",
                "entity_type",
                "entity_id",
                "reason",
                "return_code",
                "party",
                "corrected_data",
                "account_number"
            ]
        );
        let account = RaiseForm {
            r#type: Some("BANK_ACCOUNT_VERIFICATION_DECLINED".into()),
            description: Some("declined".into()),
            ..RaiseForm::default()
        };
        assert_eq!(wrong(&account), ["entity_id"]);
        let wage = RaiseForm {
            r#type: Some("EARNED_WAGE_ACCESS".into()),
            description: Some("late".into()),
            ..RaiseForm::default()
        };
        assert_eq!(wrong(&wage), ["category"]);
    }
}
