//! Takes a file in: sealed piece by piece as it arrives, so that neither the memory nor a temporary file ever holds
//! what a slow sender has sent so far in clear.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    check,
    model::{ImportRow, ImportState, Summary},
    queries,
};
use crate::{
    ach::sniff::sniff,
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
    /// `TOO_LARGE`; `Invalid` when the first piece shows that it is no ACH file.
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
            refuse_other_kinds(&self.buffer)?;
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
    /// `Invalid` when it is no ACH file.
    pub async fn finish(mut self) -> AppResult<Received> {
        if self.pieces == 0 {
            refuse_other_kinds(&self.buffer)?;
        }
        let sha256 = std::mem::take(&mut self.sha256).finalize().to_vec();
        if let Some(before) = self.same_file(sha256.clone()).await? {
            self.abandon().await?;
            return Ok(Received::Before(Box::new(before)));
        }
        let sealed = self.seal_piece()?;
        let bytes = self.whole().await?;
        let (entries, summary) = check::check(self.app, self.actor.business_account, bytes).await?;
        self.keep(sha256, sealed, entries, &summary).await
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

    async fn keep(
        self,
        sha256: Vec<u8>,
        sealed: Vec<u8>,
        entries: u64,
        summary: &Summary,
    ) -> AppResult<Received> {
        let stored = self.pieces > 0;
        let row = ImportRow {
            sha256,
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            state: ImportState::Checked,
            summary: to_json(summary)?,
            entries: i64::try_from(entries).unwrap_or(i64::MAX),
            ..self.row()?
        };
        let (actor, position) = (self.actor, self.pieces);
        let kept = self
            .app
            .db
            .write(actor.business_account, move |tx| {
                keep(tx, &actor, &row, stored, position, &sealed)
            })
            .await?;
        Ok(match kept {
            None => Received::New(self.id),
            Some(before) => Received::Before(Box::new(before)),
        })
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

/// Keeps the file, or gives the import of the same bytes that was quicker: of several at once exactly one is kept.
fn keep(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ImportRow,
    stored: bool,
    position: i64,
    sealed: &[u8],
) -> AppResult<Option<ImportRow>> {
    if let Some(before) = queries::find_by_hash(tx.conn, actor.business_account, &row.sha256)? {
        queries::delete(tx.conn, row.id)?;
        return Ok(Some(before));
    }
    if stored {
        queries::update_checked(tx.conn, row)?;
    } else {
        queries::insert(tx.conn, row)?;
    }
    queries::insert_piece(tx.conn, row.id, position, sealed)?;
    let happening = Happening {
        entity_type: EntityType::Import,
        entity_id: row.id.uuid(),
        kind: EventKind::Create,
        previous: "",
        new: ImportState::Checked.as_str(),
        description: &format!("{} uploaded and checked: {} entries", row.file_name, row.entries),
    };
    history::record(tx, actor, &happening)?;
    Ok(None)
}

/// The content decides what a file is, not its name.
fn refuse_other_kinds(bytes: &[u8]) -> AppResult<()> {
    sniff(bytes).map_err(|refusal| AppError::field("file", refusal.to_string()))
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
