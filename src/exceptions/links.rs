//! Links that somebody makes between exceptions: a duplicate of another, or one that has to do with it. Both pages show
//! them.

use actix_web::web::Data;
use askama::Template;
use diesel::{prelude::*, sql_types::Bool};
use serde::Deserialize;

use super::{
    change::{begin, record},
    conflict,
    head::{ExceptionHead, head, titled},
    model::Act,
    queries,
    row::ExceptionRow,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Work, principal::May},
    db::{
        AnyConnection, Tx,
        kept::{Fixed, fixed},
        schema::exception_links,
    },
    history::EventKind,
    idempotency::{self, Outcome},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ExceptionId, noun},
    },
    notifications::model::brief,
    spelled,
    web::{
        form::{PathId, Submit},
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

/// More links of one exception are not a help any more.
const MOST: usize = 20;

spelled! {
    /// How one exception is linked to another.
    pub enum LinkKind {
        /// It tells of the same event.
        Duplicate = "DUPLICATE",
        /// It has to do with it.
        Related = "RELATED",
    }
}

impl LinkKind {
    /// As the page of the exception says it, or that of the other one.
    pub const fn words(self, is_back: bool) -> &'static str {
        match (self, is_back) {
            (Self::Duplicate, false) => "A duplicate of",
            (Self::Duplicate, true) => "Has a duplicate",
            (Self::Related, _) => "Related",
        }
    }
}

/// One row of `exception_links`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = exception_links)]
pub struct LinkRow {
    pub exception_id: ExceptionId,
    pub other_id: ExceptionId,
    pub business_account_id: BusinessAccountId,
    pub kind: LinkKind,
    pub made_by_name: String,
    pub created_at: Ts,
}

/// The condition on `exceptions` that [`of`] has any.
pub fn any() -> Fixed<Bool> {
    fixed(
        "(EXISTS (SELECT 1 FROM exception_links WHERE exception_links.exception_id = exceptions.id \
         AND exception_links.business_account_id = exceptions.business_account_id) \
         OR EXISTS (SELECT 1 FROM exception_links WHERE exception_links.other_id = exceptions.id \
         AND exception_links.business_account_id = exceptions.business_account_id))",
    )
}

/// The links of an exception with what is at their other end, in the order they were made.
pub fn of(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Vec<(LinkRow, ExceptionRow)>> {
    let links: Vec<LinkRow> = exception_links::table
        .filter(
            exception_links::exception_id
                .eq(row.id)
                .or(exception_links::other_id.eq(row.id)),
        )
        .filter(exception_links::business_account_id.eq(row.business_account_id))
        .order((exception_links::created_at, exception_links::other_id))
        .select(LinkRow::as_select())
        .load(conn)?;
    let end = |link: &LinkRow| {
        if link.exception_id == row.id {
            link.other_id
        } else {
            link.exception_id
        }
    };
    let ids: Vec<ExceptionId> = links.iter().map(end).collect();
    let ends = queries::list_by_ids(conn, row.business_account_id, &ids)?;
    Ok(links
        .into_iter()
        .filter_map(|link| {
            let id = end(&link);
            let found = ends.iter().find(|e| e.id == id)?.clone();
            Some((link, found))
        })
        .collect())
}

/// Links an exception to another.
///
/// # Errors
/// What the lifecycle refuses on a resolved one; `NOT_FOUND`'s words for the other; `DUPLICATE` when they are linked.
pub fn link(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    other: ExceptionId,
    kind: LinkKind,
) -> AppResult<ExceptionRow> {
    let row = begin(tx, actor, id, Act::Comment, None)?.row;
    let refused = |code, why: &str| Err(AppError::refused(code, why));
    if other == id {
        return refused(Code::RuleRefuses, "An exception is not linked to itself.");
    }
    let Some(other) = queries::find(tx.conn, actor.business_account, other)? else {
        return refused(Code::RuleRefuses, "There is no exception with this id.");
    };
    let known = of(tx.conn, &row)?;
    if known.iter().any(|(_, end)| end.id == other.id) {
        return refused(Code::Duplicate, "The two are linked already.");
    }
    if known.len() >= MOST {
        return refused(
            Code::RuleRefuses,
            "It has as many links as fit: remove one first.",
        );
    }
    diesel::insert_into(exception_links::table)
        .values(&LinkRow {
            exception_id: id,
            other_id: other.id,
            business_account_id: actor.business_account,
            kind,
            made_by_name: actor.name.clone(),
            created_at: tx.now,
        })
        .execute(tx.conn)?;
    tell(tx, actor, (&row, &other), kind, true)?;
    Ok(other)
}

/// Takes a link away, from either end.
///
/// # Errors
/// `NotFound`; what the lifecycle refuses on a resolved one.
pub fn unlink(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, other: ExceptionId) -> AppResult<()> {
    let row = begin(tx, actor, id, Act::Comment, None)?.row;
    let (link, other) = of(tx.conn, &row)?
        .into_iter()
        .find(|(_, end)| end.id == other)
        .ok_or(AppError::NotFound)?;
    diesel::delete(exception_links::table.find((link.exception_id, link.other_id))).execute(tx.conn)?;
    tell(tx, actor, (&row, &other), link.kind, false)
}

/// Both histories tell of it.
fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (row, other): (&ExceptionRow, &ExceptionRow),
    kind: LinkKind,
    is_made: bool,
) -> AppResult<()> {
    for (at, to) in [(row, other), (other, row)] {
        let end = to.id.to_string();
        let (values, did) = if is_made {
            (("", end.as_str()), "linked it to")
        } else {
            ((end.as_str(), ""), "took away its link to")
        };
        let text = format!("{did} {} ({})", brief(to), kind.as_str().to_lowercase());
        record(tx, actor, at.id, EventKind::Edit, values, &text)?;
    }
    Ok(())
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LinkForm {
    other: String,
    kind: String,
    /// Of the page: what is sent twice is done once.
    idempotency_key: String,
}

impl LinkForm {
    fn kind(&self) -> LinkKind {
        LinkKind::parse(&self.kind).unwrap_or(LinkKind::Related)
    }
}

/// The form on a page of its own: as it comes back with what is wrong in it.
#[derive(Template)]
#[template(path = "exceptions/link.html")]
pub struct LinkPage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    other: Field,
    kind: Field,
    kinds: Vec<Choice>,
}

