//! The disputes about an exception, as its page shows them.

use super::{list, model::DisputeRow};
use crate::{
    auth::{actor::Actor, permission::Right},
    web::ui::Tag,
};

/// A card with the disputes there are, and the way to open one.
pub struct DisputesCard {
    pub rows: Vec<DisputeLine>,
    /// Where one is opened, for whoever may.
    pub open: Option<String>,
}

/// One of them.
pub struct DisputeLine {
    pub href: String,
    pub title: &'static str,
    pub state: Tag,
}

impl DisputesCard {
    /// For the page of an exception.
    pub fn of(rows: &[DisputeRow], exception: &str, actor: &Actor) -> Self {
        Self {
            rows: rows
                .iter()
                .map(|row| DisputeLine {
                    href: format!("/disputes/{}", row.id),
                    title: row.category.label(),
                    state: list::tag(row.state),
                })
                .collect(),
            open: actor
                .may(Right::Work)
                .then(|| format!("/exceptions/{exception}/disputes")),
        }
    }
}
