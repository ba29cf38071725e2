//! The page of the resolve form: a card for each type that is for the exception, with its inputs; one that a rule has
//! closed says why.

use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    decoded::decode,
    head::{ExceptionHead, head, titled},
    model::{Act, ResolutionKind},
    moves::Around,
    queries,
    resolution::{
        self, AdjustmentReason, Direction, OverrideReason, asked::NO_COUNTERPART, asked_already, is_for,
        retry, unmatched,
    },
    resolve_form::ResolveForm,
    row::{ExceptionRow, SourceRow},
    show::{parties, subject},
    words::sentence_case,
};
use crate::{
    accounts::{self, AccountRow, Subtype},
    ach::{
        TransactionCode, add_banking_days,
        noc::Corrected,
        playbook::retry_words,
        retry::{RetryDecision, RetryFacts, retry_decision},
        transaction_code::AccountKind,
    },
    app::App,
    approvals::ApprovalRow,
    auth::{permission::Work, principal::May},
    kernel::{
        clock::{Ts, written_day},
        crypto,
        error::{AppResult, FieldErrors},
        id::{ExceptionId, FinancialAccountId},
        money::Money,
        text::account_tail,
    },
    policies::{self, thresholds::Thresholds},
    transactions::{
        self,
        model::{Kind as TransactionKind, TransactionRow},
        offer::{self, Find},
        payment_reasons::{self, PaymentReason},
    },
    web::{
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice, Link, Notice, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "exceptions/resolve.html")]
pub struct ResolvePage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    /// A request that waits: until it is decided or taken back there is nothing to choose.
    waiting: Option<Notice>,
    chosen: Field,
    types: Vec<ResolutionType>,
    notes: Field,
    review_note: String,
    idempotency_key: String,
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
    Reason {
        name: &'static str,
        reason: Field,
    },
    ForceMatch {
        counterpart: Field,
        /// What is matched.
        ours: Option<Candidate>,
        candidates: Vec<Candidate>,
        is_none: bool,
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
    Retry {
        date: Field,
        date_hint: String,
        consent: Option<Field>,
        /// Whether the fault was removed, where the code asks for that.
        fault: Option<bool>,
    },
    Replace {
        find: Find,
        debit: Field,
        debits: Vec<Choice>,
        credit: Field,
        credits: Vec<Choice>,
        amount_label: String,
        amount: Field,
        reason: Field,
        reasons: Vec<Choice>,
        authorization: Option<Field>,
        /// Whether what caused the return was put right, for a return.
        put_right: Option<bool>,
    },
    Correct {
        warning: Option<String>,
        routing: Field,
        routing_hint: String,
        number_from: Field,
        numbers: Vec<Choice>,
        number: Field,
        subtype: Field,
        subtypes: Vec<Choice>,
        holder: Field,
        holder_hint: String,
        /// To say that it was compared, where that is asked for, and whether it is said.
        compared: Option<(Field, bool)>,
    },
}

struct Candidate {
    id: String,
    label: String,
    /// The other party, and the trace number where there is one.
    party: String,
    date: String,
    amount: String,
    difference: String,
    score: i64,
    fit: String,
    status: Tag,
    selected: bool,
}

/// What the cards are made from.
struct Found {
    row: ExceptionRow,
    source: SourceRow,
    holder: Option<String>,
    chain: Vec<TransactionRow>,
    candidates: Vec<TransactionRow>,
    thresholds: Thresholds,
    account: Option<AccountRow>,
    parties: Vec<AccountRow>,
    has_moved: bool,
    waiting: Option<ApprovalRow>,
    /// Those that a replacement may use.
    accounts: Vec<AccountRow>,
    find: Find,
    /// Those of the candidates.
    theirs: Vec<AccountRow>,
    reasons: Vec<PaymentReason>,
}

impl Found {
    fn payment(&self) -> Option<&TransactionRow> {
        self.chain.iter().find(|t| Some(t.id) == self.row.transaction_id)
    }
}

