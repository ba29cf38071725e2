//! What follows when an account gets another number: requests that named it, payments that were not sent yet, returns
//! of payments that were, and what was known of it.

use docket::{
    accounts::{self, AccountRow, Verification, model::Correction},
    approvals::{ApprovalState, Gated, decide::approve},
    auth::{actor::Actor, permission::Role},
    exceptions::resolution::{How, Replacing, Retrying, resolve},
    kernel::{
        error::{AppError, AppResult},
        id::{ApprovalId, ExceptionId, FinancialAccountId},
        text::{AccountNumber, Reason, ResolutionNotes, RoutingNumber},
    },
    transactions::{
        AchDetails, Kind, NewTransaction, Relation, Status,
        create::{CreateFields, create},
        edit::{EditFields, edit},
        queries,
        reverse::{ReverseFields, reverse},
    },
};

use crate::{
    harness::{Backend, TestApp, both},
    money::{come_back, day, decided, edit_fields, returned, transaction},
    payments::{Payments, ROUTING, usd},
};

/// Of another bank.
const ELSEWHERE: &str = "021000021";

fn notes() -> ResolutionNotes {
    ResolutionNotes::parse("Called the payer.").unwrap()
}

/// From ten thousand dollars on a second person must agree.
const MUCH: i64 = 2_000_000;

async fn correct(pay: &Payments<'_>, id: FinancialAccountId, right: Correction) -> AccountRow {
    let (vault, who) = (pay.app.app.vault.clone(), pay.actor.clone());
    pay.write(move |tx| accounts::commands::correct(tx, &vault, &who, id, &right))
        .await
        .unwrap()
}

async fn move_to_another_bank(pay: &Payments<'_>, id: FinancialAccountId) -> AccountRow {
    let right = Correction {
        routing_number: Some(RoutingNumber::parse(ELSEWHERE).unwrap()),
        ..Correction::default()
    };
    correct(pay, id, right).await
}

async fn account(pay: &Payments<'_>, id: FinancialAccountId) -> AccountRow {
    let of = pay.actor.business_account;
    let read = pay
        .app
        .app
        .db
        .read(move |conn| accounts::queries::get(conn, of, id));
    read.await.unwrap()
}

fn asked<T>(gated: AppResult<Gated<T>>) -> ApprovalId {
    match gated.unwrap() {
        Gated::Waits(approval) => approval.id,
        Gated::Done(_) => panic!("it did not wait"),
    }
}

/// Asks for each kind of payment that a second person must agree to, by name.
async fn ask_for_all(pay: &Payments<'_>, who: &Actor) -> Vec<(&'static str, ApprovalId)> {
    let mut all = Vec::new();
    let by = who.clone();
    let fields = CreateFields {
        transaction_type: "SEND".into(),
        solution: "ach".into(),
        debit_financial_account_id: pay.own.to_string(),
        credit_financial_account_id: pay.payee.to_string(),
        amount: usd(MUCH).plain(),
        payment_reason_id: "payroll".into(),
        settlement_priority: "NEXT_DAY".into(),
        ..CreateFields::default()
    };
    all.push((
        "a new one",
        asked(pay.write(move |tx| create(tx, &by, &fields)).await),
    ));

    let new = pay.post(pay.payment(MUCH)).await;
    let (by, fields) = (who.clone(), edit_fields(&new, MUCH + 100));
    let edited = pay.write(move |tx| edit(tx, &by, new.id, None, &fields)).await;
    all.push(("an edit", asked(edited)));

    let paid = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..pay.payment(MUCH)
        })
        .await;
    let (by, mut fields) = (who.clone(), ReverseFields::default());
    fields.reversal_reason = "DUPLICATE_PAYMENT".into();
    let reversed = pay
        .write(move |tx| reverse(tx, &by, paid.id, None, &fields))
        .await;
    all.push(("a reversal", asked(reversed)));

    let back = returned(pay, MUCH, "R01", "2026-10-30").await;
    all.push((
        "a retry",
        wait(pay, who, back.exception, || {
            How::Retry(Retrying::on(day("2026-11-04")))
        })
        .await,
    ));

    let back = returned(pay, MUCH, "R03", "2026-10-30").await;
    let fields = edit_fields(&transaction(pay.app, back.payment).await, MUCH);
    let replaced = move || {
        How::Replace(Replacing {
            fields: fields.clone(),
            new_authorization_on: None,
            is_fault_removed: true,
        })
    };
    all.push(("a replacement", wait(pay, who, back.exception, replaced).await));
    all
}

