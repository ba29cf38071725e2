//! The pages of a reversal: the form, a look at what it will do, and the deed.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    Kind, TransactionRow,
    commands::stale,
    confirm::ConfirmPage,
    offer::{self, Find},
    queries,
    reverse::{self, ReversalReason, ReverseFields},
    words,
};
use crate::{
    accounts::{self, AccountRow},
    app::App,
    approvals::{self, Gated},
    auth::{permission::Transact, principal::May},
    idempotency::{self, Claim, Outcome},
    kernel::{
        clock::written_day,
        crypto,
        error::{AppError, AppResult, Code},
        id::{TransactionId, noun},
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Refused, Section, Shell},
        ui::{Change, Choice},
    },
};

type Step = super::confirm::Step<ReversePage>;

#[derive(Template)]
#[template(path = "transactions/reverse.html")]
pub struct ReversePage {
    shell: Shell,
    short: String,
    money: String,
    back: String,
    action: String,
    version: i64,
    idempotency_key: String,
    until: String,
    problems: Vec<Problem>,
    reason: Field,
    reasons: Vec<Choice>,
    correction_amount: Field,
    find: Find,
    correction_account: Field,
    accounts: Vec<Choice>,
}

/// The form as it is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReverseForm {
    version: String,
    idempotency_key: String,
    step: String,
    reversal_reason: String,
    correction_amount: String,
    correction_financial_account_id: String,
    /// A text to find an account by, and the one that it was last found by.
    find: String,
    found: String,
}

impl ReverseForm {
    fn fields(&self) -> ReverseFields {
        ReverseFields {
            reversal_reason: self.reversal_reason.clone(),
            correction_amount: self.correction_amount.clone(),
            correction_financial_account_id: self.correction_financial_account_id.clone(),
        }
    }
}

fn page_of(id: TransactionId) -> String {
    format!("/transactions/{id}")
}

/// `GET /transactions/{id}/reverse`
pub async fn show(
    app: Data<App>,
    who: May<Transact>,
    id: PathId<noun::Transaction>,
    kept: Kept,
) -> AppResult<Step> {
    let typed = kept.form::<ReverseForm>().unwrap_or_default();
    form(&app, &who, id.0, &typed, None).await
}

/// `POST /transactions/{id}/reverse`: shows what it will do, or the form again.
pub async fn submit(
    app: Data<App>,
    sent: Submit<Transact, ReverseForm>,
    id: PathId<noun::Transaction>,
) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let id = id.0;
    if typed.step == "edit" || Find::is_asked(&typed.step, &typed.find, &typed.found) {
        return form(&app, &who, id, &typed, None).await;
    }
    let (fields, account, now) = (typed.fields(), who.account(), app.clock.now());
    let read: Option<i64> = typed.version.parse().ok();
    let actor = who.actor();
    let checked = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let line = queries::lineage(conn, account, id)?;
            let allowed = reverse::can_reverse(&row, &line, now);
            let checked = match allowed {
                Err(why) => Err(AppError::refused(Code::IllegalMove, why)),
                Ok(()) if read.is_some_and(|version| version != row.version) => Err(stale()),
                Ok(()) => fields.check(conn, &row, now),
            };
            Ok(checked.and_then(|reversal| {
                let consent = reversal.consent(conn, &actor, &row)?;
                Ok((row, reversal, consent.map(|c| c.why)))
            }))
        })
        .await?;
    let (row, reversal, consent) = match checked {
        Ok(checked) => checked,
        Err(error) => return form(&app, &who, id, &typed, Some(error)).await,
    };
    let page = page_of(id);
    Ok(Step::Confirm(Box::new(Page::ok(ConfirmPage {
        shell: who.shell(
            &app,
            format!("Confirm the reversal of {}", row.title()),
            Section::Transactions,
        ),
        heading: "Confirm the reversal".into(),
        short: row.title(),
        edit: format!("{page}/reverse"),
        action: format!("{page}/reverse/confirm"),
        back: page,
        version: row.version,
        idempotency_key: typed.idempotency_key.clone(),
        deed: ConfirmPage::deed(consent.as_ref(), "Reverse it"),
        leave: "Leave it as it is",
        consent,
        limits: Vec::new(),
        effects: reversal.effects(&row),
        changes: reversal.differences(&row).into_iter().map(Change::from).collect(),
        kept: vec![
            ("reversal_reason", typed.reversal_reason),
            ("correction_amount", typed.correction_amount),
            (
                "correction_financial_account_id",
                typed.correction_financial_account_id,
            ),
        ],
    }))))
}