/// The page, with what was typed and what is wrong with it.
pub async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &ResolveForm,
    errors: &FieldErrors,
) -> AppResult<ResolvePage> {
    let account = who.account();
    let find = typed.find.clone();
    accounts::index::refresh(app, &find).await?;
    let chosen = [
        &typed.asked.debit_financial_account_id,
        &typed.asked.credit_financial_account_id,
    ];
    let chosen: Vec<FinancialAccountId> = chosen.iter().filter_map(|id| id.parse().ok()).collect();
    let found = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let chain = match row.transaction_id {
                Some(id) => transactions::queries::lineage(conn, account, id)?,
                None => Vec::new(),
            };
            let payment = chain.iter().find(|t| Some(t.id) == row.transaction_id);
            let thresholds: Thresholds = policies::rules::of(conn, account)?;
            let (mut offered, mut said) = (Vec::new(), Find::default());
            let (mut candidates, mut theirs) = (Vec::new(), Vec::new());
            if let Some(t) = payment {
                let near = (t.currency, t.amount, thresholds.tolerance(t.amount, t.currency));
                let chain: Vec<_> = chain.iter().map(|t| t.id).collect();
                let near = transactions::queries::candidates(conn, account, near, t.value_day(), &chain)?;
                candidates = unmatched(conn, near)?;
                let sides = candidates
                    .iter()
                    .flat_map(|t| [t.debit_account_id, t.credit_account_id]);
                theirs = accounts::queries::list_by_ids(conn, account, &sides.collect::<Vec<_>>())?;
                let own = [t.debit_account_id, t.credit_account_id]
                    .into_iter()
                    .chain(chosen);
                (offered, said) = offer::accounts(conn, account, &find, own)?;
            }
            let parties = parties(conn, &row, &chain)?;
            Ok(Found {
                holder: row
                    .assignee_id
                    .map(|m| queries::person(conn, m))
                    .transpose()?
                    .map(|(name, _)| name),
                source: queries::source_of(conn, &row)?,
                account: subject(conn, &row, &chain, &parties)?,
                parties,
                has_moved: retry::has_moved(conn, &row, &chain)?,
                waiting: resolution::waiting(conn, &row)?,
                reasons: payment_reasons::list(conn, account)?,
                accounts: offered,
                find: said,
                candidates,
                theirs,
                chain,
                row,
                thresholds,
            })
        })
        .await?;
    let row = &found.row;
    row.standing()
        .check(Act::Resolve, &who.who.actor, found.holder.as_deref())?;
    let said = decode(&app.vault, row.kind, &found.source)?.corrected;
    let now = app.clock.now();
    let mut head = head(who, row, (now, who.own_zone()));
    // A form that comes back was opened on an earlier state; what changed meanwhile is told when it is sent.
    if !typed.version.is_empty() && errors.is_empty() {
        head.version.clone_from(&typed.version);
        head.seen.clone_from(&typed.seen);
    }
    Ok(ResolvePage {
        shell: who.shell(app, titled("Resolve", row), Section::Queue),
        problems: problems(errors),
        waiting: found.waiting.as_ref().map(waits),
        chosen: Field::of(&typed.asked.resolution_type, "resolution_type", errors),
        types: types(&found, said.as_ref(), typed, errors, now),
        notes: Field::of(&typed.asked.notes, "notes", errors),
        review_note: found
            .thresholds
            .rule_for(row.severity, ResolutionKind::NoAction)
            .map(|_| {
                format!(
                    "It will wait for review: the severity is {}.",
                    row.severity.word()
                )
            })
            .unwrap_or_default(),
        idempotency_key: crypto::new_token()?,
        head,
    })
}

/// Why there is nothing to choose, with the way to what waits.
fn waits(waiting: &ApprovalRow) -> Notice {
    Notice {
        tone: Tone::Amber,
        icon: "hourglass",
        text: format!(
            "{} Until that is decided or taken back, nothing else resolves it.",
            asked_already(waiting)
        ),
        link: Some(Link {
            href: format!("/approvals/{}", waiting.id),
            label: "Open the approval".into(),
        }),
    }
}

/// The cards, in the order of their use.
const ORDER: [ResolutionKind; 8] = [
    ResolutionKind::Retry,
    ResolutionKind::CorrectAccount,
    ResolutionKind::NoAction,
    ResolutionKind::ReplaceTransaction,
    ResolutionKind::SuspendAccount,
    ResolutionKind::ForceMatch,
    ResolutionKind::AdjustEntry,
    ResolutionKind::WriteOff,
];

