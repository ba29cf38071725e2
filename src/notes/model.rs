//! A note, and what it can be about.

use diesel::prelude::*;

use crate::{
    auth::actor::ActorKind,
    db::schema::notes,
    exceptions::model::Entity,
    history::{EntityType, model::Anything},
    kernel::{
        clock::Ts,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, Id, NoteId},
        text::{NoteText, NoteTitle},
    },
    spelled,
};

spelled! {
    /// What a note is about (`entityType` in the API).
    pub enum Noted {
        /// A customer.
        Customer = "CUSTOMER",
        /// A recipient.
        Recipient = "RECIPIENT",
        /// A team member.
        TeamMember = "TEAM_MEMBER",
        /// A financial account.
        FinancialAccount = "FINANCIAL_ACCOUNT",
        /// A transaction.
        Transaction = "TRANSACTION",
        /// A scheduled transaction.
        ScheduledTransaction = "SCHEDULED_TRANSACTION",
    }
}

impl Noted {
    /// As a sentence has it: "the account".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Customer => "the customer",
            Self::Recipient => "the recipient",
            Self::TeamMember => "the team member",
            Self::FinancialAccount => "the account",
            Self::Transaction => "the transaction",
            Self::ScheduledTransaction => "the scheduled transaction",
        }
    }

    /// In the history.
    pub const fn entity_type(self) -> EntityType {
        match self {
            Self::Customer => EntityType::Customer,
            Self::Recipient => EntityType::Recipient,
            Self::TeamMember => EntityType::TeamMember,
            Self::FinancialAccount => EntityType::FinancialAccount,
            Self::Transaction => EntityType::Transaction,
            Self::ScheduledTransaction => EntityType::ScheduledTransaction,
        }
    }
}

impl From<Entity> for Noted {
    fn from(entity: Entity) -> Self {
        match entity {
            Entity::Transaction => Self::Transaction,
            Entity::FinancialAccount => Self::FinancialAccount,
            Entity::Customer => Self::Customer,
        }
    }
}

/// A note as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = notes)]
pub struct NoteRow {
    pub id: NoteId,
    pub business_account_id: BusinessAccountId,
    pub entity_id: Id<Anything>,
    pub entity_type: Noted,
    /// Empty when there is none; then there is a text.
    pub title: String,
    /// Empty when there is none; then there is a title.
    pub text: String,
    pub created_by_kind: ActorKind,
    pub created_by_id: Option<Id<Anything>>,
    pub created_by_name: String,
    pub created_at: Ts,
    pub updated_by_kind: ActorKind,
    pub updated_by_id: Option<Id<Anything>>,
    pub updated_at: Ts,
    /// 1 as it was written; more once it was changed.
    pub version: i64,
    pub updated_by_name: String,
}

/// A note's title and text, checked: at most 128 and 1000 characters, and not both empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    title: String,
    text: String,
}

impl Words {
    /// Checks what was typed.
    ///
    /// # Errors
    /// A sentence for each wrong field, `title` and `content_text`.
    pub fn parse(title: &str, text: &str) -> AppResult<Self> {
        let mut errors = FieldErrors::default();
        let title = errors.take(
            "title",
            unless_blank(title, |t| Ok(NoteTitle::parse(t)?.as_str().to_owned())),
        );
        let text = errors.take(
            "content_text",
            unless_blank(text, |t| Ok(NoteText::parse(t)?.as_str().to_owned())),
        );
        let words = Self {
            title: title.unwrap_or_default(),
            text: text.unwrap_or_default(),
        };
        if errors.is_empty() && words.title.is_empty() && words.text.is_empty() {
            errors.refuse("content_text", "Write a text or a title.");
        }
        if errors.is_empty() {
            Ok(words)
        } else {
            Err(errors.into())
        }
    }

    /// The title; may be empty.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn unless_blank(typed: &str, parse: impl FnOnce(&str) -> Result<String, String>) -> Result<String, String> {
    if typed.trim().is_empty() {
        Ok(String::new())
    } else {
        parse(typed)
    }
}

/// A note as the history has it: the title on a line of its own above the text.
pub fn told(title: &str, text: &str) -> String {
    format!("{title}\n{text}").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_a_title_or_a_text_of_bounded_length() {
        assert_eq!(Words::parse(" Call ", " ").unwrap().title(), "Call");
        assert_eq!(Words::parse("", "x\ny ").unwrap().text(), "x\ny");
        assert!(Words::parse(&"ü".repeat(128), &"ü".repeat(1000)).is_ok());
        let fields = |title: &str, text: &str| match Words::parse(title, text) {
            Err(crate::kernel::error::AppError::Invalid(errors)) => {
                errors.iter().map(|e| e.field.clone()).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        assert_eq!(fields(" ", "\n"), ["content_text"]);
        assert_eq!(
            fields(&"ü".repeat(129), &"ü".repeat(1001)),
            ["title", "content_text"]
        );
        assert_eq!(fields("a\0", "b"), ["title"]);
    }
}
