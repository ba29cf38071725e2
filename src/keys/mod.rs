//! The installation's secret and what is sealed with it. A change of secret: with the new one and the one before it,
//! everything opens; [`rotate`] seals all of it anew, a few rows at a time while the desk goes on; then the former can
//! go. The key of the keyed hashes does not change with the secret, as a hash cannot be made anew from itself: it is
//! random, made with the database, and kept in it sealed.

mod queries;

use crate::{
    app::App,
    auth::actor::Actor,
    db::{AnyConnection, DbUrl, Scope, Tx, connection::Purpose, errors::is_duplicate},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        crypto::{self, Vault},
        error::{AppError, AppResult},
    },
    members::queries::list_accounts,
};

use queries::Batch;

/// The row with the key of the keyed hashes.
const LOOKUP: &str = "lookup";

fn place(name: &str) -> String {
    format!("vault_keys/{name}")
}

/// The vault with the key of the keyed hashes that the database keeps; makes it when there is none yet.
///
/// # Errors
/// When the database was sealed with another secret.
pub fn settle(url: &DbUrl, vault: Vault) -> AppResult<Vault> {
    let mut conn = url.open(Purpose::Write)?;
    let sealed = match queries::find_key(&mut conn, LOOKUP)? {
        Some(sealed) => sealed,
        None => make(&mut conn, &vault)?,
    };
    let wrong = |_| {
        AppError::Internal(
            "the secret key is not the one that this database was sealed with: set the right secret_key, or the one \
             before it as previous_secret_key"
                .into(),
        )
    };
    let key = vault.open(&place(LOOKUP), &sealed).map_err(wrong)?;
    let key =
        <[u8; 64]>::try_from(key).map_err(|_| AppError::Internal("a lookup key of another size".into()))?;
    Ok(vault.with_lookup_key(key))
}

/// Another node may be making it at the same time: the first one's is everybody's.
fn make(conn: &mut AnyConnection, vault: &Vault) -> AppResult<Vec<u8>> {
    // What was hashed before the database kept its own key is still found.
    let key = if queries::has_hashes(conn)? {
        *vault.lookup_key()
    } else {
        crypto::random()?
    };
    let sealed = vault.seal(&place(LOOKUP), &key)?;
    match queries::insert_key(conn, LOOKUP, &sealed) {
        Ok(_) => Ok(sealed),
        Err(e) if is_duplicate(&e, "vault_keys", "name") => queries::find_key(conn, LOOKUP)?
            .ok_or_else(|| AppError::Internal("the lookup key is not there".into())),
        Err(e) => Err(e.into()),
    }
}

/// Seals everything with the newest secret that it has not sealed; how many values that were. Cut off, it goes on where
/// it was the next time.
pub async fn rotate(app: &App) -> AppResult<usize> {
    let mut sealed = 0;
    for batch in queries::BATCHES {
        sealed += seal_anew(app, *batch).await?;
    }
    let vault = app.vault.clone();
    sealed += app
        .db
        .write(Scope::Global, move |tx| {
            let Some(old) = queries::find_key(tx.conn, LOOKUP)?.filter(|old| !vault.is_newest(old)) else {
                return Ok(0);
            };
            let place = place(LOOKUP);
            let new = vault.seal(&place, &vault.open(&place, &old)?)?;
            queries::update_key(tx.conn, LOOKUP, &new)
        })
        .await?;
    if sealed > 0 {
        tell(app).await?;
    }
    Ok(sealed)
}

/// All rows of one table, a few in each transaction.
async fn seal_anew(app: &App, batch: Batch) -> AppResult<usize> {
    let (mut sealed, mut after) = (0, None);
    loop {
        let vault = app.vault.clone();
        let (n, last) = app
            .db
            .write(Scope::Global, move |tx| {
                let rows = (batch.list)(tx.conn, after)?;
                let last = rows.last().map(|row| row.key);
                let mut n = 0;
                let is_old = |row: &&queries::Sealed| !row.bytes.is_empty() && !vault.is_newest(&row.bytes);
                for row in rows.iter().filter(is_old) {
                    let new = vault.seal(&row.place, &vault.open(&row.place, &row.bytes)?)?;
                    // One that was changed meanwhile was sealed with the newest secret by whoever changed it.
                    n += (batch.update)(tx.conn, row, &new)?;
                }
                Ok((n, last))
            })
            .await?;
        sealed += n;
        match last {
            Some(last) => after = Some(last),
            None => return Ok(sealed),
        }
    }
}

/// Every business account's history says that it happened.
async fn tell(app: &App) -> AppResult<()> {
    for (account, _) in app.db.read(list_accounts).await? {
        let record = move |tx: &mut Tx<'_>| {
            let happening = Happening {
                entity_type: EntityType::BusinessAccount,
                entity_id: account.uuid(),
                kind: EventKind::Edit,
                previous: "",
                new: "",
                description: "sealed all account numbers and files with a new secret key",
            };
            history::record(tx, &Actor::internal(account), &happening)
        };
        app.db.write(account, record).await?;
    }
    Ok(())
}