async fn wait(
    pay: &Payments<'_>,
    who: &Actor,
    id: ExceptionId,
    how: impl Fn() -> How + Send + 'static,
) -> ApprovalId {
    let by = who.clone();
    asked(
        pay.write(move |tx| resolve(tx, &by, id, &how(), &notes(), None))
            .await,
    )
}

async fn lapses(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let waiting = ask_for_all(&pay, &clerk).await;
    let named = Correction {
        name: Some("D. Marlowe".into()),
        ..Correction::default()
    };
    correct(&pay, pay.payee, named).await;
    let right = Correction {
        number: Some(AccountNumber::parse("000123456700").unwrap()),
        ..Correction::default()
    };
    correct(&pay, pay.payee, right).await;
    for (what, id) in waiting {
        let (vault, by) = (app.app.vault.clone(), manager.clone());
        let done = pay
            .write(move |tx| approve(tx, &vault, &by, id, None))
            .await
            .unwrap();
        assert_eq!(
            (done.state, done.outcome.as_deref()),
            (
                ApprovalState::Lapsed,
                Some("The account was changed after it was asked for.")
            ),
            "{backend:?}: {what}"
        );
    }
}

#[actix_web::test]
async fn whatever_waits_lapses_when_the_account_it_names_has_another_number_on_both_databases() {
    for backend in both() {
        lapses(backend).await;
    }
}

async fn another_name_is_no_other_place(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let waiting = ask_for_all(&pay, &clerk).await;
    let named = Correction {
        name: Some("D. Marlowe".into()),
        ..Correction::default()
    };
    correct(&pay, pay.payee, named).await;
    for (what, id) in waiting {
        let (vault, by) = (app.app.vault.clone(), manager.clone());
        let done = pay
            .write(move |tx| approve(tx, &vault, &by, id, None))
            .await
            .unwrap();
        assert_eq!(
            done.state,
            ApprovalState::Approved,
            "{backend:?}: {what}: {:?}",
            done.outcome
        );
    }
}

#[actix_web::test]
async fn whatever_waits_is_done_when_the_account_it_names_has_another_name_on_both_databases() {
    for backend in both() {
        another_name_is_no_other_place(backend).await;
    }
}

async fn follows(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let at = |status, trace: &str, to| NewTransaction {
        status,
        ach: AchDetails {
            trace_number: Some(trace.into()),
            receiving_bank: Some(ROUTING.into()),
            ..AchDetails::default()
        },
        ..NewTransaction::ach(Kind::Send, pay.own, to, usd(5_000))
    };
    let other = pay.account("Ada Moss", "000555444333").await;
    let waiting = pay.post(at(Status::Pending, "091000010000001", pay.payee)).await;
    let sent = pay
        .post(at(Status::Processing, "091000010000002", pay.payee))
        .await;
    let beside = pay.post(at(Status::Pending, "091000010000003", other)).await;
    let asked_for = {
        let (who, fields) = (app.actor(Role::Clerk).await, edit_fields(&waiting, MUCH));
        asked(
            pay.write(move |tx| edit(tx, &who, waiting.id, None, &fields))
                .await,
        )
    };
    move_to_another_bank(&pay, pay.payee).await;
    let bank = async |id| transaction(&app, id).await.receiving_bank.unwrap();
    assert_eq!(
        bank(waiting.id).await,
        ELSEWHERE,
        "{backend:?}: it goes to the new bank"
    );
    assert_eq!(
        bank(sent.id).await,
        ROUTING,
        "{backend:?}: it went to the old one"
    );
    assert_eq!(
        bank(beside.id).await,
        ROUTING,
        "{backend:?}: it is somebody else's"
    );
    assert_eq!(decided(&app, asked_for).await.state, ApprovalState::Lapsed);
    // The new bank sends it back: its return finds it.
    let of = app.account;
    let found = app
        .app
        .db
        .read(move |conn| queries::find_by_trace(conn, of, "091000010000001", Some(5_000), Some(ELSEWHERE)));
    assert_eq!(
        found.await.unwrap().map(|t| t.id),
        Some(waiting.id),
        "{backend:?}"
    );
}

