//! The pages of an edit: the form, a look at what it will do, and the deed. Whatever is refused, what was typed comes
//! back.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    TransactionRow,
    commands::stale,
    confirm::ConfirmPage,
    create_form::with,
    edit::{self, EditFields},
    metadata_form::{MetadataForm, MetadataRows},
    offer::{self, Find},
    payment_reasons::PaymentReason,
    queries,
};
use crate::{
    accounts::{self, AccountRow},
    app::App,
    approvals::{self, Difference, Gated},
    auth::{actor::Actor, permission::Transact, principal::May},
    db::AnyConnection,
    idempotency::{self, Claim, Outcome},
    kernel::{
        clock::Ts,
        crypto,
        error::{AppError, AppResult, Code},
        id::{TransactionId, noun},
    },
    policies::{
        approval::{self, Subject},
        limits::{self, Left},
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Refused, Section, Shell},
        ui::{Change, Choice, Fact},
    },
};

#[derive(Template)]
#[template(path = "transactions/edit.html")]
pub struct EditPage {
    shell: Shell,
    short: String,
    back: String,
    action: String,
    version: i64,
    idempotency_key: String,
    problems: Vec<Problem>,
    debit_financial_account_id: Field,
    debit_accounts: Vec<Choice>,
    credit_financial_account_id: Field,
    credit_accounts: Vec<Choice>,
    amount_label: String,
    amount: Field,
    limits_hint: String,
    payment_reason_id: Field,
    payment_reasons: Vec<Choice>,
    wire: Option<WireFields>,
    metadata: MetadataRows,
    find: Find,
    limits: Vec<Fact>,
}

struct WireFields {
    description: Field,
    memo: Field,
}

type Step = super::confirm::Step<EditPage>;

/// The form as it is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EditForm {
    version: String,
    idempotency_key: String,
    step: String,
    debit_financial_account_id: String,
    credit_financial_account_id: String,
    amount: String,
    payment_reason_id: String,
    description: Option<String>,
    memo: Option<String>,
    /// A text to find an account by, and the one that it was last found by.
    find: String,
    found: String,
    #[serde(flatten)]
    metadata: MetadataForm,
}

impl EditForm {
    /// What the transaction has now.
    fn of(row: &TransactionRow) -> Self {
        let fields = EditFields::of(row);
        Self {
            debit_financial_account_id: fields.debit_financial_account_id,
            credit_financial_account_id: fields.credit_financial_account_id,
            amount: fields.amount,
            payment_reason_id: fields.payment_reason_id,
            description: fields.description,
            memo: fields.memo,
            metadata: MetadataForm::of(&row.metadata()),
            ..Self::default()
        }
    }

    fn fields(&self) -> EditFields {
        EditFields {
            debit_financial_account_id: self.debit_financial_account_id.clone(),
            credit_financial_account_id: self.credit_financial_account_id.clone(),
            amount: self.amount.trim().to_owned(),
            payment_reason_id: self.payment_reason_id.clone(),
            description: self.description.clone(),
            memo: self.memo.clone(),
            metadata: self.metadata.parse().0,
        }
    }
}

/// What the form offers.
struct Offer {
    row: TransactionRow,
    accounts: Vec<AccountRow>,
    find: Find,
    reasons: Vec<PaymentReason>,
    left: Left,
    /// What a second person must agree to.
    rules: Vec<String>,
}

impl Offer {
    fn read(
        conn: &mut AnyConnection,
        actor: &Actor,
        id: TransactionId,
        (fields, find): (Option<&EditFields>, &str),
        now: Ts,
    ) -> AppResult<Self> {
        let account = actor.business_account;
        let row = queries::get(conn, account, id)?;
        let typed = fields.into_iter().flat_map(|f| {
            [
                f.debit_financial_account_id.parse().ok(),
                f.credit_financial_account_id.parse().ok(),
            ]
        });
        let own = [row.debit_account_id, row.credit_account_id];
        let (accounts, find) = offer::accounts(conn, account, find, typed.flatten().chain(own))?;
        let debit = fields
            .and_then(|f| f.debit_financial_account_id.parse().ok())
            .filter(|id| accounts.iter().any(|a| a.id == *id))
            .unwrap_or(row.debit_account_id);
        Ok(Self {
            left: limits::left(conn, account, debit, row.currency, now, Some(id))?,
            reasons: offer::reasons(conn, account)?,
            rules: approval::rules_about(conn, actor, Subject::Edit, row.currency)?,
            accounts,
            find,
            row,
        })
    }
}

