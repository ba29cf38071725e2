//! Financial accounts added through the API (rocketkor.md 7.2). The account number comes in, is sealed, and never goes
//! out again.

use actix_web::web::Data;

use super::{
    AccountRow, Category, Subtype,
    add::{self, Holder, NewAccount, NewPart},
    api::AccountView,
    model::{HolderKind, VerificationMethod},
};
use crate::{
    api::{
        Call,
        answer::{self, Done},
        body::Fields,
    },
    app::App,
    auth::permission::Transact,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{FinancialAccountId, Id},
        text::{AccountNumber, PersonName, RoutingNumber, Title},
    },
};

/// The most characters of an account number here (rocketkor.md 7.1); files may bring longer ones.
const LONGEST_NUMBER: usize = 20;

/// The most characters of an address for bills, with the names of its lines.
const LONGEST_ADDRESS: usize = 2_000;

/// `POST /api/v1/external-bank-accounts`
#[utoipa::path(
    post,
    path = "/api/v1/external-bank-accounts",
    operation_id = "addExternalBankAccount",
    tag = "Financial accounts",
    summary = "Add an account at an outside bank",
    description = "It is ACTIVE and UNVERIFIED. Its number is not told again. 409 when the account is there already.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::ExternalBankAccountRequest,
    responses((status = 201, description = "The financial account", body = AccountView))
)]
pub async fn external(app: Data<App>, mut call: Call<Transact>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let parsed = read_external(&mut sent);
    let new = sent.with(parsed)?;
    let vault = app.vault.clone();
    call.make(&app, move |tx, actor| made(add::add(tx, &vault, actor, &new)?))
        .await
}

/// `POST /api/v1/internal-financial-accounts`
#[utoipa::path(
    post,
    path = "/api/v1/internal-financial-accounts",
    operation_id = "addInternalFinancialAccount",
    tag = "Financial accounts",
    summary = "Add an account that is kept here",
    description = "A part of an account of the business account, for a customer or recipient. It is ACTIVE.",
    security(("token" = ["transact"])),
    request_body = crate::openapi::bodies::InternalFinancialAccountRequest,
    responses((status = 201, description = "The financial account", body = AccountView))
)]
pub async fn internal(app: Data<App>, mut call: Call<Transact>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let parsed = read_part(&mut sent);
    let new = sent.with(parsed)?;
    let vault = app.vault.clone();
    call.make(&app, move |tx, actor| {
        made(add::add_part(tx, &vault, actor, &new)?)
    })
    .await
}

fn made(row: AccountRow) -> AppResult<Outcome> {
    let location = format!("/api/v1/financial-accounts/{}", row.id);
    Ok(Outcome::new(
        201,
        Some(location),
        answer::json(&AccountView::from(row))?,
    ))
}

fn read_external(sent: &mut Fields) -> Result<NewAccount, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = needed(&mut errors, "name", sent.text("name"), Title::parse);
    let holder = read_holder(sent, &mut errors);
    let subtype = needed(&mut errors, "subtype", sent.text("subtype"), |text| {
        Subtype::parse(text).ok_or_else(|| "The subtype is CHECKING or SAVING.".to_owned())
    });
    let method = sent.text("verificationMethod").and_then(|text| {
        let known = VerificationMethod::parse(&text);
        errors.take(
            "verificationMethod",
            known.ok_or_else(|| "The verification method is PRENOTE or AGGREGATION.".to_owned()),
        )
    });
    let Some(mut bank) = sent.object("bankAccount") else {
        errors.add("bankAccount", "bankAccount is required.");
        return Err(errors);
    };
    let routing_number = needed(
        &mut errors,
        "bankAccount.routingNo",
        bank.text("routingNo"),
        RoutingNumber::parse,
    );
    let number = needed(
        &mut errors,
        "bankAccount.accountNumber",
        bank.text("accountNumber"),
        read_number,
    );
    let bank_name = bank
        .text("bankName")
        .and_then(|text| errors.take("bankAccount.bankName", Title::parse(&text)));
    let holder_name = bank
        .text("nameOnAccount")
        .and_then(|text| errors.take("bankAccount.nameOnAccount", PersonName::parse(&text)));
    let billing_address = bank.object("billingAddress").and_then(|mut address| {
        let told = read_address(&mut address);
        bank.also(address);
        errors.take("bankAccount.billingAddress", told)
    });
    sent.also(bank);
    match (name, holder, subtype, routing_number, number) {
        (Some(name), Some(holder), Some(subtype), Some(routing_number), Some(number))
            if errors.is_empty() =>
        {
            Ok(NewAccount {
                holder_name: holder_name.map_or_else(|| name.as_str().to_owned(), |n| n.as_str().to_owned()),
                name: name.as_str().to_owned(),
                category: Category::External,
                subtype,
                routing_number,
                number,
                holder: Some(holder),
                bank_name: bank_name.map(|n| n.as_str().to_owned()),
                verification_method: method,
                billing_address,
            })
        }
        _ => Err(errors),
    }
}

fn read_part(sent: &mut Fields) -> Result<NewPart, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = needed(&mut errors, "name", sent.text("name"), Title::parse);
    let holder = read_holder(sent, &mut errors);
    let parent = needed(&mut errors, "parentId", sent.text("parentId"), |text| {
        Ok(text.to_owned())
    });
    // As of the accounts of a transaction: what is no UUID is no account of ours.
    let parent = parent.and_then(|text| {
        let id = text.parse::<FinancialAccountId>();
        let unknown = id.map_err(|_| "The business account has no such financial account.".to_owned());
        errors.allow("parentId", unknown)
    });
    match (name, holder, parent) {
        (Some(name), Some(holder), Some(parent)) => Ok(NewPart {
            name: name.as_str().to_owned(),
            parent,
            holder,
        }),
        _ => Err(errors),
    }
}

fn read_holder(sent: &mut Fields, errors: &mut FieldErrors) -> Option<Holder> {
    let id = needed(errors, "accountHolderId", sent.text("accountHolderId"), |text| {
        text.parse::<uuid::Uuid>()
            .map(Id::from_uuid)
            .map_err(|_| "The holder's id is a UUID.".to_owned())
    });
    let kind = needed(
        errors,
        "accountHolderType",
        sent.text("accountHolderType"),
        |text| HolderKind::parse(text).ok_or_else(|| "The holder is a CUSTOMER or a RECIPIENT.".to_owned()),
    );
    Some(Holder { kind: kind?, id: id? })
}

/// Its lines have names of the client's own, and are kept as they are.
fn read_address(sent: &mut Fields) -> Result<String, String> {
    let lines: serde_json::Map<String, serde_json::Value> = sent
        .all_texts()
        .into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect();
    let told = serde_json::Value::Object(lines).to_string();
    if told.chars().count() > LONGEST_ADDRESS {
        return Err(format!("An address has at most {LONGEST_ADDRESS} characters."));
    }
    if told.contains("\\u0000") {
        return Err("It has a control character; remove it.".into());
    }
    Ok(told)
}

fn read_number(text: &str) -> Result<AccountNumber, String> {
    let number = AccountNumber::parse(text)?;
    if number.reveal().chars().count() > LONGEST_NUMBER {
        return Err(format!(
            "An account number has at most {LONGEST_NUMBER} characters."
        ));
    }
    Ok(number)
}

fn needed<T>(
    errors: &mut FieldErrors,
    field: &'static str,
    sent: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let missing = || Err(format!("{field} is required."));
    errors.take(field, sent.map_or_else(missing, |text| parse(&text)))
}