/// `POST /transactions/{id}/reverse/confirm`: does it, once.
pub async fn confirm(
    app: Data<App>,
    sent: Submit<Transact, ReverseForm>,
    id: PathId<noun::Transaction>,
) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let id = id.0;
    match apply(&app, &who, id, &typed).await {
        Ok(done) => {
            let next = done.location.unwrap_or_else(|| page_of(id));
            Ok(Step::Next(SeeOther::to(next).done(done.body)))
        }
        Err(error @ (AppError::Refused(..) | AppError::Invalid(_))) => {
            form(&app, &who, id, &typed, Some(error)).await
        }
        Err(error) => Err(error),
    }
}

async fn apply(app: &App, who: &May<Transact>, id: TransactionId, typed: &ReverseForm) -> AppResult<Outcome> {
    let (actor, fields, read) = (who.actor(), typed.fields(), typed.version.parse().ok());
    let claim = Claim::of_form(&actor, who.request().path(), &typed.idempotency_key, &fields)?;
    app.db
        .write(who.account(), move |tx| {
            idempotency::once(tx, Some(&claim), |tx| {
                let (to, said) = match reverse::reverse(tx, &actor, id, read, &fields)? {
                    Gated::Done(made) => (
                        page_of(made.reversal.id),
                        format!("A reversal of {} is made.", made.reversal.money()),
                    ),
                    Gated::Waits(_) => (page_of(id), approvals::show::WAITS.into()),
                };
                Ok(Outcome::new(303, Some(to), said))
            })
        })
        .await
}

async fn form(
    app: &App,
    who: &May<Transact>,
    id: TransactionId,
    typed: &ReverseForm,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let account = who.account();
    let (chosen, text) = (
        typed.correction_financial_account_id.parse().ok(),
        typed.find.clone(),
    );
    accounts::index::refresh(app, &text).await?;
    let (row, line, offered) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let line = queries::lineage(conn, account, id)?;
            Ok((row, line, offer::accounts(conn, account, &text, chosen)?))
        })
        .await?;
    if let Err(why) = reverse::can_reverse(&row, &line, app.clock.now()) {
        return Ok(Step::Next(SeeOther::to(page_of(id)).refused(why)));
    }
    view(app, who, &row, offered, (typed, refused))
}

fn view(
    app: &App,
    who: &May<Transact>,
    row: &TransactionRow,
    (accounts, find): (Vec<AccountRow>, Find),
    (typed, refused): (&ReverseForm, Option<AppError>),
) -> AppResult<Step> {
    let Refused {
        status,
        errors,
        problems,
    } = Refused::with(refused);
    let field = |name: &'static str, value: &str| Field::of(value, name, &errors);
    let page = ReversePage {
        shell: who.shell(app, format!("Reverse {}", row.title()), Section::Transactions),
        short: row.title(),
        money: row.money().to_string(),
        back: page_of(row.id),
        action: format!("{}/reverse", page_of(row.id)),
        version: row.version,
        idempotency_key: crypto::new_token()?,
        until: reverse::last_day(row)
            .map(|day| {
                format!(
                    "It must reach the receiving bank by {}, {} banking days after it settled.",
                    written_day(day),
                    reverse::BANKING_DAYS
                )
            })
            .unwrap_or_default(),
        problems,
        reason: field("reversal_reason", ""),
        reasons: offer::with_nothing(words::choices(
            ReversalReason::ALL.iter().map(|r| (r.as_str(), r.label())),
            &typed.reversal_reason,
        )),
        correction_amount: field("correction_amount", &typed.correction_amount),
        find,
        correction_account: field("correction_financial_account_id", ""),
        accounts: {
            let mut all = vec![Choice {
                value: String::new(),
                label: match row.kind {
                    Kind::Request => "The same payer".into(),
                    _ => "The same recipient".into(),
                },
                selected: typed.correction_financial_account_id.is_empty(),
            }];
            let known = offer::account_choices(&accounts, &typed.correction_financial_account_id);
            all.extend(known.into_iter().filter(|c| !c.value.is_empty()));
            all
        },
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}
