//! The resolve form: the types that fit, each with its input and its effect in words.

use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    claim,
    conflict::{self, Seen},
    head::{ExceptionHead, head},
    model::{Act, ResolutionKind},
    queries,
    resolution::{self, AdjustmentReason, Direction, How, OverrideReason, fits},
    row::ExceptionRow,
    words::sentence_case,
};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    kernel::{
        clock::written_day,
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, noun},
        money::{Currency, Money},
        text::{Reason, ResolutionNotes},
    },
    policies::{matching::tolerance, review},
    transactions::{self, model::TransactionRow},
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice, Tag, Tone},
    },
};

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResolveForm {
    resolution_type: String,
    reason: String,
    notes: String,
    counterpart_transaction_id: String,
    override_reason: String,
    reason_code: String,
    amount: String,
    currency: String,
    direction: String,
    effective_at: String,
    version: String,
    seen: String,
    /// "Resolve and next".
    next: String,
}

impl ResolveForm {
    /// What was typed as a resolution, or everything that is wrong with it.
    fn parse(&self) -> Result<(How, ResolutionNotes), FieldErrors> {
        let mut errors = FieldErrors::default();
        let notes = errors.take("notes", ResolutionNotes::parse(&self.notes));
        let how = match ResolutionKind::parse(&self.resolution_type) {
            Some(ResolutionKind::NoAction) => errors
                .take("reason", Reason::parse(&self.reason))
                .map(How::NoAction),
            Some(ResolutionKind::ForceMatch) => self.force_match(&mut errors),
            Some(ResolutionKind::AdjustEntry) => self.adjust_entry(&mut errors),
            _ => {
                errors.add("resolution_type", "Choose how it is resolved.");
                None
            }
        };
        match (how, notes, errors.is_empty()) {
            (Some(how), Some(notes), true) => Ok((how, notes)),
            _ => Err(errors),
        }
    }

    fn force_match(&self, errors: &mut FieldErrors) -> Option<How> {
        let why = OverrideReason::parse(&self.override_reason)
            .ok_or_else(|| "Choose why the match is right.".into());
        let counterpart = match self.counterpart_transaction_id.as_str() {
            "" => Ok(None),
            id => id
                .parse()
                .map(Some)
                .map_err(|_| "Choose one of the transactions offered.".into()),
        };
        let counterpart = errors.take("counterpart_transaction_id", counterpart);
        let why = errors.take("override_reason", why);
        Some(How::ForceMatch {
            counterpart: counterpart?,
            why: why?,
        })
    }

    fn adjust_entry(&self, errors: &mut FieldErrors) -> Option<How> {
        let choose = |what: &str| format!("Choose {what}.");
        let reason = AdjustmentReason::parse(&self.reason_code).ok_or_else(|| choose("what is corrected"));
        let reason = errors.take("reason_code", reason);
        let currency = Currency::parse(&self.currency).ok_or_else(|| "Give a currency such as USD.".into());
        let currency = errors.take("currency", currency);
        let amount = Money::parse(self.amount.trim(), currency.unwrap_or(Currency::USD));
        let amount = amount.and_then(|m| {
            if m.minor() > 0 {
                Ok(m)
            } else {
                Err("Give more than zero.".into())
            }
        });
        let money = errors.take("amount", amount);
        let direction = Direction::parse(&self.direction).ok_or_else(|| choose("debit or credit"));
        let direction = errors.take("direction", direction);
        let day = self
            .effective_at
            .trim()
            .parse::<NaiveDate>()
            .map_err(|_| "Give a day such as 2026-11-21.".into());
        let effective = errors.take("effective_at", day);
        currency?;
        Some(How::AdjustEntry {
            reason: reason?,
            money: money?,
            direction: direction?,
            effective: effective?,
        })
    }
}

#[derive(Template)]
#[template(path = "exceptions/resolve.html")]
pub struct ResolvePage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    types: Vec<ResolutionType>,
    notes: Field,
    review_note: String,
}

/// A way to resolve, as a card with its own inputs.
struct ResolutionType {
    value: &'static str,
    label: &'static str,
    /// What will happen; for a closed type, why it is closed.
    effect: String,
    selected: bool,
    closed: bool,
    inputs: Inputs,
}

enum Inputs {
    Nothing,
    NoAction {
        reason: Field,
    },
    ForceMatch {
        counterpart: Field,
        candidates: Vec<Candidate>,
        override_reason: Field,
        overrides: Vec<Choice>,
    },
    AdjustEntry {
        reason_code: Field,
        reasons: Vec<Choice>,
        amount: Field,
        currency: Field,
        currencies: Vec<Choice>,
        direction: Field,
        directions: Vec<Choice>,
        effective_at: Field,
    },
}

