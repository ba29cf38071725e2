//! A dispute, its states and moves, and a piece of evidence.

use diesel::prelude::*;

use crate::{
    auth::actor::ActorKind,
    db::schema::{disputes, evidence},
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, DisputeId, EvidenceId, ExceptionId, Id},
    },
    spelled,
};

/// The most pieces of evidence in one dispute: what Matcher documents.
pub const MOST_EVIDENCE: usize = 50;

/// The longest address of a file elsewhere (matcher.md 1.5).
const LONGEST_URL: usize = 2048;

spelled! {
    /// What a dispute is about (matcher.md 1.5).
    pub enum DisputeCategory {
        /// The bank took a wrong fee.
        BankFeeError = "BANK_FEE_ERROR",
        /// Nobody knows the charge.
        UnrecognizedCharge = "UNRECOGNIZED_CHARGE",
        /// The payment is there twice.
        DuplicateTransaction = "DUPLICATE_TRANSACTION",
        /// The amounts differ.
        AmountMismatch = "AMOUNT_MISMATCH",
        /// Something else, said in the description.
        Other = "OTHER",
    }
}

impl DisputeCategory {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BankFeeError => "Bank fee error",
            Self::UnrecognizedCharge => "Unrecognized charge",
            Self::DuplicateTransaction => "Duplicate transaction",
            Self::AmountMismatch => "Amount mismatch",
            Self::Other => "Other",
        }
    }
}

spelled! {
    /// Where a dispute stands.
    pub enum DisputeState {
        /// Being written; nobody sees one.
        Draft = "DRAFT",
        /// Under way.
        Open = "OPEN",
        /// Evidence was asked for.
        PendingEvidence = "PENDING_EVIDENCE",
        /// Decided for us, for good.
        Won = "WON",
        /// Decided against us.
        Lost = "LOST",
    }
}

impl DisputeState {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Open => "Open",
            Self::PendingEvidence => "Waiting for evidence",
            Self::Won => "Won",
            Self::Lost => "Lost",
        }
    }
}

/// What can be done with a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeAct {
    /// The draft is opened.
    Open,
    /// Evidence is asked for.
    RequestEvidence,
    /// Evidence comes in.
    AddEvidence,
    /// It is decided for us.
    Win,
    /// It is decided against us.
    Lose,
    /// A lost one is taken up again.
    Reopen,
}

impl DisputeAct {
    /// Every act.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::RequestEvidence,
        Self::AddEvidence,
        Self::Win,
        Self::Lose,
        Self::Reopen,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Open => "it is open already",
            Self::RequestEvidence => "evidence is asked for only while it is open",
            Self::AddEvidence => "evidence is added only before it is closed",
            Self::Win | Self::Lose => "only one that is under way is closed",
            Self::Reopen => "only one that was lost is reopened",
        }
    }
}

impl DisputeState {
    /// The table of moves (matcher.md 2.2).
    ///
    /// # Errors
    /// `RuleRefuses` with the reason.
    pub fn after(self, act: DisputeAct) -> AppResult<Self> {
        match (self, act) {
            (Self::Draft, DisputeAct::Open)
            | (Self::Open | Self::PendingEvidence, DisputeAct::AddEvidence)
            | (Self::Lost, DisputeAct::Reopen) => Ok(Self::Open),
            (Self::Open, DisputeAct::RequestEvidence) => Ok(Self::PendingEvidence),
            (Self::Open | Self::PendingEvidence, DisputeAct::Win) => Ok(Self::Won),
            (Self::Open | Self::PendingEvidence, DisputeAct::Lose) => Ok(Self::Lost),
            _ => Err(AppError::refused(
                Code::RuleRefuses,
                format!("The dispute is “{}”: {}.", self.label(), act.words()),
            )),
        }
    }
}

/// One row of `disputes`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = disputes)]
pub struct DisputeRow {
    pub id: DisputeId,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    pub category: DisputeCategory,
    pub state: DisputeState,
    pub description: String,
    /// What it came to; none until it is closed.
    pub resolution: Option<String>,
    /// Why it was taken up again, the last time.
    pub reopen_reason: Option<String>,
    pub opened_by_kind: ActorKind,
    pub opened_by_id: Option<Id<Anything>>,
    pub opened_by_name: String,
    pub created_at: Ts,
    pub updated_at: Ts,
    pub version: i64,
}

/// One row of `evidence`: a comment, and with it a file of ours, an address elsewhere, or neither.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = evidence)]
pub struct EvidenceRow {
    pub id: EvidenceId,
    pub business_account_id: BusinessAccountId,
    pub dispute_id: DisputeId,
    pub comment: String,
    /// An https address that a client gave.
    pub file_url: Option<String>,
    pub file_name: Option<String>,
    /// By its content.
    pub file_type: Option<String>,
    /// In bytes.
    pub file_size: Option<i64>,
    /// Of the file as it was sent.
    pub sha256: Option<Vec<u8>>,
    pub submitted_by_kind: ActorKind,
    pub submitted_by_id: Option<Id<Anything>>,
    pub submitted_by_name: String,
    pub submitted_at: Ts,
}

/// The address of a file elsewhere: https with a host, and nothing that a browser would not take as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUrl(String);

impl FileUrl {
    /// Checks what a client sent.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().count() > LONGEST_URL {
            return Err(format!("An address has at most {LONGEST_URL} characters."));
        }
        let host = text
            .strip_prefix("https://")
            .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let has_host = host.is_some_and(|h| {
            let name = h.rsplit('@').next().unwrap_or_default();
            !name.is_empty() && !name.starts_with(':')
        });
        if has_host
            && !text
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            Ok(Self(text.to_owned()))
        } else {
            Err("Give an address such as https://files.example.com/receipt.pdf.".into())
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_by_every_act_is_as_matchers_table_says() {
        use DisputeAct as A;
        use DisputeState as S;
        // matcher.md 2.2, and evidence as it says below.
        let allowed = [
            (S::Draft, A::Open, S::Open),
            (S::Open, A::RequestEvidence, S::PendingEvidence),
            (S::Open, A::AddEvidence, S::Open),
            (S::Open, A::Win, S::Won),
            (S::Open, A::Lose, S::Lost),
            (S::PendingEvidence, A::AddEvidence, S::Open),
            (S::PendingEvidence, A::Win, S::Won),
            (S::PendingEvidence, A::Lose, S::Lost),
            (S::Lost, A::Reopen, S::Open),
        ];
        for state in S::ALL {
            for act in A::ALL {
                let expected = allowed.iter().find(|(from, by, _)| from == state && *by == act);
                match (state.after(act), expected) {
                    (Ok(to), Some((_, _, wanted))) => assert_eq!(to, *wanted),
                    (Err(refusal), None) => {
                        assert_eq!(refusal.code(), Code::RuleRefuses);
                        assert!(refusal.sentence().contains(state.label()));
                    }
                    (got, wanted) => panic!("{state:?} {act:?}: {got:?}, not {wanted:?}"),
                }
            }
        }
    }

    #[test]
    fn an_address_is_https_with_a_host() {
        for good in ["https://a.test", " https://files.example.com/x?y=1#z "] {
            assert_eq!(FileUrl::parse(good).unwrap().as_str(), good.trim());
        }
        let long = format!("https://a.test/{}", "x".repeat(2048));
        for bad in [
            "",
            "http://a.test",
            "https://",
            "https:///x",
            "https://:443/",
            "https://user@/x",
            "//a.test",
            "javascript:alert(1)",
            "https://a.test/ b",
            "https://a.test\\b",
            &long,
        ] {
            assert!(FileUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
