//! Ways around the rules of money that are closed: by a reversal's correction, by an exception of another type, by an
//! edit of a reversal, by a request of somebody who may not any more; and ways that the rules leave open.

use docket::{
    accounts::{self, model::Correction},
    approvals::{ApprovalState, Gated, decide::approve},
    auth::{actor::Actor, permission::Role},
    exceptions::{
        reopen::reopen,
        resolution::{
            AdjustmentReason, Direction, How, OverrideReason, Replacing, Resolved, Retrying, resolve,
        },
    },
    kernel::{
        error::{AppError, AppResult},
        id::{ExceptionId, TeamMemberId, TransactionId},
        money::{Currency, Money},
        text::{AccountNumber, Reason, ResolutionNotes},
    },
    members::{self, access},
    transactions::{
        Kind, NewTransaction, Relation, Status, TransactionRow,
        cancel::cancel,
        edit::{EditFields, edit},
        reverse::{Made, ReverseFields, reverse},
    },
};

use crate::{
    browser_money::a_break,
    harness::{Backend, TestApp, both},
    money::{Returned, ask_for_edit, chain, come_back, day, decided, edit_fields, returned, transaction},
    payments::{Payments, usd},
};

fn notes() -> ResolutionNotes {
    ResolutionNotes::parse("Called the payer.").unwrap()
}

fn reason() -> Reason {
    Reason::parse("It was wrong").unwrap()
}

/// The sentences of a refusal, with the fields they are about.
fn told<T: std::fmt::Debug>(refused: AppResult<T>) -> String {
    match refused.unwrap_err() {
        AppError::Invalid(errors) => errors
            .iter()
            .map(|e| format!("{}: {}", e.field, e.sentence))
            .collect::<Vec<_>>()
            .join("; "),
        other => other.sentence(),
    }
}

async fn resolved(
    pay: &Payments<'_>,
    who: &Actor,
    id: ExceptionId,
    how: impl Fn() -> How + Send + 'static,
) -> AppResult<Gated<Resolved>> {
    let who = who.clone();
    pay.write(move |tx| resolve(tx, &who, id, &how(), &notes(), None))
        .await
}

/// What a resolution made.
fn made(done: AppResult<Gated<Resolved>>) -> TransactionId {
    match done.unwrap() {
        Gated::Done(done) => done.resolution.transaction_id.unwrap(),
        Gated::Waits(asked) => panic!("it waits: {}", asked.why),
    }
}

async fn settled(pay: &Payments<'_>, minor: i64) -> TransactionRow {
    pay.post(NewTransaction {
        status: Status::Settled,
        ..pay.payment(minor)
    })
    .await
}

/// A debit for a reason that may be chosen, which came back with `code`.
async fn came_back(pay: &Payments<'_>, code: &str) -> Returned {
    let debit = NewTransaction {
        status: Status::Settled,
        payment_reason: "payroll".into(),
        ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(4_000))
    };
    let payment = pay.post(debit).await;
    come_back(pay, &payment, code, "2026-10-30").await
}

async fn take_back(
    pay: &Payments<'_>,
    who: &Actor,
    id: TransactionId,
    why: &str,
    right: &str,
) -> AppResult<Gated<Made>> {
    let (who, mut fields) = (who.clone(), ReverseFields::default());
    fields.reversal_reason = why.into();
    if why == "INCORRECT_AMOUNT" {
        fields.correction_amount = right.into();
    } else {
        fields.correction_financial_account_id = right.into();
    }
    pay.write(move |tx| reverse(tx, &who, id, None, &fields)).await
}

async fn what_is_right(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let paid = settled(&pay, 500_000).await;
    let refused = told(take_back(&pay, &clerk, paid.id, "INCORRECT_AMOUNT", "90000000.00").await);
    assert!(
        refused.starts_with("correction_amount: The amount is above"),
        "{backend:?}: {refused}"
    );
    let other = pay.account("Maro Delacroix", "000777123455").await;
    for suspended in [other, pay.payee] {
        let who = pay.actor.clone();
        pay.write(move |tx| accounts::commands::suspend(tx, &who, suspended, &reason()))
            .await
            .unwrap();
    }
    for (why, right) in [
        ("INCORRECT_AMOUNT", "12.00".to_owned()),
        ("INCORRECT_RECIPIENT", other.to_string()),
    ] {
        let refused = told(take_back(&pay, &clerk, paid.id, why, &right).await);
        assert!(refused.contains("suspended"), "{why}: {refused}");
    }
    assert_eq!(chain(&app, paid.id).await.len(), 1, "nothing was made");
}