struct Candidate {
    id: String,
    label: String,
    date: String,
    amount: String,
    difference: String,
    status: Tag,
    selected: bool,
}

#[derive(Default, Deserialize)]
pub struct TypeQuery {
    #[serde(default)]
    r#type: String,
}

/// `GET /exceptions/{id}/resolve`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    query: crate::web::form::Query<TypeQuery>,
    kept: Kept,
) -> AppResult<Page<ResolvePage>> {
    let typed = kept.form::<ResolveForm>().unwrap_or_else(|| ResolveForm {
        resolution_type: query.0.r#type,
        ..ResolveForm::default()
    });
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &ResolveForm,
    errors: &FieldErrors,
) -> AppResult<ResolvePage> {
    let account = who.account();
    let (row, holder, transaction, candidates) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            let transaction = match row.transaction_id {
                Some(id) => transactions::queries::find(conn, account, id)?,
                None => None,
            };
            let candidates = match &transaction {
                Some(t) => {
                    let near = (t.currency, t.amount, tolerance(t.amount));
                    transactions::queries::candidates(conn, account, near, t.value_day(), &[t.id])?
                }
                None => Vec::new(),
            };
            Ok((row, holder, transaction, candidates))
        })
        .await?;
    let holder = holder.as_ref().map(|(name, _)| name.as_str());
    row.standing().check(Act::Resolve, &who.who.actor, holder)?;
    let today = app.clock.now().day_in(who.zone());
    Ok(ResolvePage {
        shell: who.shell(app, "Resolve", Section::Queue),
        problems: problems(errors),
        types: types(&row, transaction.as_ref(), candidates, typed, errors, today),
        notes: Field::of(&typed.notes, "notes", errors),
        review_note: review::rule_for(row.severity, ResolutionKind::NoAction)
            .map(|_| {
                format!(
                    "It will wait for review: the severity is {}.",
                    row.severity.word()
                )
            })
            .unwrap_or_default(),
        head: head(&row, app.clock.now(), who.zone()),
    })
}

fn types(
    row: &ExceptionRow,
    transaction: Option<&TransactionRow>,
    candidates: Vec<TransactionRow>,
    typed: &ResolveForm,
    errors: &FieldErrors,
    today: NaiveDate,
) -> Vec<ResolutionType> {
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    let of = |kind: ResolutionKind, effect: &str, inputs: Inputs| {
        let closed = fits(kind, row).err();
        ResolutionType {
            value: kind.as_str(),
            label: kind.label(),
            selected: typed.resolution_type == kind.as_str() && closed.is_none(),
            effect: closed.clone().unwrap_or_else(|| effect.to_owned()),
            inputs: if closed.is_some() { Inputs::Nothing } else { inputs },
            closed: closed.is_some(),
        }
    };
    let or = |typed: &str, proposed: String| {
        if typed.is_empty() {
            proposed
        } else {
            typed.to_owned()
        }
    };
    let currency = or(
        &typed.currency,
        row.currency.clone().unwrap_or_else(|| "USD".into()),
    );
    vec![
        of(
            ResolutionKind::NoAction,
            "Nothing else changes: no transaction, no account.",
            Inputs::NoAction {
                reason: field(&typed.reason, "reason"),
            },
        ),
        of(
            ResolutionKind::ForceMatch,
            "The transaction is matched by hand; both sides show it.",
            Inputs::ForceMatch {
                counterpart: field(&typed.counterpart_transaction_id, "counterpart_transaction_id"),
                candidates: candidates
                    .into_iter()
                    .map(|c| candidate(&c, transaction, typed))
                    .collect(),
                override_reason: field(&typed.override_reason, "override_reason"),
                overrides: choices(
                    OverrideReason::ALL,
                    super::resolution::OverrideReason::as_str,
                    &typed.override_reason,
                ),
            },
        ),
        of(
            ResolutionKind::AdjustEntry,
            "An adjustment is posted on the transaction, with the side and the date you give.",
            Inputs::AdjustEntry {
                reason_code: field(&typed.reason_code, "reason_code"),
                reasons: choices(
                    AdjustmentReason::ALL,
                    super::resolution::AdjustmentReason::as_str,
                    &typed.reason_code,
                ),
                amount: field(&typed.amount, "amount"),
                currencies: ["USD", "CAD", "EUR", "GBP", "MXN"]
                    .into_iter()
                    .chain(
                        Some(currency.as_str()).filter(|c| !["USD", "CAD", "EUR", "GBP", "MXN"].contains(c)),
                    )
                    .map(|c| Choice {
                        value: c.into(),
                        label: c.into(),
                        selected: c == currency,
                    })
                    .collect(),
                currency: field(&currency, "currency"),
                direction: field(&typed.direction, "direction"),
                directions: choices(
                    Direction::ALL,
                    super::resolution::Direction::as_str,
                    &typed.direction,
                ),
                effective_at: field(&or(&typed.effective_at, today.to_string()), "effective_at"),
            },
        ),
    ]
}

