//! Which resolutions a supervisor reviews (domain.md section 5).

use sha2::{Digest, Sha256};

use super::thresholds::Thresholds;
use crate::{
    exceptions::model::{ResolutionKind, Severity},
    kernel::id::ResolutionId,
};

impl Thresholds {
    /// Why a resolution is reviewed, in a sentence; none when the policy does not ask for it.
    pub fn why_reviewed(&self, severity: Severity, kind: ResolutionKind, id: ResolutionId) -> Option<String> {
        self.rule_for(severity, kind).or_else(|| {
            (drawn("review", id) < self.share).then(|| {
                format!(
                    "Sample: {} % of the resolutions that no rule asks for.",
                    self.share
                )
            })
        })
    }

    /// Whether the reviewer of a sampled resolution is told what was done only after an answer of their own.
    pub fn is_blind(&self, severity: Severity, kind: ResolutionKind, id: ResolutionId) -> bool {
        self.rule_for(severity, kind).is_none() && drawn("blind", id) < self.blind_share
    }

    /// What this policy would ask of a resolution, in a sentence.
    pub fn would_ask(&self, severity: Severity, kind: ResolutionKind) -> String {
        match self.rule_for(severity, kind) {
            Some(rule) => format!("The policy asks for this review. {rule}"),
            None => format!(
                "The policy does not ask for a review of such resolutions; it samples {} % of them.",
                self.share
            ),
        }
    }

    /// The rule alone, before there is a resolution: what a form can say beforehand.
    pub fn rule_for(&self, severity: Severity, kind: ResolutionKind) -> Option<String> {
        if self.reviews_severity(severity) {
            return Some(format!("Rule: the severity is {}.", severity.word()));
        }
        self.reviews_kind(kind)
            .then(|| format!("Rule: every resolution of type “{}” is reviewed.", kind.label()))
    }

    /// What is drawn of the rest, in a sentence for a form.
    pub fn share_in_words(&self) -> String {
        match self.share {
            0 => "Is resolved.".into(),
            share => format!("Is resolved; {share} % of such ones are reviewed."),
        }
    }
}

/// A number below 100, by the id, whose random part nobody picks: a resolver cannot know before.
fn drawn(lot: &str, id: ResolutionId) -> u64 {
    let hash = Sha256::digest([lot.as_bytes(), id.uuid().as_bytes()].concat());
    hash.first_chunk::<8>()
        .map_or(100, |bytes| u64::from_be_bytes(*bytes) % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::rules::Rules;

    fn id() -> ResolutionId {
        ResolutionId::from_uuid(uuid::Uuid::new_v4())
    }

    fn with(name: &str, value: &str) -> Thresholds {
        let mut raw = Thresholds::FIRST.raw();
        raw.iter_mut().find(|r| r.name == name).unwrap().value = value.into();
        Thresholds::parse(&raw, 1).unwrap()
    }

    #[test]
    fn high_ones_are_always_reviewed_and_about_one_in_twenty_of_the_rest() {
        let first = Thresholds::FIRST;
        let why = |severity, kind| first.why_reviewed(severity, kind, id());
        assert!(why(Severity::High, ResolutionKind::NoAction).is_some());
        assert!(why(Severity::Low, ResolutionKind::WriteOff).is_some());
        let sampled = (0..4_000)
            .filter(|_| why(Severity::Low, ResolutionKind::NoAction).is_some())
            .count();
        assert!((120..=290).contains(&sampled), "{sampled} of 4,000");
        let told = with("share", "100").why_reviewed(Severity::Low, ResolutionKind::NoAction, id());
        assert_eq!(
            told.as_deref(),
            Some("Sample: 100 % of the resolutions that no rule asks for.")
        );
    }

    #[test]
    fn of_the_sample_a_share_is_blind_and_of_what_a_rule_asks_for_none() {
        let (some, all) = (with("blind_share", "50"), with("blind_share", "100"));
        let is_blind = |of: &Thresholds, severity| of.is_blind(severity, ResolutionKind::NoAction, id());
        let blind = (0..2_000).filter(|_| is_blind(&some, Severity::Low)).count();
        assert!((850..=1_150).contains(&blind), "{blind} of 2,000");
        for _ in 0..100 {
            assert!(is_blind(&all, Severity::Low) && !is_blind(&all, Severity::High));
            assert!(!is_blind(&Thresholds::FIRST, Severity::Low));
        }
    }

    #[test]
    fn it_says_what_it_would_ask() {
        let first = Thresholds::FIRST;
        assert_eq!(
            first.would_ask(Severity::High, ResolutionKind::NoAction),
            "The policy asks for this review. Rule: the severity is High."
        );
        assert_eq!(
            first.would_ask(Severity::Low, ResolutionKind::NoAction),
            "The policy does not ask for a review of such resolutions; it samples 5 % of them."
        );
    }

    #[test]
    fn a_share_of_none_is_none_and_of_all_is_all() {
        let (none, all) = (with("share", "0"), with("share", "100"));
        for _ in 0..200 {
            let low = |of: &Thresholds| of.why_reviewed(Severity::Low, ResolutionKind::NoAction, id());
            assert!(low(&none).is_none() && low(&all).is_some());
        }
    }
}
