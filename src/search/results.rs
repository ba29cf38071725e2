//! The page of results: what the text may be first, then the exceptions that have its words.

use std::collections::{HashMap, HashSet};

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    index, queries,
    terms::{Piece, Terms},
    typed::Typed,
};
use crate::{
    accounts,
    app::App,
    auth::{permission::Read, principal::May},
    db::AnyConnection,
    exceptions::{queries::QueueItem, words},
    kernel::{
        clock::Ts,
        count::{COUNTED_UP_TO, up_to},
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id},
        money::Money,
    },
    transactions,
    web::{
        budget::Budgets,
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Badge, Due, Empty, Link, Severity, Status},
    },
};

/// Rows of a page of hits.
const PAGE: usize = 50;

/// Characters that are shown of a comment or note.
const SHOWN: usize = 160;

/// Accounts that are named; the list has the others.
const ACCOUNTS: usize = 8;

/// The longest text that is searched for.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "search/results.html")]
pub struct ResultsPage {
    shell: Shell,
    heading: String,
    groups: Vec<Group>,
    /// Hits by words, with their number; none where there is no word.
    hits: Option<Hits>,
    empty: Option<Empty>,
}

/// What a typed text is, if it is that.
struct Group {
    id: &'static str,
    title: String,
    links: Vec<Link>,
    rows: Vec<HitRow>,
}

struct Hits {
    total: String,
    rows: Vec<HitRow>,
    /// How many of this page have the words and are listed above for what they are.
    above: usize,
    more: Option<String>,
    /// The same words as a queue's filter.
    queue: String,
}

struct HitRow {
    id: String,
    severity: Severity,
    status: Status,
    code: String,
    title: String,
    party: Vec<Piece>,
    account: String,
    amount: String,
    due: Option<Due>,
    /// "Comment" or "Note" and the part with the words.
    said: Option<(&'static str, Vec<Piece>)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    before: String,
}

/// `GET /search?q=`
pub async fn show(app: Data<App>, who: May<Read>, query: Query<Asked>) -> AppResult<Page<ResultsPage>> {
    let Query(asked) = query;
    app.memos.of::<Budgets>().search(who.who.member)?;
    // A blank after the last word ends it.
    let asked_for: String = asked.q.chars().take(LONGEST).collect();
    let text = asked_for.trim().to_owned();
    let (account, before) = (who.account(), asked.before.parse::<i64>().ok());
    index::WORDS.refresh(&app.db).await?;
    accounts::index::refresh(&app, &text).await?;
    let typed = Typed::parse(&text);
    let wanted = Wanted {
        account,
        before,
        typed,
        terms: Terms::parse(&asked_for),
        text: asked_for,
        now: app.clock.now(),
        zone: who.own_zone(),
    };
    let (groups, hits) = app.db.read_slow(move |conn| wanted.find(conn)).await?;
    let is_empty = groups.is_empty() && hits.as_ref().is_none_or(|h| h.rows.is_empty());
    let heading = if text.is_empty() {
        "Search".to_owned()
    } else {
        format!("Search: {text}")
    };
    let mut shell = who.shell(&app, heading.clone(), Section::Queue);
    shell.searched.clone_from(&text);
    Ok(Page::ok(ResultsPage {
        shell,
        heading,
        empty: is_empty.then(|| empty(&text)),
        groups,
        hits: hits.filter(|h| !h.rows.is_empty()),
    }))
}

fn empty(text: &str) -> Empty {
    let title = if text.is_empty() {
        "What are you looking for?"
    } else {
        "Nothing found"
    };
    Empty {
        icon: "search",
        title: title.into(),
        text: "Give an id or its beginning, a trace number, an amount, a code such as R03, a name, the last four \
               of an account number, or words of a comment or note. All the words must be there; of the last its \
               beginning is enough, of a number its first eight digits."
            .into(),
        action: None,
    }
}

/// What is looked for, where.
struct Wanted {
    account: BusinessAccountId,
    before: Option<i64>,
    typed: Typed,
    terms: Option<Terms>,
    text: String,
    now: Ts,
    zone: Tz,
}

impl Wanted {
    fn find(&self, conn: &mut AnyConnection) -> AppResult<(Vec<Group>, Option<Hits>)> {
        // The later pages of a list are of words alone.
        let mut groups = match self.before {
            None => self.groups(conn)?,
            Some(_) => Vec::new(),
        };
        let mut hits = match &self.terms {
            Some(terms) => Some(self.hits(conn, terms)?),
            None => None,
        };
        list_each_once(&mut groups, hits.as_mut());
        Ok((groups, hits))
    }