fn choices<T: Copy>(all: &[T], spelled: impl Fn(T) -> &'static str, selected: &str) -> Vec<Choice> {
    std::iter::once(Choice {
        value: String::new(),
        label: "Choose".into(),
        selected: selected.is_empty(),
    })
    .chain(all.iter().map(|item| {
        let value = spelled(*item);
        Choice {
            value: value.into(),
            label: sentence_case(value),
            selected: value == selected,
        }
    }))
    .collect()
}

fn candidate(row: &TransactionRow, ours: Option<&TransactionRow>, typed: &ResolveForm) -> Candidate {
    let difference = ours.map_or(0, |t| row.amount - t.amount);
    Candidate {
        id: row.id.to_string(),
        label: row.title(),
        date: written_day(row.value_day()),
        amount: row.money().to_string(),
        difference: Money::new(difference, row.currency).to_string(),
        status: Tag {
            tone: Tone::Grey,
            icon: "circle-check",
            text: sentence_case(row.status.as_str()),
        },
        selected: typed.counterpart_transaction_id == row.id.to_string(),
    }
}

/// `POST /exceptions/{id}/resolve`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, ResolveForm>,
) -> AppResult<conflict::Outcome<ResolvePage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let (seen, goes_on) = (typed.version.parse().ok(), !typed.next.is_empty());
    let outcome = match typed.parse() {
        Ok((how, notes)) => {
            let write = app.db.write(actor.business_account, move |tx| {
                resolution::resolve(tx, &actor, id, &how, &notes, seen)?;
                if goes_on {
                    claim::take_next(tx, &actor)
                } else {
                    Ok(None)
                }
            });
            write.await
        }
        Err(errors) => Err(errors.into()),
    };
    match outcome {
        Ok(next) => Ok(conflict::Outcome::Next(onwards(id, goes_on, next.as_ref()))),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await?;
            Ok(conflict::Outcome::Again(Page::with_status(page, 422)))
        }
        Err(refusal) => conflict::page(&app, &form.who, id, refusal, wish(typed)).await,
    }
}

/// After a resolution: the next exception when that was asked for, else the queue of one's own.
fn onwards(id: ExceptionId, goes_on: bool, next: Option<&ExceptionRow>) -> SeeOther {
    let to = match (goes_on, next) {
        (true, Some(next)) => format!("/exceptions/{}", next.id),
        (true, None) => "/exceptions?tab=mine".into(),
        (false, _) => format!("/exceptions/{id}"),
    };
    let words = match (goes_on, next) {
        (true, Some(_)) => "Resolved. You have the next one.",
        (true, None) => "Resolved. Nothing is unassigned: the queue is empty.",
        (false, _) => "Resolved.",
    };
    let done = SeeOther::to(to).done(words);
    if goes_on {
        done.link(format!("/exceptions/{id}"), "See the one you resolved")
    } else {
        done
    }
}

fn wish(typed: ResolveForm) -> conflict::Wish {
    let comment = [typed.notes.trim(), typed.reason.trim()]
        .into_iter()
        .find(|t| !t.is_empty())
        .unwrap_or_default()
        .to_owned();
    conflict::Wish {
        action: "resolve",
        seen: Seen::read(&typed.seen),
        holder: None,
        status: Some("Resolved"),
        kept: vec![
            ("resolution_type", typed.resolution_type),
            ("reason", typed.reason),
            ("notes", typed.notes),
            ("counterpart_transaction_id", typed.counterpart_transaction_id),
            ("override_reason", typed.override_reason),
            ("reason_code", typed.reason_code),
            ("amount", typed.amount),
            ("currency", typed.currency),
            ("direction", typed.direction),
            ("effective_at", typed.effective_at),
        ],
        comment,
    }
}