#[actix_web::test]
async fn what_is_right_after_a_reversal_is_a_payment_like_any_other_on_both_databases() {
    for backend in both() {
        what_is_right(backend).await;
    }
}

#[actix_web::test]
async fn what_came_back_is_replaced_on_the_exception_of_its_return_alone() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let back = returned(&pay, 727_740, "R10", "2026-10-30").await;
    let payment = transaction(&app, back.payment).await;
    let beside = a_break(&app, back.payment, payment.amount).await;
    let fields = EditFields {
        payment_reason_id: "payroll".into(),
        ..EditFields::of(&payment)
    };
    let how = move || {
        How::Replace(Replacing {
            fields: fields.clone(),
            new_authorization_on: None,
            is_fault_removed: true,
        })
    };
    let by_return = told(resolved(&pay, &clerk, back.exception, how.clone()).await);
    assert!(by_return.contains("did not authorize"), "{by_return}");
    let by_other = told(resolved(&pay, &clerk, beside, how).await);
    assert!(by_other.contains("exception of that return"), "{by_other}");
    let page = app
        .as_clerk()
        .await
        .get(&format!("/exceptions/{beside}/resolve"))
        .await;
    assert!(page.says("resolve the exception of that return"), "{}", page.text);
    assert_eq!(chain(&app, back.payment).await.len(), 2, "nothing was made");
}

async fn corrected(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let back = came_back(&pay, "R04").await;
    let payment = transaction(&app, back.payment).await;
    let same = {
        let fields = EditFields::of(&payment);
        move || {
            How::Replace(Replacing {
                fields: fields.clone(),
                new_authorization_on: None,
                is_fault_removed: false,
            })
        }
    };
    let early = told(resolved(&pay, &clerk, back.exception, same.clone()).await);
    assert!(early.contains("must be corrected and verified first"), "{early}");
    let (vault, who, payee) = (app.app.vault.clone(), pay.actor.clone(), pay.payee);
    app.wait(1);
    pay.write(move |tx| {
        let right = Correction {
            number: Some(AccountNumber::parse("000123456700").unwrap()),
            ..Correction::default()
        };
        accounts::commands::correct(tx, &vault, &who, payee, &right)
    })
    .await
    .unwrap();
    let new = made(resolved(&pay, &clerk, back.exception, same).await);
    let new = transaction(&app, new).await;
    assert_eq!(
        (
            new.relation,
            new.amount,
            new.entry_description,
            new.debit_account_id
        ),
        (Some(Relation::Correction), 4_000, None, payee),
        "{backend:?}: the same payment, as a new entry without the label of a retry"
    );
}

#[actix_web::test]
async fn after_its_account_is_corrected_a_payment_goes_out_as_a_new_entry_on_both_databases() {
    for backend in both() {
        corrected(backend).await;
    }
}

#[actix_web::test]
async fn an_r11_goes_out_again_when_what_was_wrong_is_put_right() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let back = came_back(&pay, "R11").await;
    let fields = EditFields::of(&transaction(&app, back.payment).await);
    let how = |is_fault_removed| {
        let fields = fields.clone();
        move || {
            How::Replace(Replacing {
                fields: fields.clone(),
                new_authorization_on: None,
                is_fault_removed,
            })
        }
    };
    let early = told(resolved(&pay, &clerk, back.exception, how(false)).await);
    assert!(early.contains("Find and correct first"), "{early}");
    // On the page too.
    let browser = app.as_clerk().await;
    let form = format!("/exceptions/{}/resolve", back.exception);
    let shown = browser.get(&format!("{form}?type=REPLACE_TRANSACTION")).await;
    assert!(shown.says("What caused the return was put right"));
    let ticked = [
        (
            "debit_financial_account_id",
            fields.debit_financial_account_id.as_str(),
        ),
        (
            "credit_financial_account_id",
            fields.credit_financial_account_id.as_str(),
        ),
        ("replace_amount", "40.00"),
        ("payment_reason_id", "payroll"),
        ("resolution_type", "REPLACE_TRANSACTION"),
        ("put_right", "true"),
        ("notes", "Wrong day; agreed on another."),
    ];
    let preview = browser.submit_shown(&shown, &form, &ticked).await;
    assert!(preview.says("linked to the old one"), "{}", preview.text);
    let new = made(resolved(&pay, &clerk, back.exception, how(true)).await);
    assert_eq!(transaction(&app, new).await.relation, Some(Relation::Correction));
}

