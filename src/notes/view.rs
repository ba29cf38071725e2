//! A note as JSON (rocketkor.md section 4.1); the reserved members are as in its samples.

use serde::Serialize;

use super::model::{NoteRow, Noted};
use crate::{
    api::view::ActorView,
    history::model::Anything,
    kernel::id::{BusinessAccountId, Id, NoteId},
};

/// RocketKOR's note.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoteView {
    id: NoteId,
    #[schema(value_type = Uuid)]
    entity_id: Id<Anything>,
    entity_type: Noted,
    title: String,
    content_text: String,
    content_type: &'static str,
    external_url: &'static str,
    size_in_bytes: u8,
    business_account_id: BusinessAccountId,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
    updated_by: ActorView,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<NoteRow> for NoteView {
    fn from(note: NoteRow) -> Self {
        Self {
            id: note.id,
            entity_id: note.entity_id,
            entity_type: note.entity_type,
            title: note.title,
            content_text: note.text,
            content_type: "",
            external_url: "",
            size_in_bytes: 0,
            business_account_id: note.business_account_id,
            created_by: ActorView::new(note.created_by_kind, note.created_by_id.map(Id::uuid)),
            created_at: note.created_at.rfc3339(),
            updated_by: ActorView::new(note.updated_by_kind, note.updated_by_id.map(Id::uuid)),
            updated_at: note.updated_at.rfc3339(),
        }
    }
}
