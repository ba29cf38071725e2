//! Takes a file in: sealed piece by piece as it arrives, so that neither the memory nor a temporary file ever holds
//! what a slow sender has sent so far in clear.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    check,
    format::Format,
    model::{ImportRow, ImportState, Summary},
    queries, show,
};
use crate::{
    app::App,
    auth::actor::Actor,
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        crypto,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, Id, ImportId},
    },
};

/// The largest file, and the largest body of an upload.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Bytes are sealed and stored in pieces of this size.
pub const PIECE: usize = 1024 * 1024;

/// So many checked files of a business account may wait for somebody to press Import or Discard.
const MAY_WAIT: i64 = 100;

/// What became of a file that was taken in.
pub enum Received {
    /// It is new, stored and checked.
    New(ImportId),
    /// The same bytes are there already.
    Before(Box<ImportRow>),
}

/// A file on its way in. Nothing is stored before the first piece is full.
pub struct Receiver<'a> {
    app: &'a App,
    actor: Actor,
    file_name: String,
    id: ImportId,
    buffer: Vec<u8>,
    pieces: i64,
    size: usize,
    sha256: Sha256,
}

impl<'a> Receiver<'a> {
    /// A file called `file_name` (see [`super::names::kept`]) begins.
    ///
    /// # Errors
    /// `Invalid` when too many files of the business account wait already.
    pub async fn begin(app: &'a App, actor: Actor, file_name: String) -> AppResult<Self> {
        let account = actor.business_account;
        let waiting = app
            .db
            .read(move |conn| queries::count_waiting(conn, account))
            .await?;
        if waiting >= MAY_WAIT {
            let sentence =
                format!("{MAY_WAIT} checked files wait already. Import or discard some of them first.");
            return Err(AppError::field("file", sentence));
        }
        Ok(Self {
            id: ImportId::generate(app.clock.now()),
            app,
            actor,
            file_name,
            buffer: Vec::new(),
            pieces: 0,
            size: 0,
            sha256: Sha256::new(),
        })
    }

    /// How much has come so far.
    pub fn size(&self) -> usize {
        self.size
    }