#[actix_web::test]
async fn a_payment_that_was_not_sent_yet_follows_its_account_to_another_bank_on_both_databases() {
    for backend in both() {
        follows(backend).await;
    }
}

async fn no_retry(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let back = returned(&pay, 4_000, "R01", "2026-10-30").await;
    app.wait(1);
    move_to_another_bank(&pay, pay.payee).await;
    let by = clerk.clone();
    let again = pay
        .write(move |tx| {
            let how = How::Retry(Retrying::on(day("2026-11-04")));
            resolve(tx, &by, back.exception, &how, &notes(), None)
        })
        .await;
    let AppError::Refused(_, why) = again.unwrap_err() else {
        panic!("another refusal");
    };
    assert!(
        why.contains("first entry to the corrected account"),
        "{backend:?}: {why}"
    );
    let form = app
        .as_clerk()
        .await
        .get(&format!("/exceptions/{}/resolve", back.exception))
        .await;
    assert!(
        form.says("only as a new entry: replace the transaction"),
        "{}",
        form.text
    );
    let fields = EditFields {
        payment_reason_id: "payroll".into(),
        ..EditFields::of(&transaction(&app, back.payment).await)
    };
    let made = pay
        .write(move |tx| {
            let how = How::Replace(Replacing {
                fields: fields.clone(),
                new_authorization_on: None,
                is_fault_removed: false,
            });
            resolve(tx, &clerk, back.exception, &how, &notes(), None)
        })
        .await;
    let resolution = made.unwrap().done().unwrap().resolution;
    let new = transaction(&app, resolution.transaction_id.unwrap()).await;
    assert_eq!(
        (new.relation, new.entry_description),
        (Some(Relation::Correction), None)
    );
}

#[actix_web::test]
async fn what_came_back_from_an_account_that_has_moved_is_no_retry_on_both_databases() {
    for backend in both() {
        no_retry(backend).await;
    }
}

#[actix_web::test]
async fn a_new_authorization_alone_allows_the_same_payment_as_a_new_entry() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    for code in ["R05", "R07", "R10", "R29"] {
        let back = returned(&pay, 4_000, code, "2026-10-30").await;
        let fields = EditFields {
            payment_reason_id: "payroll".into(),
            ..EditFields::of(&transaction(&app, back.payment).await)
        };
        let replaced = async |on: Option<&str>| {
            let (by, fields, on) = (clerk.clone(), fields.clone(), on.map(day));
            pay.write(move |tx| {
                let how = How::Replace(Replacing {
                    fields: fields.clone(),
                    new_authorization_on: on,
                    is_fault_removed: false,
                });
                resolve(tx, &by, back.exception, &how, &notes(), None)
            })
            .await
        };
        let before = replaced(Some("2026-10-29")).await;
        assert!(before.is_err(), "{code}: it was given before the return");
        assert!(replaced(None).await.is_err(), "{code}: there is none");
        let done = replaced(Some("2026-11-03")).await.unwrap().done().unwrap();
        let new = transaction(&app, done.resolution.transaction_id.unwrap()).await;
        assert_eq!(new.relation, Some(Relation::Correction), "{code}");
    }
}

async fn is_not_verified(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (who, payee) = (pay.actor.clone(), pay.payee);
    pay.write(move |tx| {
        let reason = Reason::parse("Two small deposits").unwrap();
        accounts::commands::set_verification(tx, &who, payee, Verification::Approved, &reason)
    })
    .await
    .unwrap();
    let named = Correction {
        holder_name: Some("D. Marlowe".into()),
        ..Correction::default()
    };
    assert_eq!(
        correct(&pay, payee, named).await.verification,
        Verification::Approved
    );
    assert_eq!(
        move_to_another_bank(&pay, payee).await.verification,
        Verification::Unverified
    );
    assert_eq!(
        account(&pay, payee).await.verification,
        Verification::Unverified,
        "{backend:?}"
    );
    let page = app.as_clerk().await.get(&format!("/accounts/{payee}")).await;
    assert!(page.says("Verification"), "{}", page.text);
}

#[actix_web::test]
async fn another_number_is_verified_anew_on_both_databases() {
    for backend in both() {
        is_not_verified(backend).await;
    }
}

