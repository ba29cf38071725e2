//! Matcher's paging (matcher.md 3.4): an opaque cursor in both directions, `limit`, `sort_by`, `sort_order`; and the
//! envelope. What Matcher documents and does not do is done here: the order is descending when nothing is said, and an
//! unknown field is refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use uuid::Uuid;

use super::{
    answer::{self, Listed},
    page::{LARGEST, SIZE, Sortable},
    params::Params,
};
use crate::{
    db::paging::{Edge, Ends, Key, Order, Slice, Window},
    kernel::error::AppResult,
};

/// What a cursor is bound to: the order it was made for.
pub fn tag(field: &str, descending: bool) -> String {
    format!("{field}{}", if descending { '-' } else { '+' })
}

/// A cursor at an edge of a page.
pub fn write(tag: &str, edge: &Edge) -> String {
    let way = if edge.backwards { 'p' } else { 'n' };
    URL_SAFE_NO_PAD.encode(format!("{tag} {way} {} {}", edge.value, edge.id))
}

/// Reads a cursor made for the order of `tag`.
///
/// # Errors
/// A sentence.
pub fn read(text: &str, tag: &str) -> Result<Edge, String> {
    let wrong = || "The cursor is not one of ours; take it from an answer as it is.".to_owned();
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let plain = String::from_utf8(bytes).map_err(|_| wrong())?;
    let parts: Vec<&str> = plain.split(' ').collect();
    let [made_for, way, value, id] = parts[..] else {
        return Err(wrong());
    };
    if made_for != tag {
        return Err("The cursor was made for another order; ask for the first page in this one.".into());
    }
    Ok(Edge {
        value: value.parse().map_err(|_| wrong())?,
        id: Uuid::try_parse(id).map_err(|_| wrong())?,
        backwards: match way {
            "n" => false,
            "p" => true,
            _ => return Err(wrong()),
        },
    })
}

/// Which rows are asked for, in which order.
#[derive(Clone, Debug)]
pub struct CursorAsked {
    /// The order.
    pub order: Order,
    /// The rows.
    pub window: Window,
    tag: String,
}

impl CursorAsked {
    /// Reads `cursor`, `limit`, `sort_by` and `sort_order`. As with Matcher a limit of none is the usual one and one
    /// that is too large is the largest.
    pub fn read(params: &mut Params, fields: &[Sortable], usual: &'static str) -> Self {
        let limit = params
            .take("limit", |text| {
                text.parse::<i64>()
                    .map_err(|_| "limit is a number from 1 to 200.".to_owned())
            })
            .filter(|n| *n > 0)
            .map_or(SIZE, |n| n.min(LARGEST));
        let known: Vec<&str> = fields.iter().map(|(field, _)| *field).collect();
        let field = params.word("sort_by", &known.join(", "), |text| {
            fields.iter().find(|(field, _)| *field == text).copied()
        });
        let (name, sql) = field
            .or_else(|| fields.iter().find(|(field, _)| *field == usual).copied())
            .unwrap_or((usual, ""));
        let descending = params
            .word("sort_order", "asc, desc", |text| match text {
                "asc" => Some(false),
                "desc" => Some(true),
                _ => None,
            })
            .unwrap_or(true);
        let order = Order {
            keys: (!sql.is_empty())
                .then_some(Key { sql, descending })
                .into_iter()
                .collect(),
            descending,
            is_unkept: false,
        };
        let tag = tag(name, descending);
        let edge = params.take("cursor", |text| read(text, &tag));
        Self {
            order,
            window: Window {
                edge,
                offset: 0,
                limit,
            },
            tag,
        }
    }

    /// The answer: the envelope, and links to the pages around.
    pub fn answer<T: Serialize>(&self, params: &Params, content: Slice<T>, ends: Ends) -> AppResult<Listed> {
        let cursor = |(value, id): (i64, Uuid), backwards| write(&self.tag, &Edge { value, id, backwards });
        let next_cursor = ends
            .filter(|_| content.has_next)
            .map(|[_, last]| cursor(last, false));
        let prev_cursor = ends
            .filter(|_| content.has_previous)
            .map(|[first, _]| cursor(first, true));
        let link = |cursor: Option<String>| params.address(&[("cursor", cursor)]);
        let mut links = vec![("first", link(None))];
        if prev_cursor.is_some() {
            links.push(("prev", link(prev_cursor.clone())));
        }
        if next_cursor.is_some() {
            links.push(("next", link(next_cursor.clone())));
        }
        let body = answer::json(&CursorPageOf {
            has_more: next_cursor.is_some(),
            items: content.rows,
            next_cursor,
            prev_cursor,
            limit: self.window.limit,
        })?;
        Ok(Listed { body, links })
    }
}

/// Matcher's envelope; a cursor that leads nowhere is left out.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CursorPageOf<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_cursor: Option<String>,
    limit: i64,
    has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_own_order_and_no_other() {
        let edge = Edge {
            value: -5,
            id: Uuid::from_u128(7),
            backwards: true,
        };
        let text = write(&tag("created_at", true), &edge);
        assert_eq!(read(&text, "created_at-"), Ok(edge));
        assert!(read(&text, "created_at+").is_err() && read(&text, "id-").is_err());
        let plain = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for bad in [
            "",
            "x",
            "%%%",
            &plain("created_at- n 1"),
            &plain("created_at- x 1 00000000-0000-0000-0000-000000000007"),
            &plain("created_at- n 1e9 x"),
        ] {
            assert!(read(bad, "created_at-").is_err(), "{bad} was taken");
        }
    }
}