    /// More of the file.
    ///
    /// # Errors
    /// `TOO_LARGE`; `Invalid` when the first piece shows that it is neither an ACH file nor CSV.
    pub async fn push(&mut self, mut bytes: &[u8]) -> AppResult<()> {
        self.size += bytes.len();
        if self.size > LARGEST {
            let sentence = format!("A file has at most {} MiB.", LARGEST / PIECE);
            return Err(AppError::refused(Code::TooLarge, sentence));
        }
        self.sha256.update(bytes);
        while self.buffer.len() + bytes.len() > PIECE {
            let (now, later) = bytes.split_at(PIECE - self.buffer.len());
            self.buffer.extend_from_slice(now);
            bytes = later;
            self.store_piece().await?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    async fn store_piece(&mut self) -> AppResult<()> {
        if self.pieces == 0 {
            Format::of(&self.buffer)?;
        }
        let sealed = self.seal_piece()?;
        let first = (self.pieces == 0).then(|| self.row()).transpose()?;
        let (id, position) = (self.id, self.pieces);
        self.app
            .db
            .write(self.actor.business_account, move |tx| {
                if let Some(row) = &first {
                    queries::insert(tx.conn, row)?;
                }
                queries::insert_piece(tx.conn, id, position, &sealed)
            })
            .await?;
        self.pieces += 1;
        self.buffer.clear();
        Ok(())
    }

    fn seal_piece(&self) -> AppResult<Vec<u8>> {
        self.app
            .vault
            .seal(&piece_place(self.id, self.pieces), &self.buffer)
    }

    /// The row while the bytes come in. The hash is not known yet, and a random one is in nobody's way.
    fn row(&self) -> AppResult<ImportRow> {
        Ok(ImportRow {
            id: self.id,
            business_account_id: self.actor.business_account,
            file_name: self.file_name.clone(),
            sha256: crypto::random::<32>()?.to_vec(),
            size: 0,
            state: ImportState::Receiving,
            summary: "{}".into(),
            entries: 0,
            entries_done: 0,
            exceptions_raised: 0,
            transactions_made: 0,
            duplicates: 0,
            problems: 0,
            lease_until: None,
            created_by_kind: self.actor.kind,
            created_by_id: self.actor.id.map(Id::from_uuid),
            created_by_name: self.actor.name.clone(),
            created_at: self.app.clock.now(),
            finished_at: None,
        })
    }

    /// The file is complete: checks it, and keeps it unless the same bytes are there already.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read.
    pub async fn finish(self) -> AppResult<Received> {
        let app = self.app;
        let ready = self.ready().await?;
        app.db
            .write(ready.actor.business_account, move |tx| ready.keep(tx))
            .await
    }

    /// The file is complete: checks it, for a command that will keep it.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read; nothing of it is left then.
    pub async fn ready(mut self) -> AppResult<Ready> {
        let (app, id) = (self.app, self.id);
        let (account, stored) = (self.actor.business_account, self.pieces > 0);
        let ready = self.check().await;
        if ready.is_err() && stored {
            app.db
                .write(account, move |tx| queries::delete(tx.conn, id))
                .await?;
        }
        ready
    }

    async fn check(&mut self) -> AppResult<Ready> {
        if self.pieces == 0 {
            Format::of(&self.buffer)?;
        }
        let sha256 = std::mem::take(&mut self.sha256).finalize().to_vec();
        let mut ready = Ready {
            actor: self.actor.clone(),
            row: ImportRow {
                sha256: sha256.clone(),
                size: i64::try_from(self.size).unwrap_or(i64::MAX),
                state: ImportState::Checked,
                ..self.row()?
            },
            is_stored: self.pieces > 0,
            position: self.pieces,
            sealed: Vec::new(),
        };
        // The same bytes are not looked at again.
        if self.same_file(sha256).await?.is_none() {
            ready.sealed = self.seal_piece()?;
            let bytes = self.whole().await?;
            let (entries, summary) = check::check(self.app, self.actor.business_account, bytes).await?;
            ready.row.summary = to_json(&summary)?;
            ready.row.entries = i64::try_from(entries).unwrap_or(i64::MAX);
        }
        Ok(ready)
    }

    async fn same_file(&self, sha256: Vec<u8>) -> AppResult<Option<ImportRow>> {
        let account = self.actor.business_account;
        self.app
            .db
            .read(move |conn| queries::find_by_hash(conn, account, &sha256))
            .await
    }

    /// What is stored already and what is still in the buffer.
    async fn whole(&mut self) -> AppResult<Arc<[u8]>> {
        let rest = std::mem::take(&mut self.buffer);
        if self.pieces == 0 {
            return Ok(rest.into());
        }
        let mut bytes = Vec::with_capacity(self.size);
        read_pieces(self.app, self.id, &mut bytes).await?;
        bytes.extend_from_slice(&rest);
        Ok(bytes.into())
    }

    /// Leaves no byte of it behind.
    pub async fn abandon(self) -> AppResult<()> {
        if self.pieces == 0 {
            return Ok(());
        }
        let id = self.id;
        self.app
            .db
            .write(self.actor.business_account, move |tx| {
                queries::delete(tx.conn, id)
            })
            .await
    }
}

/// A file that is complete and checked, and not kept yet.
pub struct Ready {
    /// Who sends it.
    pub actor: Actor,
    row: ImportRow,
    /// Pieces of it are stored already.
    is_stored: bool,
    /// The place of the last piece.
    position: i64,
    /// The last piece; nothing when the same bytes were there already.
    sealed: Vec<u8>,
}

impl Ready {
    /// Of its bytes.
    pub fn sha256(&self) -> &[u8] {
        &self.row.sha256
    }

    /// Keeps it, or gives the import of the same bytes that was quicker: of several at once exactly one is kept.
    ///
    /// # Errors
    /// `Unavailable` when the same bytes were there a moment ago and are not any more.
    pub fn keep(&self, tx: &mut Tx<'_>) -> AppResult<Received> {
        let row = &self.row;
        if let Some(before) = queries::find_by_hash(tx.conn, row.business_account_id, &row.sha256)? {
            self.drop_pieces(tx)?;
            return Ok(Received::Before(Box::new(before)));
        }
        if self.sealed.is_empty() {
            return Err(AppError::Unavailable("the same file was just discarded".into()));
        }
        if self.is_stored {
            queries::update_checked(tx.conn, row)?;
        } else {
            queries::insert(tx.conn, row)?;
        }
        queries::insert_piece(tx.conn, row.id, self.position, &self.sealed)?;
        let happening = Happening {
            entity_type: EntityType::Import,
            entity_id: row.id.uuid(),
            kind: EventKind::Create,
            previous: "",
            new: ImportState::Checked.as_str(),
            description: &format!(
                "{} uploaded and checked: {}",
                row.file_name,
                show::count(row.entries, "entry")
            ),
        };
        history::record(tx, &self.actor, &happening)?;
        Ok(Received::New(row.id))
    }

    /// Leaves no byte of it behind.
    pub fn drop_pieces(&self, tx: &mut Tx<'_>) -> AppResult<()> {
        if self.is_stored {
            queries::delete(tx.conn, self.row.id)?;
        }
        Ok(())
    }
}

/// A summary as it is stored.
pub fn to_json(summary: &Summary) -> AppResult<String> {
    serde_json::to_string(summary).map_err(|e| AppError::Internal(format!("a summary: {e}")))
}

/// The bytes of a stored file.
pub async fn bytes_of(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<Arc<[u8]>> {
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(row.size).unwrap_or(0).min(LARGEST));
    read_pieces(app, id, &mut bytes).await?;
    Ok(bytes.into())
}

async fn read_pieces(app: &App, id: ImportId, bytes: &mut Vec<u8>) -> AppResult<()> {
    let mut position = 0;
    while let Some(piece) = piece(app, id, position).await? {
        bytes.extend_from_slice(&piece);
        position += 1;
    }
    Ok(())
}

/// One piece of a stored file; none behind the last. The caller has found the import in its business account.
pub async fn piece(app: &App, id: ImportId, position: i64) -> AppResult<Option<Vec<u8>>> {
    let sealed = app
        .db
        .read(move |conn| queries::find_piece(conn, id, position))
        .await?;
    sealed
        .map(|sealed| app.vault.open(&piece_place(id, position), &sealed))
        .transpose()
}

pub(crate) fn piece_place(id: ImportId, position: i64) -> String {
    format!("import_chunks/{id}/{position}")
}
