//! What a business account has decided for itself: thresholds and rules. Approval rules are stored by version and
//! changed on a page, through the gate they are about; the others are the defaults of domain.md.

pub mod approval;
pub mod approval_form;
pub mod approval_page;
pub mod claim;
pub mod commands;
pub mod escalation;
pub mod limits;
pub mod matching;
pub mod queries;
pub mod review;
pub mod rules;
pub mod rules_form;
pub mod severity;
pub mod simulation;
pub mod snooze;

use actix_web::web::ServiceConfig;

use crate::{spelled, web::route::at};

spelled! {
    /// Which policy.
    pub enum Kind {
        /// Which changes wait for other people.
        Approvals = "APPROVALS",
        /// Who is given what is raised.
        Routing = "ROUTING",
    }
}

impl Kind {
    /// As a sentence names it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approvals => "approval rules",
            Self::Routing => "routing rules",
        }
    }
}

/// The approval rules, what other ones would have done, and asking for them.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/settings/policies/approvals")
            .get(approval_page::show)
            .post(approval_page::submit),
    );
}
