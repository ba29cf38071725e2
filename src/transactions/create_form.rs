//! The pages of a new transaction: the form, a look at what it will do, and the deed.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    Kind, Priority, Solution,
    confirm::ConfirmPage,
    create::{self, CreateFields},
    metadata::ENTRY_CLASSES,
    metadata_form::{MetadataForm, MetadataRows},
    offer::{self, Find},
    words,
};
use crate::{
    accounts,
    app::App,
    approvals::{self, Gated},
    auth::{permission::Transact, principal::May},
    idempotency::{self, Claim, Outcome},
    kernel::{
        crypto,
        error::{AppError, AppResult, FieldErrors},
        money::Currency,
    },
    policies::{
        approval::{self, Subject},
        limits,
    },
    web::{
        form::Submit,
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Refused, Section, Shell},
        ui::{Change, Choice, Fact},
    },
};

/// What was checked, with what is wrong in the form beside it: everything at once.
pub(super) fn with<T>(mut wrong: FieldErrors, checked: AppResult<T>) -> AppResult<T> {
    match checked {
        Err(AppError::Invalid(errors)) => {
            wrong.extend(&errors);
            Err(wrong.into())
        }
        Ok(_) if !wrong.is_empty() => Err(wrong.into()),
        other => other,
    }
}

type Step = super::confirm::Step<CreatePage>;

#[derive(Template)]
#[template(path = "transactions/new.html")]
pub struct CreatePage {
    shell: Shell,
    idempotency_key: String,
    problems: Vec<Problem>,
    transaction_type: Field,
    types: Vec<Choice>,
    solution: Field,
    solutions: Vec<Choice>,
    debit: Field,
    debits: Vec<Choice>,
    credit: Field,
    credits: Vec<Choice>,
    amount: Field,
    currency: Field,
    currencies: Vec<Choice>,
    reason: Field,
    reasons: Vec<Choice>,
    priority: Field,
    priorities: Vec<Choice>,
    effective_date: Field,
    sec_code: Field,
    classes: Vec<Choice>,
    description: Field,
    memo: Field,
    metadata: MetadataRows,
    find: Find,
    limits: Vec<Fact>,
}

/// The form as it is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateForm {
    idempotency_key: String,
    step: String,
    transaction_type: String,
    solution: String,
    debit_financial_account_id: String,
    credit_financial_account_id: String,
    amount: String,
    currency: String,
    payment_reason_id: String,
    settlement_priority: String,
    effective_date: String,
    sec_code: String,
    description: String,
    memo: String,
    /// A text to find an account by, and the one that it was last found by.
    find: String,
    found: String,
    #[serde(flatten)]
    metadata: MetadataForm,
}

impl CreateForm {
    fn fields(&self) -> CreateFields {
        let form = self.clone();
        CreateFields {
            transaction_type: form.transaction_type,
            solution: form.solution,
            debit_financial_account_id: form.debit_financial_account_id,
            credit_financial_account_id: form.credit_financial_account_id,
            amount: form.amount.trim().to_owned(),
            currency: form.currency,
            payment_reason_id: form.payment_reason_id,
            settlement_priority: form.settlement_priority,
            effective_date: form.effective_date,
            sec_code: form.sec_code,
            description: form.description,
            memo: form.memo,
            metadata: form.metadata.parse().0.unwrap_or_default(),
        }
    }

    /// What was typed, for the buttons of the confirmation.
    fn kept(self) -> Vec<(&'static str, String)> {
        let pairs = self.metadata.kept();
        [
            ("transaction_type", self.transaction_type),
            ("solution", self.solution),
            ("debit_financial_account_id", self.debit_financial_account_id),
            ("credit_financial_account_id", self.credit_financial_account_id),
            ("amount", self.amount),
            ("currency", self.currency),
            ("payment_reason_id", self.payment_reason_id),
            ("settlement_priority", self.settlement_priority),
            ("effective_date", self.effective_date),
            ("sec_code", self.sec_code),
            ("description", self.description),
            ("memo", self.memo),
        ]
        .into_iter()
        .chain(pairs)
        .collect()
    }
}

/// `GET /transactions/new`
pub async fn show(app: Data<App>, who: May<Transact>, kept: Kept) -> AppResult<Step> {
    let typed = kept.form::<CreateForm>().unwrap_or_else(|| CreateForm {
        transaction_type: Kind::Send.as_str().into(),
        solution: Solution::Ach.as_str().into(),
        settlement_priority: Priority::NextDay.as_str().into(),
        ..CreateForm::default()
    });
    form(&app, &who, &typed, None).await
}