/// `GET /transactions/{id}/edit`
pub async fn show(
    app: Data<App>,
    who: May<Transact>,
    id: PathId<noun::Transaction>,
    kept: Kept,
) -> AppResult<Step> {
    let (actor, now, PathId(id)) = (who.actor(), app.clock.now(), id);
    let typed = kept.form::<EditForm>();
    let fields = typed.as_ref().map(EditForm::fields);
    let offer = app
        .db
        .read(move |conn| Offer::read(conn, &actor, id, (fields.as_ref(), ""), now))
        .await?;
    if let Err(why) = edit::can_edit(&offer.row) {
        return Ok(Step::Next(SeeOther::to(page_of(id)).refused(why)));
    }
    let typed = typed.unwrap_or_else(|| EditForm::of(&offer.row));
    form(&app, &who, &offer, &typed, None)
}

/// `POST /transactions/{id}/edit`: shows what the edit will do, or the form again.
pub async fn submit(
    app: Data<App>,
    sent: Submit<Transact, EditForm>,
    id: PathId<noun::Transaction>,
) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let (now, PathId(id), fields) = (app.clock.now(), id, typed.fields());
    let (asked, version) = (fields.clone(), typed.version.parse::<i64>().ok());
    let find = typed.find.clone();
    accounts::index::refresh(&app, &find).await?;
    let actor = who.actor();
    let (offer, checked) = app
        .db
        .read(move |conn| {
            let offer = Offer::read(conn, &actor, id, (Some(&asked), &find), now)?;
            let checked = check(conn, (&actor, now), &offer.row, version, &asked);
            Ok((offer, checked))
        })
        .await?;
    match with(typed.metadata.parse().1, checked) {
        _ if typed.step == "edit" || Find::is_asked(&typed.step, &typed.find, &typed.found) => {
            form(&app, &who, &offer, &typed, None)
        }
        Ok(seen) => {
            let page = look(&app, &who, &offer.row, seen, typed);
            Ok(Step::Confirm(Box::new(Page::ok(page))))
        }
        Err(error) => form(&app, &who, &offer, &typed, Some(error)),
    }
}

/// What the command will check too.
fn check(
    conn: &mut AnyConnection,
    (actor, now): (&Actor, Ts),
    row: &TransactionRow,
    read: Option<i64>,
    fields: &EditFields,
) -> AppResult<Look> {
    edit::can_edit(row).map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    let edit = fields.check(conn, row, now)?;
    let account = row.business_account_id;
    let left = limits::left(conn, account, edit.debit.id, row.currency, now, Some(row.id))?;
    Ok(Look {
        limits: offer::limits_after(&edit.debit, left, edit.money),
        effects: edit.effects(row),
        changes: edit.compare(conn, row)?,
        consent: edit.consent(conn, actor, row)?.map(|c| c.why),
    })
}

/// `POST /transactions/{id}/edit/confirm`: does it, once.
pub async fn confirm(
    app: Data<App>,
    sent: Submit<Transact, EditForm>,
    id: PathId<noun::Transaction>,
) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let (actor, now, PathId(id), fields) = (who.actor(), app.clock.now(), id, typed.fields());
    match apply(&app, &who, id, &typed).await {
        Ok(done) => {
            let next = done.location.unwrap_or_else(|| page_of(id));
            Ok(Step::Next(SeeOther::to(next).done(done.body)))
        }
        Err(error @ (AppError::Refused(..) | AppError::Invalid(_))) => {
            let asked = fields.clone();
            let offer = app
                .db
                .read(move |conn| Offer::read(conn, &actor, id, (Some(&asked), ""), now))
                .await?;
            form(&app, &who, &offer, &typed, Some(error))
        }
        Err(error) => Err(error),
    }
}

