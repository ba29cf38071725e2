//! Which resolutions a supervisor reviews (domain.md section 5).

use sha2::{Digest, Sha256};

use crate::{
    exceptions::model::{ResolutionKind, Severity},
    kernel::id::ResolutionId,
};

/// One in so many of the rest is reviewed.
const SAMPLE_ONE_IN: u64 = 20;

/// Why a resolution is reviewed, in a sentence; none when the policy does not ask for it.
pub fn why_reviewed(severity: Severity, kind: ResolutionKind, id: ResolutionId) -> Option<String> {
    if severity >= Severity::High {
        return Some(format!("Rule: the severity is {}.", severity.word()));
    }
    if matches!(kind, ResolutionKind::WriteOff | ResolutionKind::CorrectAccount) {
        return Some(format!(
            "Rule: every resolution of type “{}” is reviewed.",
            kind.label()
        ));
    }
    is_sampled(id).then(|| "Sample: one in twenty of the resolutions that no rule asks for.".into())
}

/// The rule alone, before there is a resolution: what a form can say beforehand.
pub fn rule_for(severity: Severity, kind: ResolutionKind) -> Option<String> {
    (severity >= Severity::High || matches!(kind, ResolutionKind::WriteOff | ResolutionKind::CorrectAccount))
        .then(|| why_reviewed(severity, kind, ResolutionId::from_uuid(uuid::Uuid::nil())))
        .flatten()
}

/// Chosen by the id, whose random part nobody picks: a resolver cannot know before.
fn is_sampled(id: ResolutionId) -> bool {
    let hash = Sha256::digest(id.uuid().as_bytes());
    hash.first_chunk::<8>()
        .is_some_and(|bytes| u64::from_be_bytes(*bytes) % SAMPLE_ONE_IN == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_ones_are_always_reviewed_and_about_one_in_twenty_of_the_rest() {
        let id = || ResolutionId::from_uuid(uuid::Uuid::new_v4());
        assert!(why_reviewed(Severity::High, ResolutionKind::NoAction, id()).is_some());
        assert!(why_reviewed(Severity::Low, ResolutionKind::WriteOff, id()).is_some());
        let sampled = (0..4_000)
            .filter(|_| why_reviewed(Severity::Low, ResolutionKind::NoAction, id()).is_some())
            .count();
        assert!((120..=290).contains(&sampled), "{sampled} of 4,000");
    }
}
