//! What a business account has decided for itself: thresholds and rules. They are stored by version and changed on a
//! page each, through the gate, with what they would have done over the last 90 days; limits of transactions are those
//! of domain.md.

pub mod approval;
pub mod approval_form;
pub mod approval_page;
pub mod commands;
pub mod escalation;
pub mod figures;
pub mod limits;
pub mod matching;
pub mod queries;
pub mod review;
pub mod rules;
pub mod rules_form;
pub mod severity;
pub mod simulation;
pub mod sla;
pub mod snooze;
pub mod thresholds;
mod thresholds_page;
mod thresholds_trial;

use actix_web::web::ServiceConfig;

use crate::{spelled, web::route::at};

spelled! {
    /// Which policy.
    pub enum Kind {
        /// Which changes wait for other people.
        Approvals = "APPROVALS",
        /// Who is given what is raised.
        Routing = "ROUTING",
        /// Severity, SLA, review, tolerance, snooze and claims.
        Thresholds = "THRESHOLDS",
    }
}

impl Kind {
    /// As a sentence names it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approvals => "approval rules",
            Self::Routing => "routing rules",
            Self::Thresholds => "thresholds",
        }
    }
}

/// The approval rules and the thresholds, what other ones would have done, and asking for them.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/settings/policies/approvals")
            .get(approval_page::show)
            .post(approval_page::submit),
    )
    .service(
        at("/settings/policies/thresholds")
            .get(thresholds_page::show)
            .post(thresholds_page::submit),
    );
}
