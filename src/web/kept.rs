//! A form that comes in after its session has ended is kept: through the sign-in page in hidden fields, then sealed
//! in the database for its author, until the form's page picks it up (`?kept=…`). Nobody types twice.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use diesel::prelude::*;
use serde::de::DeserializeOwned;

use super::csrf;
use crate::{
    app::App,
    auth::principal::Principal,
    db::{Tx, schema::kept_forms},
    kernel::{
        error::{AppError, AppResult},
        id::{KeptFormId, TeamMemberId},
    },
    routes,
};

/// Longer than any form of ours; what is longer is not kept.
const LONGEST: usize = 32 * 1024;

/// A form as it was sent, without its token and without passwords.
#[derive(Clone, Debug)]
pub struct KeptBody {
    /// The page that has this form.
    pub page: String,
    /// The fields, encoded as they were sent.
    pub fields: String,
}

impl KeptBody {
    /// From what was sent to `path`.
    pub fn new(path: &str, body: &[u8]) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
        let kept: Vec<_> = pairs
            .into_iter()
            .filter(|(name, _)| name != csrf::FIELD && !name.contains("password"))
            .collect();
        let fields = serde_urlencoded::to_string(kept)
            .ok()
            .filter(|f| f.len() <= LONGEST)
            .unwrap_or_default();
        Self {
            page: routes::page_with_form(path),
            fields,
        }
    }
}

/// Keeps a form for its author; gives the address of the page that shows it again.
pub fn keep(tx: &mut Tx<'_>, app: &App, member: TeamMemberId, page: &str, fields: &str) -> AppResult<String> {
    if fields.is_empty() || fields.len() > LONGEST {
        return Ok(page.to_owned());
    }
    let id = KeptFormId::generate(tx.now);
    let sealed = app.vault.seal(&place(id), fields.as_bytes())?;
    // Nobody comes back for a form after a day.
    let yesterday = tx.now.minus(std::time::Duration::from_hours(24));
    diesel::delete(kept_forms::table.filter(kept_forms::created_at.lt(yesterday))).execute(tx.conn)?;
    diesel::insert_into(kept_forms::table)
        .values((
            kept_forms::id.eq(id),
            kept_forms::team_member_id.eq(member),
            kept_forms::path.eq(page),
            kept_forms::sealed.eq(sealed),
            kept_forms::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(format!("{page}?kept={id}"))
}

pub(crate) fn place(id: KeptFormId) -> String {
    format!("kept_forms/{id}")
}

/// On a form's page: what was typed before the session ended, if the address says there is something.
pub struct Kept(Option<String>);

impl Kept {
    /// The form as it was typed.
    pub fn form<T: DeserializeOwned>(&self) -> Option<T> {
        serde_urlencoded::from_str(self.0.as_deref()?).ok()
    }
}

impl FromRequest for Kept {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = request
            .query_string()
            .split('&')
            .find_map(|p| p.strip_prefix("kept=")?.parse::<KeptFormId>().ok());
        let request = request.clone();
        Box::pin(async move {
            let Some(id) = asked else { return Ok(Self(None)) };
            let app = App::of(&request)?;
            let Some(member) = Principal::of(&request).await?.actor.member() else {
                return Ok(Self(None));
            };
            let page = request.path().to_owned();
            let sealed = app
                .db
                .read(move |conn| {
                    let row = kept_forms::table
                        .find(id)
                        .filter(kept_forms::team_member_id.eq(member))
                        .filter(kept_forms::path.eq(page))
                        .select(kept_forms::sealed)
                        .first::<Vec<u8>>(conn)
                        .optional()?;
                    Ok(row)
                })
                .await?;
            let fields = sealed.map(|s| app.vault.open(&place(id), &s)).transpose()?;
            request.extensions_mut().insert(WasKept);
            Ok(Self(fields.and_then(|f| String::from_utf8(f).ok())))
        })
    }
}

/// Marks a request whose page shows a kept form.
pub struct WasKept;