    fn groups(&self, conn: &mut AnyConnection) -> AppResult<Vec<Group>> {
        let mut groups = Vec::new();
        let mut add = |group: Group| {
            if !group.links.is_empty() || !group.rows.is_empty() {
                groups.push(group);
            }
        };
        if self.typed.ids.is_some() {
            add(self.by_id(conn)?);
        }
        if let Some(trace) = &self.typed.trace {
            add(self.by_trace(conn, trace)?);
        }
        if let Some((code, title)) = &self.typed.code {
            let tab = |tab, label: &str| Link {
                href: format!("/exceptions?tab={tab}&code={code}"),
                label: format!("{label} with {code}"),
            };
            add(Group {
                id: "code",
                title: format!("{code}: {title}"),
                links: vec![tab("open", "Open exceptions"), tab("resolved", "Resolved ones")],
                rows: Vec::new(),
            });
        }
        add(self.by_account(conn)?);
        if let Some(amount) = self.typed.amount {
            let ids = queries::by_amount(conn, self.account, amount.minor())?;
            add(Group {
                id: "amount",
                title: format!("Amount {amount}"),
                links: Vec::new(),
                rows: self.rows(conn, &ids, None)?,
            });
        }
        Ok(groups)
    }

    fn by_id(&self, conn: &mut AnyConnection) -> AppResult<Group> {
        let (from, to) = self.typed.ids.unwrap_or_default();
        let ids = queries::by_id(conn, self.account, (Id::from_uuid(from), Id::from_uuid(to)))?;
        let mut links = Vec::new();
        if self.typed.is_whole_id {
            if let Some(row) = transactions::queries::find(conn, self.account, Id::from_uuid(from))? {
                links.push(transaction_link(Id::from_uuid(from), &row.money().to_string()));
            }
            if let Some(row) = accounts::queries::find(conn, self.account, Id::from_uuid(from))? {
                links.push(Link {
                    href: format!("/accounts/{}", row.id),
                    label: format!("Account {}", row.label()),
                });
            }
        }
        Ok(Group {
            id: "id",
            title: if self.typed.is_whole_id {
                "The id".into()
            } else {
                "Ids that begin so".into()
            },
            links,
            rows: self.rows(conn, &ids, None)?,
        })
    }

    /// Accounts by name, holder, or the last four of the number.
    fn by_account(&self, conn: &mut AnyConnection) -> AppResult<Group> {
        let limit = ACCOUNTS as i64 + 1;
        let mut rows = match self.text.trim().chars().count() {
            0 | 1 => Vec::new(),
            _ => accounts::queries::list_with_text(conn, self.account, &self.text, limit)?,
        };
        let more = rows.len() > ACCOUNTS;
        rows.truncate(ACCOUNTS);
        let mut links: Vec<Link> = rows
            .iter()
            .map(|row| Link {
                href: format!("/accounts/{}", row.id),
                label: row.label(),
            })
            .collect();
        if more {
            let query = serde_urlencoded::to_string([("text", &self.text)]).unwrap_or_default();
            links.push(Link {
                href: format!("/accounts?{query}"),
                label: "All of them".into(),
            });
        }
        Ok(Group {
            id: "accounts",
            title: "Accounts".into(),
            links,
            rows: Vec::new(),
        })
    }