fn types(
    found: &Found,
    said: Option<&Corrected>,
    typed: &ResolveForm,
    errors: &FieldErrors,
    now: Ts,
) -> Vec<ResolutionType> {
    let row = &found.row;
    let today = now.day_in(Tz::America__New_York);
    let facts = retry::facts(row, &found.source, &found.chain, today, found.has_moved);
    let around = Around {
        chain: &found.chain,
        retry: facts.as_ref(),
        account: found.account.as_ref(),
        parties: &found.parties,
        waiting: None,
    };
    ORDER
        .into_iter()
        .filter(|kind| is_for(*kind, row))
        .map(|kind| {
            let closed = around.closed(kind, row);
            let effect = closed
                .clone()
                .unwrap_or_else(|| effect(kind, found, facts.as_ref()));
            ResolutionType {
                value: kind.as_str(),
                label: kind.label(),
                selected: typed.asked.resolution_type == kind.as_str() && closed.is_none(),
                effect,
                inputs: if closed.is_some() {
                    Inputs::Nothing
                } else {
                    inputs(kind, found, said, (typed, errors), (facts.as_ref(), today))
                },
                closed: closed.is_some(),
            }
        })
        .collect()
}

fn effect(kind: ResolutionKind, found: &Found, facts: Option<&RetryFacts<'_>>) -> String {
    let account = || found.account.as_ref().map(AccountRow::label).unwrap_or_default();
    match kind {
        ResolutionKind::NoAction => "Nothing else changes: no transaction, no account.".into(),
        ResolutionKind::ForceMatch => "The transaction is matched by hand; both sides show it.".into(),
        ResolutionKind::AdjustEntry => {
            "An adjustment is posted on the transaction, with the side and the date you give.".into()
        }
        ResolutionKind::Retry => match facts.map(retry_decision) {
            Some(RetryDecision::Forbidden { why }) => format!("The same payment is sent again. {why}"),
            Some(decision) => format!("The same payment is sent again. {}", retry_words(&decision)),
            None => "The same payment is sent again.".into(),
        },
        ResolutionKind::ReplaceTransaction => {
            "Another transaction is made in its place: another account, amount or reason.".into()
        }
        ResolutionKind::CorrectAccount => format!("{} is put right.", account()),
        ResolutionKind::SuspendAccount => {
            format!("{} is suspended: no new payment may use it.", account())
        }
        ResolutionKind::WriteOff => "The open amount is given up: an adjustment of it is posted.".into(),
    }
}

