//! What the first team's manager has said on several returns at once: planned, queued and run as from the queue's page.

use super::{
    everyday::listed,
    people::{People, said},
};
use crate::{
    app::App,
    bulk::{
        input::Input,
        model::BulkAct,
        plan::{Chosen, plan},
        run::{queue, run},
    },
    db::{Scope, Tx},
    kernel::{
        error::AppResult,
        id::{BulkId, BusinessAccountId, ExceptionId},
        text::CommentText,
    },
};

/// What is said on each.
const SAID: &str = "A large return: look at the account’s earlier returns before you resolve it.";

/// The list they are chosen from.
const LIST: &str = "tab=all&type=ACH_RETURN&sort=-amount";

/// So many of the list are looked at, and so many of the open ones are chosen.
const LOOKED_AT: usize = 50;
const CHOSEN: usize = 5;

/// Says it on each, before there is a server whose jobs would.
pub(super) async fn comment(app: &App) -> AppResult<()> {
    if let Some((account, id)) = app.db.write_large(Scope::Global, queue_comment).await? {
        run(app, account, id).await;
    }
    Ok(())
}

/// Puts it in the queue; nothing where no return is open.
fn queue_comment(tx: &mut Tx<'_>) -> AppResult<Option<(BusinessAccountId, BulkId)>> {
    let people = People::of_first_office(tx)?;
    let manager = people.as_actor("manager@demo.test")?;
    let returns = listed(tx, &manager, LIST, LOOKED_AT)?;
    let (open, closed): (Vec<_>, Vec<_>) = returns.iter().partition(|row| row.is_open);
    if open.is_empty() {
        return Ok(None);
    }
    // The one that is resolved is skipped, and the result says why.
    let picked: Vec<(ExceptionId, i64)> = open
        .into_iter()
        .take(CHOSEN)
        .chain(closed.into_iter().take(1))
        .map(|row| (row.id, row.version))
        .collect();
    let origin = format!("/exceptions?{LIST}");
    let planned = plan(tx, &manager, BulkAct::Comment, &Chosen::Rows(picked), &origin)?;
    let input = Input::Comment {
        text: said(CommentText::parse(SAID))?.as_str().to_owned(),
    };
    let row = queue(tx, &manager, planned.id, &input)?;
    Ok(Some((people.account, row.id)))
}