    fn by_trace(&self, conn: &mut AnyConnection, trace: &str) -> AppResult<Group> {
        let payments = queries::transactions_by_trace(conn, self.account, trace)?;
        let ids = queries::by_trace(conn, self.account, trace, &payments)?;
        let mut links = Vec::new();
        for id in payments {
            if let Some(row) = transactions::queries::find(conn, self.account, id)? {
                links.push(transaction_link(id, &row.money().to_string()));
            }
        }
        Ok(Group {
            id: "trace",
            title: format!("Trace number {trace}"),
            links,
            rows: self.rows(conn, &ids, None)?,
        })
    }

    fn hits(&self, conn: &mut AnyConnection, terms: &Terms) -> AppResult<Hits> {
        let limit = PAGE as i64 + 1;
        let mut found = queries::list(conn, self.account, terms, self.before, limit)?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let ids: Vec<ExceptionId> = found.iter().map(|(_, id)| *id).collect();
        let last = found.last().map(|(document, _)| *document).filter(|_| more);
        let total = queries::count_up_to(conn, self.account, terms, COUNTED_UP_TO)?;
        let with = |name: &str| serde_urlencoded::to_string([(name, &self.text)]).unwrap_or_default();
        Ok(Hits {
            total: up_to(total),
            above: 0,
            rows: self.rows(conn, &ids, Some(terms))?,
            more: last.map(|before| format!("/search?{}&before={before}", with("q"))),
            queue: format!("/exceptions?tab=open&{}", with("text")),
        })
    }

    /// The rows of these exceptions, with where the words are said when they are looked for.
    fn rows(
        &self,
        conn: &mut AnyConnection,
        ids: &[ExceptionId],
        terms: Option<&Terms>,
    ) -> AppResult<Vec<HitRow>> {
        let mut said = HashMap::new();
        if let Some(terms) = terms {
            let comments = queries::comments_on(conn, ids)?;
            let notes = queries::notes_on(conn, self.account, ids)?;
            let all = comments
                .into_iter()
                .map(|(id, text)| (id, "Comment", text))
                .chain(notes.into_iter().map(|(id, text)| (id, "Note", text)));
            for (id, kind, text) in all {
                if let Some(pieces) = terms.excerpt(&text, SHOWN) {
                    said.entry(id).or_insert((kind, pieces));
                }
            }
        }
        let items = queries::items(conn, self.account, ids)?;
        Ok(items
            .into_iter()
            .map(|item| {
                let said = said.remove(&item.id);
                self.row(item, terms, said)
            })
            .collect())
    }

    fn row(
        &self,
        item: QueueItem,
        terms: Option<&Terms>,
        said: Option<(&'static str, Vec<Piece>)>,
    ) -> HitRow {
        let amount = item.money().map(Money::written).unwrap_or_default();
        let party = terms.and_then(|terms| terms.excerpt(&item.party, SHOWN));
        HitRow {
            id: item.id.to_string(),
            severity: item.severity,
            status: item.status,
            title: words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()).into_owned(),
            code: item.code.unwrap_or_default(),
            party: party.unwrap_or_else(|| {
                vec![Piece {
                    text: item.party,
                    is_hit: false,
                }]
            }),
            account: words::masked_account(&item.account_tail),
            amount,
            due: item
                .status
                .is_open()
                .then(|| time::due(item.due_at, self.now, self.zone)),
            said,
        }
    }
}

/// An exception that is several of what the text may be, or has it as a word too, is listed where it comes first.
fn list_each_once(groups: &mut Vec<Group>, hits: Option<&mut Hits>) {
    let mut listed = HashSet::new();
    for group in groups.iter_mut() {
        group.rows.retain(|row| listed.insert(row.id.clone()));
    }
    groups.retain(|group| !group.links.is_empty() || !group.rows.is_empty());
    if let Some(hits) = hits {
        let all = hits.rows.len();
        hits.rows.retain(|row| !listed.contains(&row.id));
        hits.above = all - hits.rows.len();
    }
}

fn transaction_link(id: crate::kernel::id::TransactionId, amount: &str) -> Link {
    Link {
        href: format!("/transactions/{id}"),
        label: format!("Transaction of {amount}"),
    }
}
