//! RocketKOR's paging (rocketkor.md 1.3): `page` from 0, `size`, `sort=field,DIR` repeated; and the envelope. Its links
//! carry a cursor besides, so that whoever follows them sees every row once however much is added meanwhile, and pays
//! the same for the last page as for the first.

use serde::Serialize;
use uuid::Uuid;

use super::{
    answer::{self, Listed},
    cursor,
    params::Params,
};
use crate::{
    db::paging::{Edge, Ends, Key, Order, Slice, Window},
    kernel::error::{AppError, AppResult, Code, FieldErrors},
};

/// Rows of a page when nothing is said.
pub const SIZE: i64 = 20;
/// The most rows of a page.
pub const LARGEST: i64 = 200;
/// By number pages go down to this row; beyond it by cursor.
pub const DEEPEST: i64 = 10_000;

/// A field that a list can be sorted by: its name in the API, and the SQL of an integer that sorts as it does. Empty
/// SQL is the id.
pub type Sortable = (&'static str, &'static str);

/// An order that no index has is for lists of at most so many rows.
pub const FEW: i64 = 10_000;

/// Which page is asked for, in which order.
#[derive(Clone, Debug)]
pub struct PageAsked {
    /// Its number, from 0.
    pub number: i64,
    /// The order.
    pub order: Order,
    /// The rows.
    pub window: Window,
    tag: String,
    /// The fields that any list can be sorted by.
    kept: String,
}

impl PageAsked {
    /// Reads `page`, `size`, `sort` and `cursor`; `usual` is the field sorted by, the latest first, when nothing is
    /// said.
    pub fn read(params: &mut Params, fields: &[Sortable], usual: &'static str) -> Self {
        Self::read_with(params, fields, &[], usual)
    }

    /// The same with more fields, which no index keeps in order and which may be texts: they are for lists of at most
    /// [`FEW`] rows, which [`Self::admit`] looks after. Several fields at once are as one of them.
    pub fn read_with(
        params: &mut Params,
        fields: &[Sortable],
        more: &[Sortable],
        usual: &'static str,
    ) -> Self {
        let number = params
            .take("page", |text| at_least(text, 0, "page is a number from 0."))
            .unwrap_or(0);
        let size = params
            .take("size", |text| {
                let wrong = "size is a number from 1 to 200.";
                at_least(text, 1, wrong).and_then(|n| if n > LARGEST { Err(wrong.into()) } else { Ok(n) })
            })
            .unwrap_or(SIZE);
        let (order, tag) = read_sort(params, fields, more, usual);
        let edge = params.take("cursor", |text| {
            if order.is_unkept {
                return Err("A list in this order has no cursors; go by page.".into());
            }
            cursor::read(text, &tag)
        });
        let offset = if edge.is_some() {
            0
        } else {
            number.saturating_mul(size)
        };
        if offset > DEEPEST {
            params.wrong(
                "page",
                "Pages by number go down to row 10,000. Narrow the list by its filters, or follow the Link header's next.",
            );
        }
        Self {
            number,
            order,
            window: Window {
                edge,
                offset,
                limit: size,
            },
            tag,
            kept: names(fields).join(", "),
        }
    }

    /// Whether a list of `total` rows is sorted so.
    ///
    /// # Errors
    /// 400 when no index has the order and there are too many to sort them for one page.
    pub fn admit(&self, total: i64) -> AppResult<()> {
        if !self.order.is_unkept || total <= FEW {
            return Ok(());
        }
        let sentence = format!(
            "{total} rows are too many to be sorted so: narrow the list to 10,000 by its filters, or sort by one of {}.",
            self.kept
        );
        Err(AppError::BadQuery(FieldErrors::one("sort", sentence)))
    }

    /// The answer: the envelope, and links to the pages around.
    pub fn answer<T: Serialize>(
        &self,
        params: &Params,
        total: i64,
        content: Slice<T>,
        ends: Ends,
    ) -> AppResult<Listed> {
        let size = self.window.limit;
        let ends = ends.filter(|_| self.order.has_edges());
        let address = |number: i64, end: Option<(i64, Uuid)>, backwards: bool| {
            let cursor = end.map(|(value, id)| cursor::write(&self.tag, &Edge { value, id, backwards }));
            params.address(&[("page", Some(number.to_string())), ("cursor", cursor)])
        };
        let mut links = vec![(
            "first",
            params.address(&[("page", Some("0".into())), ("cursor", None)]),
        )];
        if content.has_previous && self.number > 0 {
            links.push((
                "prev",
                address(self.number - 1, ends.map(|[first, _]| first), true),
            ));
        }
        if content.has_next && !content.rows.is_empty() {
            links.push((
                "next",
                address(self.number + 1, ends.map(|[_, last]| last), false),
            ));
        }
        let pages = total.saturating_add(size - 1) / size;
        if total > 0 && (pages - 1).saturating_mul(size) <= DEEPEST {
            let last = Some((pages - 1).to_string());
            links.push(("last", params.address(&[("page", last), ("cursor", None)])));
        }
        let body = answer::json(&PageOf {
            total_elements: total,
            total_pages: pages,
            number: self.number,
            number_of_elements: content.rows.len(),
            has_next: content.has_next,
            content: content.rows,
        })?;
        Ok(Listed { body, links })
    }
}

/// RocketKOR's envelope: exactly these members, content last.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageOf<T> {
    total_elements: i64,
    total_pages: i64,
    number: i64,
    number_of_elements: usize,
    has_next: bool,
    content: Vec<T>,
}

fn at_least(text: &str, least: i64, wrong: &str) -> Result<i64, String> {
    text.parse::<i64>()
        .ok()
        .filter(|n| *n >= least && text.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| wrong.to_owned())
}

fn names(fields: &[Sortable]) -> Vec<&'static str> {
    fields.iter().map(|(field, _)| *field).collect()
}

fn read_sort(
    params: &mut Params,
    fields: &[Sortable],
    more: &[Sortable],
    usual: &'static str,
) -> (Order, String) {
    let mut asked = params.repeated("sort");
    if asked.is_empty() {
        asked.push(format!("{usual},DESC"));
    }
    let (mut order, mut tag, mut is_first) = (Order::default(), String::new(), true);
    for text in &asked {
        let (name, direction) = text.split_once(',').unwrap_or((text, "ASC"));
        let descending = match direction.trim().to_ascii_uppercase().as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => {
                params.wrong("sort", "The direction of sort is ASC or DESC.");
                continue;
            }
        };
        let all = || fields.iter().chain(more);
        let Some((name, sql)) = all().find(|(field, _)| *field == name.trim()) else {
            let known = [names(fields), names(more)].concat().join(", ");
            params.wrong("sort", format!("A list here is sorted by {known}."));
            continue;
        };
        if std::mem::take(&mut is_first) {
            order.descending = descending;
        }
        tag.push_str(&cursor::tag(name, descending));
        if sql.is_empty() {
            order.descending = descending;
            break; // ids do not tie: what follows changes nothing
        }
        if !order.keys.iter().any(|key| key.sql == *sql) {
            order.keys.push(Key { sql, descending });
            order.is_unkept |= order.keys.len() > 1 || more.iter().any(|(field, _)| field == name);
        }
    }
    (order, tag)
}

/// A list that is short by nature, paged after it was read.
pub fn within<T>(all: Vec<T>, window: &Window) -> AppResult<Slice<T>> {
    if window.edge.is_some() {
        return Err(AppError::refused(Code::BadRequest, "This list has no cursors."));
    }
    Ok(Slice::cut(all, window))
}