/// The id in what was typed: the id itself, or the address of the page.
fn read_id(typed: &str) -> Option<ExceptionId> {
    let path = typed.trim().split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

/// `POST /exceptions/{id}/links`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, LinkForm>,
) -> AppResult<conflict::Outcome<LinkPage>> {
    let id = id.0;
    match send(&app, &form.who, id, &form.form).await {
        Ok(done) => Ok(conflict::Outcome::Next(
            SeeOther::to(format!("/exceptions/{id}")).done(told(&done)),
        )),
        Err(refused) => again(&app, &form.who, id, form.form, refused).await,
    }
}

/// What is said of a link that was made; of one that the same form has made before, that it was, as it may have been
/// taken away since.
fn told(done: &Outcome) -> String {
    if done.is_replay {
        format!("It was linked to {} already.", done.body)
    } else {
        format!("It is linked to {}.", done.body)
    }
}

/// Links what was typed: once, also when it is sent twice. To what.
async fn send(app: &App, who: &May<Work>, id: ExceptionId, typed: &LinkForm) -> AppResult<Outcome> {
    let kind = typed.kind();
    let other = read_id(&typed.other).ok_or_else(|| {
        AppError::field(
            "other",
            "Give the id of the other exception, or the address of its page.",
        )
    })?;
    let (key, content) = (&typed.idempotency_key, [&typed.other, &typed.kind]);
    idempotency::done_once(app, who, key, &content, move |tx, actor| {
        let other = link(tx, actor, id, other, kind)?;
        Ok(Outcome::new(303, None, brief(&other)))
    })
    .await
}

/// The form with what was typed and what is wrong with it; on a resolved exception the page that says so.
async fn again(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: LinkForm,
    refused: AppError,
) -> AppResult<conflict::Outcome<LinkPage>> {
    let errors = match &refused {
        AppError::Invalid(errors) => errors.clone(),
        AppError::Refused(Code::RuleRefuses | Code::Duplicate, why) => FieldErrors::one("other", why.clone()),
        _ => return conflict::page(app, who, id, refused, wish(typed)).await,
    };
    let account = who.account();
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let kind = typed.kind();
    let choice = |of: LinkKind, label: &str| Choice {
        value: of.as_str().into(),
        label: label.into(),
        selected: of == kind,
    };
    let page = LinkPage {
        shell: who.shell(app, titled("Link to another", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        problems: problems(&errors),
        other: Field::of(&typed.other, "other", &errors),
        kind: Field::of(kind.as_str(), "kind", &errors),
        kinds: vec![
            choice(LinkKind::Duplicate, "This is a duplicate of it"),
            choice(LinkKind::Related, "They have to do with each other"),
        ],
    };
    let page = Page::with_status(page, refused.code().status());
    Ok(conflict::Outcome::Again(page))
}

fn wish(typed: LinkForm) -> conflict::Wish {
    conflict::Wish {
        action: "links",
        rest: vec![("Linked to", typed.other.clone())],
        kept: vec![("other", typed.other), ("kind", typed.kind)],
        ..conflict::Wish::default()
    }
}

#[derive(Deserialize)]
pub struct UnlinkForm {
    #[serde(default)]
    other: String,
}

/// `POST /exceptions/{id}/unlink`
pub async fn remove(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, UnlinkForm>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let other = form.form.other.parse().map_err(|_| AppError::NotFound)?;
    let page = SeeOther::to(format!("/exceptions/{id}"));
    let outcome = app
        .db
        .write(actor.business_account, move |tx| unlink(tx, &actor, id, other))
        .await;
    match outcome {
        Ok(()) => Ok(page.done("The link is taken away.")),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_itself_or_from_an_address() {
        let id = ExceptionId::generate(Ts::default());
        for typed in [
            format!(" {id} "),
            format!("/exceptions/{id}"),
            format!("https://desk.example/exceptions/{id}/?tab=1#notes"),
        ] {
            assert_eq!(read_id(&typed), Some(id), "{typed}");
        }
        assert_eq!(read_id("R01"), None);
    }
}