async fn apply(app: &App, who: &May<Transact>, id: TransactionId, typed: &EditForm) -> AppResult<Outcome> {
    let (actor, fields, version) = (who.actor(), typed.fields(), typed.version.parse().ok());
    with(typed.metadata.parse().1, Ok(()))?;
    let claim = Claim::of_form(&actor, who.request().path(), &typed.idempotency_key, &fields)?;
    app.db
        .write(who.account(), move |tx| {
            idempotency::once(tx, Some(&claim), |tx| {
                match edit::edit(tx, &actor, id, version, &fields)? {
                    Gated::Done(new) => {
                        let money = new.money();
                        let said = format!("The original is cancelled, and this one of {money} is made.");
                        Ok(Outcome::new(303, Some(page_of(new.id)), said))
                    }
                    Gated::Waits(_) => Ok(Outcome::new(303, None, approvals::show::WAITS.into())),
                }
            })
        })
        .await
}

fn page_of(id: TransactionId) -> String {
    format!("/transactions/{id}")
}

fn form(
    app: &App,
    who: &May<Transact>,
    offer: &Offer,
    typed: &EditForm,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let (row, fields) = (&offer.row, typed.fields());
    let Refused {
        status,
        errors,
        problems,
    } = Refused::with(refused);
    let field = |name: &'static str, value: &str| Field::of(value, name, &errors);
    let texts = |typed: &Option<String>| typed.clone().unwrap_or_default();
    let page = EditPage {
        shell: who.shell(app, format!("Edit {}", row.title()), Section::Transactions),
        short: row.title(),
        back: page_of(row.id),
        action: format!("{}/edit", page_of(row.id)),
        version: row.version,
        idempotency_key: crypto::new_token()?,
        problems,
        debit_financial_account_id: field("debit_financial_account_id", ""),
        debit_accounts: offer::account_choices(&offer.accounts, &fields.debit_financial_account_id),
        credit_financial_account_id: field("credit_financial_account_id", ""),
        credit_accounts: offer::account_choices(&offer.accounts, &fields.credit_financial_account_id),
        amount_label: format!("Amount in {}", row.currency.code()),
        amount: field("amount", &fields.amount),
        limits_hint: match row.currency.decimals() {
            0 => "Whole units only.".into(),
            n => format!("At most {n} decimals."),
        },
        payment_reason_id: field("payment_reason_id", ""),
        payment_reasons: offer::reason_choices(&offer.reasons, &fields.payment_reason_id),
        wire: row.solution.has_texts().then(|| WireFields {
            description: field("description", &texts(&fields.description)),
            memo: field("memo", &texts(&fields.memo)),
        }),
        metadata: MetadataRows::of(&typed.metadata, &errors),
        find: offer.find.clone(),
        limits: limit_facts(offer),
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}

fn limit_facts(offer: &Offer) -> Vec<Fact> {
    vec![
        Fact::new("Per transaction", offer.left.per_transaction.to_string()),
        Fact::new("Left today from this account", offer.left.today.to_string()),
    ]
    .into_iter()
    .chain(offer::consents(&offer.rules))
    .collect()
}

/// What the edit will do, read together with the form's data.
struct Look {
    effects: Vec<String>,
    changes: Vec<Difference>,
    limits: Vec<Fact>,
    consent: Option<String>,
}

fn look(app: &App, who: &May<Transact>, row: &TransactionRow, look: Look, typed: EditForm) -> ConfirmPage {
    let page = page_of(row.id);
    ConfirmPage {
        shell: who.shell(
            app,
            format!("Confirm the edit of {}", row.title()),
            Section::Transactions,
        ),
        heading: "Confirm the edit".into(),
        short: row.title(),
        edit: format!("{page}/edit"),
        action: format!("{page}/edit/confirm"),
        back: page,
        version: row.version,
        idempotency_key: typed.idempotency_key.clone(),
        deed: ConfirmPage::deed(look.consent.as_ref(), "Cancel the original and make the new one"),
        leave: "Leave it as it was",
        consent: look.consent,
        limits: look.limits,
        effects: look.effects,
        changes: look.changes.into_iter().map(Change::from).collect(),
        kept: kept(typed),
    }
}

/// What was typed, for the button that does it and the one that goes back.
fn kept(typed: EditForm) -> Vec<(&'static str, String)> {
    let mut kept = vec![
        ("debit_financial_account_id", typed.debit_financial_account_id),
        ("credit_financial_account_id", typed.credit_financial_account_id),
        ("amount", typed.amount),
        ("payment_reason_id", typed.payment_reason_id),
    ];
    kept.extend(typed.description.map(|text| ("description", text)));
    kept.extend(typed.memo.map(|text| ("memo", text)));
    kept.extend(typed.metadata.kept());
    kept
}