async fn is_given_up_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let first = returned(&pay, 4_000, "R01", "2026-10-30").await;
    let payment = transaction(&app, first.payment).await;
    let second = come_back(&pay, &payment, "R09", "2026-10-30").await;
    let give_up = async |id| {
        let by = clerk.clone();
        pay.write(move |tx| {
            let how = How::WriteOff(Reason::parse("Not worth a call").unwrap());
            resolve(tx, &by, id, &how, &notes(), None)
        })
        .await
    };
    give_up(first.exception).await.unwrap();
    let AppError::Invalid(errors) = give_up(second.exception).await.unwrap_err() else {
        panic!("another refusal");
    };
    let why = errors.of("resolution_type").unwrap();
    assert!(
        why.contains("was adjusted or written off already"),
        "{backend:?}: {why}"
    );
}

#[actix_web::test]
async fn the_same_money_is_written_off_once_on_both_databases() {
    for backend in both() {
        is_given_up_once(backend).await;
    }
}

async fn tells_who_agreed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let browser = app.as_clerk().await;
    for (what, id) in ask_for_all(&pay, &clerk).await {
        app.wait(1);
        let (vault, by) = (app.app.vault.clone(), manager.clone());
        let done = pay
            .write(move |tx| approve(tx, &vault, &by, id, None))
            .await
            .unwrap();
        let new = match what {
            "a retry" | "a replacement" => {
                let exception = ExceptionId::from_uuid(done.entity_id.uuid());
                let resolution = app.exception(exception).await.resolution_id.unwrap();
                let read = app
                    .app
                    .db
                    .read(move |c| docket::exceptions::resolution::get(c, resolution));
                read.await.unwrap().transaction_id.unwrap().uuid()
            }
            _ => done.result_id.unwrap().uuid(),
        };
        let page = browser.get(&format!("/transactions/{new}")).await;
        assert!(
            page.says("Clerk One asked for it. Manager One agreed."),
            "{backend:?}: {what}: {}",
            page.text
        );
        assert_eq!(
            page.attribute(&format!("a[href='/approvals/{id}']"), "href")
                .len(),
            1,
            "{what}"
        );
    }
}

#[actix_web::test]
async fn a_transaction_tells_who_agreed_to_it_on_both_databases() {
    for backend in both() {
        tells_who_agreed(backend).await;
    }
}

#[actix_web::test]
async fn the_account_of_a_replacement_is_found_by_text() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let back = returned(&pay, 4_000, "R02", "2026-10-30").await;
    let (vault, who) = (app.app.vault.clone(), pay.actor.clone());
    pay.write(move |tx| {
        for n in 0..120 {
            let (name, number) = (format!("Alma {n:03}"), format!("7000{n:05}"));
            let new = accounts::NewExternal {
                name: &name,
                holder_name: &name,
                routing_number: ROUTING,
                number: &number,
                subtype: accounts::Subtype::Checking,
            };
            accounts::commands::find_or_add_external(tx, &vault, &who, &new)?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let wanted = pay.account("Zora Quill", "000999888777").await.to_string();
    let clerk = app.as_clerk().await;
    let form = format!("/exceptions/{}/resolve", back.exception);
    let offered = |page: &crate::harness::browser::Answer| {
        page.attribute("#debit_financial_account_id option", "value")
            .contains(&wanted)
    };
    let first = clerk.get(&form).await;
    assert!(first.says("Only the first 100 by name are offered") && !offered(&first));
    let typed = [
        ("find", "quill"),
        ("step", "find"),
        ("notes", "Another account of hers."),
    ];
    let found = clerk.submit_shown(&first, &form, &typed).await;
    assert!(
        offered(&found) && found.says("Another account of hers."),
        "{}",
        found.text
    );
    let chosen = [
        ("resolution_type", "REPLACE_TRANSACTION"),
        ("find", "quill"),
        ("found", "quill"),
        ("debit_financial_account_id", wanted.as_str()),
        ("credit_financial_account_id", &pay.own.to_string()),
        ("replace_amount", "40.00"),
        ("payment_reason_id", "payroll"),
        ("notes", "Another account of hers."),
    ];
    let preview = clerk.submit_shown(&found, &form, &chosen).await;
    assert!(preview.says("Zora Quill ••••8777"), "{}", preview.text);
}