async fn reversals(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let paid = settled(&pay, 20_000).await;
    let Gated::Done(back) = take_back(&pay, &clerk, paid.id, "INCORRECT_AMOUNT", "150.00")
        .await
        .unwrap()
    else {
        panic!("it waits");
    };
    let (reversal, right) = (back.reversal, back.correction.unwrap());
    let edited = {
        let (who, fields) = (clerk.clone(), edit_fields(&reversal, 900_000));
        pay.write(move |tx| edit(tx, &who, reversal.id, None, &fields))
            .await
    };
    assert!(told(edited).contains("no more and no less"), "{backend:?}");
    let undo = async |id| {
        let who = clerk.clone();
        pay.write(move |tx| cancel(tx, &who, id, None)).await
    };
    let early = told(undo(reversal.id).await);
    assert!(early.contains("cancel that first"), "{early}");
    let page = app
        .as_clerk()
        .await
        .get(&format!("/transactions/{}", reversal.id))
        .await;
    assert!(page.says("cancel that first") && page.says("no more and no less"));
    undo(right.id).await.unwrap();
    undo(reversal.id).await.unwrap();
    assert_eq!(transaction(&app, paid.id).await.status, Status::Settled);
    // It can be taken back anew, and only once.
    let again = take_back(&pay, &clerk, paid.id, "INCORRECT_AMOUNT", "150.00").await;
    assert!(matches!(again, Ok(Gated::Done(_))));
}

#[actix_web::test]
async fn a_reversal_is_never_edited_and_a_cancelled_one_leaves_its_payment_as_it_was_on_both_databases() {
    for backend in both() {
        reversals(backend).await;
    }
}

async fn not_any_more(backend: Backend) {
    for is_disabled in [false, true] {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        let owner = app.actor(Role::Owner).await;
        let row = pay.post(pay.payment(1_000)).await;
        let asked = ask_for_edit(&pay, &clerk, &row, 1_500_000).await;
        let id: TeamMemberId = clerk.member().unwrap();
        pay.write(move |tx| {
            let version = members::queries::get(tx.conn, owner.business_account, id)?.version();
            if is_disabled {
                access::disable(tx, &owner, id, &version)
            } else {
                access::change_role(tx, &owner, id, Role::ViewOnly, &version)
            }
        })
        .await
        .unwrap();
        let vault = app.app.vault.clone();
        pay.write(move |tx| approve(tx, &vault, &manager, asked, None))
            .await
            .unwrap();
        let lapsed = decided(&app, asked).await;
        assert_eq!(lapsed.state, ApprovalState::Lapsed, "{backend:?}");
        let why = lapsed.outcome.unwrap();
        assert!(why.ends_with("may not do this any more."), "{why}");
        assert_eq!(chain(&app, row.id).await.len(), 1, "nothing was made");
        assert_eq!(transaction(&app, row.id).await.status, Status::New);
    }
}

#[actix_web::test]
async fn what_somebody_asked_for_lapses_when_they_may_not_do_it_any_more_on_both_databases() {
    for backend in both() {
        not_any_more(backend).await;
    }
}

async fn reopened(pay: &Payments<'_>, who: &Actor, id: ExceptionId) {
    let who = who.clone();
    pay.write(move |tx| reopen(tx, &who, id, &reason(), None))
        .await
        .unwrap();
}

#[actix_web::test]
async fn a_reopening_takes_back_what_stands_now_and_tells_the_transaction() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let browser = app.as_manager().await;

    let back = returned(&pay, 6_027, "R01", "2026-10-30").await;
    let again = || {
        How::Retry(Retrying {
            date: day("2026-11-04"),
            receiver_consent_on: None,
            is_fault_removed: false,
        })
    };
    let sent = made(resolved(&pay, &clerk, back.exception, again).await);
    let edited = {
        let row = transaction(&app, sent).await;
        let (who, fields) = (clerk.clone(), edit_fields(&row, row.amount));
        pay.write(move |tx| edit(tx, &who, sent, None, &fields)).await
    };
    let Ok(Gated::Done(now)) = edited else {
        panic!("{edited:?}");
    };
    let page = browser
        .get(&format!("/exceptions/{}/reopen", back.exception))
        .await;
    assert!(page.says("$60.27 that it made is cancelled"), "{}", page.text);
    reopened(&pay, &manager, back.exception).await;
    assert_eq!(transaction(&app, now.id).await.status, Status::Cancelled);

    let paid = settled(&pay, 10_000).await;
    let to_adjust = a_break(&app, paid.id, 10_000).await;
    let less = || How::AdjustEntry {
        reason: AdjustmentReason::AmountCorrection,
        money: usd(450),
        direction: Direction::Debit,
        effective: day("2026-11-03"),
    };
    resolved(&pay, &clerk, to_adjust, less).await.unwrap();
    reopened(&pay, &manager, to_adjust).await;
    let page = browser.get(&format!("/transactions/{}", paid.id)).await;
    assert!(page.says("undid the adjustment of $4.50"), "{}", page.text);
}

