//! The key that every page of ours hides in its forms that add something.

use super::{Claim, Outcome, once};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Permission, principal::May},
    db::{AnyConnection, Tx},
    kernel::{
        crypto::{Vault, hex, sha256},
        error::{AppError, AppResult},
        id::{BusinessAccountId, Id},
    },
};

impl Claim {
    /// The claim of a form by the key of the page that it is on; none where the form has no key, as on pages of before.
    /// The same page may send the form again with other content: that is another request, so the content is part of the
    /// key.
    ///
    /// # Errors
    /// `INVALID_IDEMPOTENCY_KEY` when the key is not one.
    pub fn of_page(
        actor: &Actor,
        path: &str,
        key: &str,
        content: &impl serde::Serialize,
    ) -> AppResult<Option<Self>> {
        if key.is_empty() {
            return Ok(None);
        }
        let said = hex(&sha256(&serde_json::to_vec(content).unwrap_or_default()));
        Self::of_form(actor, path, &format!("{key}-{said}"), content).map(Some)
    }
}

/// Does what a form of a page of ours asks for: once, also when it is sent twice, and then with the same outcome. `key`
/// is that of the page, `content` what was typed.
///
/// # Errors
/// Those of `effect`, and then nothing is kept; `INVALID_IDEMPOTENCY_KEY` when the key is not one.
pub async fn done_once<P: Permission>(
    app: &App,
    who: &May<P>,
    key: &str,
    content: &impl serde::Serialize,
    mut effect: impl FnMut(&mut Tx<'_>, &Actor) -> AppResult<Outcome> + Send + 'static,
) -> AppResult<Outcome> {
    let actor = who.actor();
    let claim = Claim::of_page(&actor, who.request().path(), key, content)?;
    app.db
        .write(who.account(), move |tx| {
            once(tx, claim.as_ref(), |tx| effect(tx, &actor))
        })
        .await
}

/// As [`done_once`], for what no outcome may hold, as outcomes are kept in clear: a secret that is shown once. Gives the
/// name of what was made, and what belongs to it unless the form came before.
///
/// # Errors
/// As [`done_once`].
pub async fn made_once<P: Permission, T: Send + 'static>(
    app: &App,
    who: &May<P>,
    key: &str,
    content: &impl serde::Serialize,
    mut effect: impl FnMut(&mut Tx<'_>, &Actor) -> AppResult<(String, T)> + Send + 'static,
) -> AppResult<(String, Option<T>)> {
    let actor = who.actor();
    let claim = Claim::of_page(&actor, who.request().path(), key, content)?;
    app.db
        .write(who.account(), move |tx| {
            let mut made = None;
            let outcome = once(tx, claim.as_ref(), |tx| {
                let (name, secret) = effect(tx, &actor)?;
                made = Some(secret);
                Ok(Outcome::new(200, None, name))
            })?;
            Ok((outcome.body, made))
        })
        .await
}

/// Something with a secret, which a form has made just now or made before.
pub struct Made<K: 'static> {
    /// What has the secret.
    pub id: Id<K>,
    /// The secret; none when the form came before and another has taken its place since.
    pub secret: Option<String>,
}

impl<K: 'static> Made<K> {
    /// Why there is no secret to be shown, when there is none.
    pub fn told(&self) -> Option<String> {
        let sentence = "This was sent twice and done once. Its secret was shown with the first answer, and another has \
                        taken its place since: make a new one if nobody has noted that.";
        self.secret.is_none().then(|| sentence.to_owned())
    }
}

/// As [`made_once`], for a secret that is kept sealed because it is used: a form that comes again gets the one that it
/// has made, while that is still what `newest` reads. The outcome has its keyed hash, to know it by.
///
/// # Errors
/// As [`done_once`], and those of `newest`.
pub async fn secret_once<P: Permission, K: 'static>(
    app: &App,
    who: &May<P>,
    key: &str,
    content: &impl serde::Serialize,
    newest: fn(&mut AnyConnection, &Vault, BusinessAccountId, Id<K>) -> AppResult<String>,
    mut effect: impl FnMut(&mut Tx<'_>, &Actor) -> AppResult<(Id<K>, String)> + Send + 'static,
) -> AppResult<Made<K>> {
    let vault = app.vault.clone();
    let (name, made) = made_once(app, who, key, content, move |tx, actor| {
        let (id, secret) = effect(tx, actor)?;
        Ok((format!("{id} {}", hex(&vault.lookup(&secret))), (id, secret)))
    })
    .await?;
    if let Some((id, secret)) = made {
        let secret = Some(secret);
        return Ok(Made { id, secret });
    }
    let (id, hash) = name.split_once(' ').unwrap_or((name.as_str(), ""));
    let id: Id<K> = id.parse().map_err(|_| AppError::NotFound)?;
    let (account, vault) = (who.account(), app.vault.clone());
    let secret = app.db.read(move |conn| newest(conn, &vault, account, id)).await?;
    let is_that_one = hex(&app.vault.lookup(&secret)) == hash;
    Ok(Made {
        id,
        secret: is_that_one.then_some(secret),
    })
}
