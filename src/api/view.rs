//! JSON shapes that several calls share.

use serde::Serialize;
use uuid::Uuid;

use crate::auth::actor::ActorKind;

/// Who did something (rocketkor.md 1.2): the id is empty when it was Docket itself.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ActorView {
    /// Empty when it was Docket itself.
    id: String,
    r#type: ActorKind,
}

impl ActorView {
    /// From what is stored.
    pub fn new(kind: ActorKind, id: Option<Uuid>) -> Self {
        Self {
            id: id.map(|id| id.to_string()).unwrap_or_default(),
            r#type: kind,
        }
    }
}