/// `POST /transactions/new`: shows what it will do, or the form again.
pub async fn submit(app: Data<App>, sent: Submit<Transact, CreateForm>) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    if typed.step == "edit" || Find::is_asked(&typed.step, &typed.find, &typed.found) {
        return form(&app, &who, &typed, None).await;
    }
    let (fields, account, now) = (typed.fields(), who.account(), app.clock.now());
    let actor = who.actor();
    let checked = app
        .db
        .read(move |conn| {
            Ok(fields.check(conn, account, now).and_then(|creation| {
                let consent = creation.consent(conn, &actor)?;
                let (from, money) = (creation.parts.debit.id, creation.parts.money);
                let left = limits::left(conn, account, from, money.currency(), now, None)?;
                let limits = offer::limits_after(&creation.parts.debit, left, money);
                Ok((creation, consent.map(|c| c.why), limits))
            }))
        })
        .await?;
    let (creation, consent, limits) = match with(typed.metadata.parse().1, checked) {
        Ok(checked) => checked,
        Err(error) => return form(&app, &who, &typed, Some(error)).await,
    };
    Ok(Step::Confirm(Box::new(Page::ok(ConfirmPage {
        shell: who.shell(&app, "Confirm the new transaction", Section::Transactions),
        heading: "Confirm the new transaction".into(),
        short: "New transaction".into(),
        back: "/transactions".into(),
        edit: "/transactions/new".into(),
        action: "/transactions/new/confirm".into(),
        version: 0,
        idempotency_key: typed.idempotency_key.clone(),
        deed: ConfirmPage::deed(consent.as_ref(), "Make it"),
        leave: "Leave it",
        consent,
        limits,
        effects: creation.effects(),
        changes: creation.differences().into_iter().map(Change::from).collect(),
        kept: typed.kept(),
    }))))
}

/// `POST /transactions/new/confirm`: does it, once.
pub async fn confirm(app: Data<App>, sent: Submit<Transact, CreateForm>) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    match apply(&app, &who, &typed).await {
        Ok(done) => {
            let next = done.location.unwrap_or_else(|| "/approvals".into());
            Ok(Step::Next(SeeOther::to(next).done(done.body)))
        }
        Err(error @ (AppError::Refused(..) | AppError::Invalid(_))) => {
            form(&app, &who, &typed, Some(error)).await
        }
        Err(error) => Err(error),
    }
}

async fn apply(app: &App, who: &May<Transact>, typed: &CreateForm) -> AppResult<Outcome> {
    let (actor, fields) = (who.actor(), typed.fields());
    with(typed.metadata.parse().1, Ok(()))?;
    let claim = Claim::of_form(&actor, who.request().path(), &typed.idempotency_key, &fields)?;
    app.db
        .write(who.account(), move |tx| {
            idempotency::once(tx, Some(&claim), |tx| {
                let (to, said) = match create::create(tx, &actor, &fields)? {
                    Gated::Done(new) => (
                        format!("/transactions/{}", new.id),
                        format!("{} of {} is made.", new.title(), new.money()),
                    ),
                    Gated::Waits(row) => (format!("/approvals/{}", row.id), approvals::show::WAITS.into()),
                };
                Ok(Outcome::new(303, Some(to), said))
            })
        })
        .await
}

async fn form(
    app: &App,
    who: &May<Transact>,
    typed: &CreateForm,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let (account, now) = (who.account(), app.clock.now());
    let debit = typed.debit_financial_account_id.parse().ok();
    let credit = typed.credit_financial_account_id.parse().ok();
    let currency = Currency::parse(&typed.currency).unwrap_or(Currency::USD);
    let (text, actor) = (typed.find.clone(), who.actor());
    accounts::index::refresh(app, &text).await?;
    let (accounts, find, reasons, left, rules) = app
        .db
        .read(move |conn| {
            let (accounts, find) =
                offer::accounts(conn, account, &text, [debit, credit].into_iter().flatten())?;
            let from = debit.filter(|id| accounts.iter().any(|a| a.id == *id));
            let left = from
                .map(|id| limits::left(conn, account, id, currency, now, None))
                .transpose()?;
            let rules = approval::rules_about(conn, &actor, Subject::NewTransaction, currency)?;
            Ok((accounts, find, offer::reasons(conn, account)?, left, rules))
        })
        .await?;
    let Refused {
        status,
        errors,
        problems,
    } = Refused::with(refused);
    let field = |name: &'static str, value: &str| Field::of(value, name, &errors);
    let page = CreatePage {
        shell: who.shell(app, "New transaction", Section::Transactions),
        idempotency_key: crypto::new_token()?,
        problems,
        transaction_type: field("transaction_type", ""),
        types: words::choices(
            [Kind::Send, Kind::Request].map(|k| (k.as_str(), k.word())),
            &typed.transaction_type,
        ),
        solution: field("solution", ""),
        solutions: words::choices(
            Solution::ALL.iter().map(|s| (s.as_str(), s.label())),
            &typed.solution,
        ),
        debit: field("debit_financial_account_id", ""),
        debits: offer::account_choices(&accounts, &typed.debit_financial_account_id),
        credit: field("credit_financial_account_id", ""),
        credits: offer::account_choices(&accounts, &typed.credit_financial_account_id),
        amount: field("amount", &typed.amount),
        currency: field("currency", ""),
        currencies: words::choices(
            ["USD", "CAD", "EUR", "GBP", "MXN"].map(|c| (c, c)),
            currency.code(),
        ),
        reason: field("payment_reason_id", ""),
        reasons: offer::reason_choices(&reasons, &typed.payment_reason_id),
        priority: field("settlement_priority", ""),
        priorities: words::choices(
            Priority::ALL.iter().map(|p| (p.as_str(), p.label())),
            &typed.settlement_priority,
        ),
        effective_date: field("effective_date", &typed.effective_date),
        sec_code: field("sec_code", ""),
        classes: words::choices(
            std::iter::once(("", "None")).chain(ENTRY_CLASSES.map(|c| (c, c))),
            &typed.sec_code,
        ),
        description: field("description", &typed.description),
        memo: field("memo", &typed.memo),
        metadata: MetadataRows::of(&typed.metadata, &errors),
        find,
        limits: offer::limits(left, currency)
            .into_iter()
            .chain(offer::consents(&rules))
            .collect(),
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}
