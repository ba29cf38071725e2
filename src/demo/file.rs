//! A file of returns that came from the bank today: one of the first team has imported it, by the import that people
//! use, so that the file, its report and what it raised lead to each other.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::{people::People, raised::code_of_return, team::OFFICES};
use crate::{
    accounts::{self, AccountRow, Subtype, model::place},
    ach::{
        calendar::subtract_banking_days,
        model::{NewAddenda, NewBatch, NewEntry, NewFile},
        routing::check_digit_of,
        writer::{LineEnd, write},
    },
    app::App,
    auth::actor::Actor,
    db::{Scope, Tx, schema::transactions},
    imports::{
        run,
        store::{Received, Receiver},
    },
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult},
        id::BusinessAccountId,
    },
    transactions::{Kind, Status, TransactionRow},
};

/// Why each of the entries came back.
pub(super) const CODES: [&str; 6] = ["R01", "R01", "R09", "R02", "R01", "R08"];

/// The operator through which it came: no bank has this number.
const OPERATOR: &str = "99000000";

/// Uploads and imports it, before there is a server whose jobs would.
pub(super) async fn import(app: &App) -> AppResult<()> {
    let vault = app.vault.clone();
    let (actor, name, bytes) = app.db.write(Scope::Global, move |tx| file(tx, &vault)).await?;
    let account = actor.business_account;
    let mut receiver = Receiver::begin(app, actor.clone(), name).await?;
    receiver.push(&bytes).await?;
    if let Received::New(id) = receiver.finish().await? {
        app.db
            .write(account, move |tx| run::queue(tx, &actor, id))
            .await?;
        run::run(app, account, id).await;
    }
    Ok(())
}

/// Who imports it, what it is called, and its bytes.
fn file(tx: &mut Tx<'_>, vault: &Vault) -> AppResult<(Actor, String, Vec<u8>)> {
    let people = People::of_first_office(tx)?;
    let today = tx.now.day_in(Tz::America__New_York);
    let settled = subtract_banking_days(today, 0);
    let debits = debits(tx, people.account)?;
    let ids: Vec<_> = debits.iter().map(|debit| debit.debit_account_id).collect();
    let accounts = accounts::queries::list_by_ids(tx.conn, people.account, &ids)?;
    let mut batches = Vec::with_capacity(debits.len());
    for ((debit, code), number) in debits.iter().zip(CODES).zip(1_u32..) {
        if let Some(of) = accounts.iter().find(|a| a.id == debit.debit_account_id) {
            let entry = returned(vault, (debit, of), (code, number))?;
            batches.push(batch(debit, entry, settled.ordinal(), number));
        }
    }
    let time = tx.now.utc().with_timezone(&Tz::America__New_York);
    let office = &OFFICES[0];
    let written = NewFile {
        destination: whole(office.odfi),
        origin: whole(OPERATOR),
        created_on: today,
        created_at: (time.hour(), time.minute()),
        id_modifier: 'A',
        destination_name: office.company_name.into(),
        origin_name: "ACH OPERATOR".into(),
        batches,
    };
    let bytes =
        write(&written, LineEnd::Lf).map_err(|e| AppError::Internal(format!("the demo's file: {e}")))?;
    let name = format!("returns-{today}.ach");
    Ok((people.as_actor("finance@demo.test")?, name, bytes))
}

/// The latest debits that had settled when they were told, once: nothing has come back of them yet.
fn debits(tx: &mut Tx<'_>, account: BusinessAccountId) -> AppResult<Vec<TransactionRow>> {
    Ok(transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::kind.eq(Kind::Request))
        .filter(transactions::status.eq(Status::Cleared))
        .filter(transactions::version.eq(1))
        .filter(transactions::trace_number.is_not_null())
        .filter(transactions::settlement_date.is_not_null())
        .order((transactions::settlement_date.desc(), transactions::id.desc()))
        .limit(CODES.len() as i64)
        .select(TransactionRow::as_select())
        .load(tx.conn)?)
}

/// A routing number with its check digit.
fn whole(eight: &str) -> String {
    format!("{eight}{}", check_digit_of(eight))
}

/// The bank that sends a return is that of the receiver; each has a batch of its own.
fn batch(debit: &TransactionRow, entry: NewEntry, settlement_day: u32, number: u32) -> NewBatch {
    let said = |text: Option<&String>| text.cloned().unwrap_or_default();
    NewBatch {
        service_class: 200,
        company_name: said(debit.company_name.as_ref()),
        company_id: said(debit.company_id.as_ref()),
        sec: said(debit.sec_code.as_ref()),
        description: said(debit.entry_description.as_ref()),
        effective_date: debit.settlement_date.map(|day| day.0),
        settlement_day: u16::try_from(settlement_day).ok(),
        odfi: entry.routing.chars().take(8).collect(),
        number,
        entries: vec![entry],
    }
}

/// The debit of an account as it comes back.
fn returned(
    vault: &Vault,
    (debit, of): (&TransactionRow, &AccountRow),
    (code, number): (&str, u32),
) -> AppResult<NewEntry> {
    let opened = vault.open(&place(of.id), &of.number_sealed)?;
    let bank: String = of.routing_number.chars().take(8).collect();
    let trace = |text: &str| text.parse::<u64>().unwrap_or_default();
    Ok(NewEntry {
        transaction_code: code_of_return(of.subtype == Subtype::Saving),
        routing: of.routing_number.clone(),
        account: String::from_utf8_lossy(&opened).into_owned(),
        amount: debit.amount,
        individual_id: debit.metadata().remove("reference").unwrap_or_default(),
        name: of.holder_name.to_uppercase(),
        discretionary: String::new(),
        trace: trace(&format!("{bank}{number:07}")),
        addenda: vec![NewAddenda::Return {
            code: code.to_owned(),
            original_trace: trace(debit.trace_number.as_deref().unwrap_or_default()),
            date_of_death: None,
            original_rdfi: bank,
            information: String::new(),
        }],
    })
}