fn inputs(
    kind: ResolutionKind,
    found: &Found,
    said: Option<&Corrected>,
    (typed, errors): (&ResolveForm, &FieldErrors),
    (facts, today): (Option<&RetryFacts<'_>>, NaiveDate),
) -> Inputs {
    let asked = &typed.asked;
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    match kind {
        ResolutionKind::NoAction => Inputs::Reason {
            name: "reason",
            reason: field(&asked.reason, "reason"),
        },
        ResolutionKind::SuspendAccount => Inputs::Reason {
            name: "suspend_reason",
            reason: field(&asked.suspend_reason, "suspend_reason"),
        },
        ResolutionKind::WriteOff => Inputs::Reason {
            name: "write_off_reason",
            reason: field(&asked.write_off_reason, "write_off_reason"),
        },
        ResolutionKind::ForceMatch => Inputs::ForceMatch {
            counterpart: field(&asked.counterpart_transaction_id, "counterpart_transaction_id"),
            ours: found.payment().map(|t| candidate(t, None, found, typed)),
            candidates: candidates(found, typed),
            is_none: asked.counterpart_transaction_id == NO_COUNTERPART || found.candidates.is_empty(),
            override_reason: field(&asked.override_reason, "override_reason"),
            overrides: spelled(
                OverrideReason::ALL,
                OverrideReason::as_str,
                &asked.override_reason,
            ),
        },
        ResolutionKind::AdjustEntry => adjust(&found.row, typed, errors, today),
        ResolutionKind::Retry => {
            let code = facts.map(|f| f.code).unwrap_or_default();
            let is_direct = facts.is_some_and(|f| matches!(retry_decision(f), RetryDecision::Allowed { .. }));
            let last = facts.map(|f| {
                let mut best = *f;
                best.receiver_consent_on = Some(today);
                best.changes.other_fault = true;
                retry_decision(&best)
            });
            Inputs::Retry {
                date: field(
                    &or(&asked.retry_date, add_banking_days(today, 1).to_string()),
                    "retry_date",
                ),
                date_hint: match last {
                    Some(RetryDecision::Allowed { last_date, .. }) => {
                        format!("A banking day until {}.", written_day(last_date))
                    }
                    _ => String::new(),
                },
                consent: (code == "R08").then(|| field(&asked.receiver_consent_on, "receiver_consent_on")),
                fault: (!is_direct && code != "R08").then_some(!asked.fault_removed.is_empty()),
            }
        }
        ResolutionKind::ReplaceTransaction => replace(found, typed, errors),
        ResolutionKind::CorrectAccount => correct(found, said, typed, errors),
    }
}

fn adjust(row: &ExceptionRow, typed: &ResolveForm, errors: &FieldErrors, today: NaiveDate) -> Inputs {
    const COMMON: [&str; 5] = ["USD", "CAD", "EUR", "GBP", "MXN"];
    let asked = &typed.asked;
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    let currency = or(
        &asked.currency,
        row.currency.clone().unwrap_or_else(|| "USD".into()),
    );
    Inputs::AdjustEntry {
        reason_code: field(&asked.reason_code, "reason_code"),
        reasons: spelled(
            AdjustmentReason::ALL,
            AdjustmentReason::as_str,
            &asked.reason_code,
        ),
        amount: field(&asked.amount, "amount"),
        currencies: COMMON
            .into_iter()
            .chain(Some(currency.as_str()).filter(|c| !COMMON.contains(c)))
            .map(|c| Choice {
                value: c.into(),
                label: c.into(),
                selected: c == currency,
            })
            .collect(),
        currency: field(&currency, "currency"),
        direction: field(&asked.direction, "direction"),
        directions: spelled(Direction::ALL, Direction::as_str, &asked.direction),
        effective_at: field(&or(&asked.effective_at, today.to_string()), "effective_at"),
    }
}

fn replace(found: &Found, typed: &ResolveForm, errors: &FieldErrors) -> Inputs {
    let asked = &typed.asked;
    let Some(payment) = found.payment() else {
        return Inputs::Nothing;
    };
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    let accounts = |chosen: &str, own: String| offer::account_choices(&found.accounts, &or(chosen, own));
    let reason = or(&asked.payment_reason_id, payment.payment_reason.clone());
    let mut reasons: Vec<Choice> = found
        .reasons
        .iter()
        .map(|r| Choice {
            value: r.slug.clone(),
            label: r.label.clone(),
            selected: r.slug == reason,
        })
        .collect();
    if reasons.iter().all(|r| !r.selected) {
        reasons.insert(0, nothing(true));
    }
    Inputs::Replace {
        find: found.find.clone(),
        debit: field("", "debit_financial_account_id"),
        debits: accounts(
            &asked.debit_financial_account_id,
            payment.debit_account_id.to_string(),
        ),
        credit: field("", "credit_financial_account_id"),
        credits: accounts(
            &asked.credit_financial_account_id,
            payment.credit_account_id.to_string(),
        ),
        amount_label: format!("New amount in {}", payment.currency.code()),
        amount: field(
            &or(&asked.replace_amount, payment.money().plain()),
            "replace_amount",
        ),
        reason: field("", "payment_reason_id"),
        reasons,
        authorization: (found.row.kind == super::model::Kind::AchReturn)
            .then(|| field(&asked.new_authorization_on, "new_authorization_on")),
        put_right: (found.row.kind == super::model::Kind::AchReturn).then_some(!asked.put_right.is_empty()),
    }
}

fn correct(found: &Found, said: Option<&Corrected>, typed: &ResolveForm, errors: &FieldErrors) -> Inputs {
    let asked = &typed.asked;
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    let is_first = asked.resolution_type.is_empty() || typed.version.is_empty();
    let present = found.account.as_ref();
    let proposed = |typed: &str, said: Option<String>| {
        if is_first {
            said.unwrap_or_default()
        } else {
            typed.to_owned()
        }
    };
    let notice = said.and_then(|s| s.account.as_deref());
    let number_from = match (typed.number_from.as_str(), notice) {
        ("", Some(_)) if is_first => "notice",
        (from, _) => from,
    };
    let choice = |value: &str, label: String| Choice {
        value: value.into(),
        label,
        selected: value == number_from,
    };
    let keep = present.map(|a| format!("Keep {}", a.masked()));
    let mut numbers = vec![choice("", keep.unwrap_or_else(|| "Keep the present one".into()))];
    numbers.extend(notice.map(|n| choice("notice", format!("Take ••••{} from the bank", account_tail(n)))));
    numbers.push(choice("typed", "Another, typed below".into()));
    if number_from == "sealed" {
        numbers.push(choice("sealed", "The one typed before".into()));
    }
    let kind = said
        .and_then(|s| s.transaction_code)
        .and_then(TransactionCode::account);
    let subtype = proposed(
        &asked.subtype,
        match kind {
            Some(AccountKind::Checking) => Some("CHECKING".into()),
            Some(AccountKind::Savings) => Some("SAVING".into()),
            _ => None,
        },
    );
    Inputs::Correct {
        warning: said.and_then(warning),
        routing: field(
            &proposed(&asked.routing_number, said.and_then(|s| s.routing.clone())),
            "routing_number",
        ),
        routing_hint: present
            .map(|a| format!("Now {}. Empty: it stays.", a.routing_number))
            .unwrap_or_default(),
        number_from: field("", "number_from"),
        numbers,
        number: field("", "account_number"),
        subtype: field("", "subtype"),
        subtypes: std::iter::once(("", "As it is"))
            .chain(Subtype::ALL.iter().map(|s| (s.as_str(), s.label())))
            .map(|(value, label)| Choice {
                value: value.into(),
                label: label.into(),
                selected: value == subtype,
            })
            .collect(),
        holder: field(
            &proposed(&asked.holder_name, said.and_then(|s| s.name.clone())),
            "holder_name",
        ),
        holder_hint: present
            .map(|a| format!("Now {}. Empty: it stays.", a.holder_name))
            .unwrap_or_default(),
        compared: Some((field("", "compared"), !asked.compared.is_empty()))
            .filter(|(field, is_said)| *is_said || field.error.is_some()),
    }
}

/// What to look at before the corrected data is applied.
fn warning(said: &Corrected) -> Option<String> {
    if let Err(why) = said.applicable() {
        return Some(why.to_string());
    }
    match said.transaction_code.and_then(TransactionCode::account)? {
        AccountKind::Checking | AccountKind::Savings => None,
        other => Some(format!(
            "The bank says that it is a {} account. Accounts here are checking or savings: ask the bank before anything \
             is changed.",
            other.words()
        )),
    }
}

fn or(typed: &str, proposed: String) -> String {
    if typed.is_empty() {
        proposed
    } else {
        typed.to_owned()
    }
}

fn nothing(selected: bool) -> Choice {
    Choice {
        value: String::new(),
        label: "Choose".into(),
        selected,
    }
}

fn spelled<T: Copy>(all: &[T], spelled: impl Fn(T) -> &'static str, selected: &str) -> Vec<Choice> {
    std::iter::once(nothing(selected.is_empty()))
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

/// The best fit first.
fn candidates(found: &Found, typed: &ResolveForm) -> Vec<Candidate> {
    let each = found
        .candidates
        .iter()
        .map(|c| candidate(c, found.payment(), found, typed));
    let mut all: Vec<Candidate> = each.collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.score));
    all
}