#[actix_web::test]
async fn a_transaction_is_matched_once_and_with_what_is_near_alone() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let far = settled(&pay, 50_000).await;
    app.wait(6 * 24 * 60);
    let (ours, near, third) = (
        settled(&pay, 50_000).await,
        settled(&pay, 50_100).await,
        settled(&pay, 50_050).await,
    );
    let gone = pay.post(pay.payment(50_000)).await;
    let who = clerk.clone();
    pay.write(move |tx| cancel(tx, &who, gone.id, None))
        .await
        .unwrap();
    let with = |counterpart: TransactionId| {
        move || How::ForceMatch {
            counterpart: Some(counterpart),
            why: OverrideReason::OpsApproval,
        }
    };
    let first = a_break(&app, ours.id, 50_000).await;
    for (other, said) in [(far.id, "5 days apart"), (gone.id, "it moved nothing")] {
        let refused = told(resolved(&pay, &clerk, first, with(other)).await);
        assert!(refused.contains(said), "{refused}");
    }
    let back = returned(&pay, 3_000, "R01", "2026-11-09").await;
    let returning = chain(&app, back.payment).await;
    let returning = returning.iter().find(|t| t.kind == Kind::Return).unwrap().id;
    let of_return = a_break(&app, back.payment, 3_000).await;
    let refused = told(resolved(&pay, &clerk, of_return, with(returning)).await);
    assert!(refused.contains("same chain"), "{refused}");
    // The form has both sides, and says what happens without one.
    let browser = app.as_clerk().await;
    let form = format!("/exceptions/{first}/resolve");
    let shown = browser.get(&format!("{form}?type=FORCE_MATCH")).await;
    assert!(shown.says("This one") && shown.says("None of them: it is marked as matched by hand"));
    let unchosen = [
        ("resolution_type", "FORCE_MATCH"),
        ("override_reason", "OPS_APPROVAL"),
        ("notes", "Same."),
    ];
    let asked = browser.submit_shown(&shown, &form, &unchosen).await;
    assert_eq!(asked.status, 422);
    assert!(asked.says("Choose one, or that none of them is the other side."));

    resolved(&pay, &clerk, first, with(near.id)).await.unwrap();
    for (ours, other) in [(ours.id, third.id), (near.id, third.id), (third.id, near.id)] {
        let second = a_break(&app, ours, 50_000).await;
        let refused = told(resolved(&pay, &clerk, second, with(other)).await);
        assert!(refused.contains("matched"), "{refused}");
    }
}

#[actix_web::test]
async fn an_adjustment_fits_the_transaction_and_the_year() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let paid = settled(&pay, 48_277).await;
    let id = a_break(&app, paid.id, 48_277).await;
    let gbp = Currency::parse("GBP").unwrap();
    let how = |reason, money: Money, effective: &'static str| {
        move || How::AdjustEntry {
            reason,
            money,
            direction: Direction::Debit,
            effective: day(effective),
        }
    };
    let wild = how(
        AdjustmentReason::AmountCorrection,
        Money::new(9_999_999_900, gbp),
        "1850-01-01",
    );
    let refused = told(resolved(&pay, &clerk, id, wild).await);
    for said in [
        "currency: The transaction is in USD",
        "amount: ",
        "effective_at: Give a day",
    ] {
        assert!(refused.contains(said), "{refused}");
    }
    let fine = how(
        AdjustmentReason::CurrencyCorrection,
        Money::new(100, gbp),
        "2026-11-03",
    );
    assert!(resolved(&pay, &clerk, id, fine).await.is_ok());
}