fn candidate(
    row: &TransactionRow,
    ours: Option<&TransactionRow>,
    found: &Found,
    typed: &ResolveForm,
) -> Candidate {
    let (from, to) = row.from_and_to();
    let (way, party) = if row.kind == TransactionKind::Request {
        ("from", from)
    } else {
        ("to", to)
    };
    let mut known = found.theirs.iter().chain(&found.parties);
    let party = known.find(|a| a.id == party).map(AccountRow::label);
    let known = [
        party.map(|label| format!("{way} {label}")),
        row.trace_number.as_ref().map(|trace| format!("trace {trace}")),
    ];
    let difference = ours.map_or(0, |t| row.amount - t.amount);
    let likeness = ours.map(|ours| row.likeness(ours));
    Candidate {
        score: likeness.map_or(0, |l| l.score()),
        fit: likeness.map(|l| l.words()).unwrap_or_default(),
        id: row.id.to_string(),
        label: row.title(),
        party: known.into_iter().flatten().collect::<Vec<_>>().join(", "),
        date: written_day(row.value_day()),
        amount: row.money().to_string(),
        difference: Money::new(difference, row.currency).to_string(),
        status: Tag {
            tone: Tone::Grey,
            icon: "circle-check",
            text: sentence_case(row.status.as_str()),
        },
        selected: typed.asked.counterpart_transaction_id == row.id.to_string(),
    }
}
