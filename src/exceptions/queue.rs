//! The queue: tabs with their counts, filters, a page of exceptions.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::web::Data;
use askama::Template;

use super::{
    by_words::{self, Ordered},
    columns,
    filter::{Filter, RawFilter},
    holders, listed, live,
    queries::{self, QueueRows, TabCounts, Worker},
    queue_filters::{QueueFilters, chips, filters},
    queue_rows::QueueItem,
    queue_table::{self, Looking, QueueRow, row},
    queue_words::{empty, heading, tabs, tells},
    way_back,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right, Role},
        principal::May,
    },
    bulk::model::BulkAct,
    db::{AnyConnection, Plans, memo::Memo},
    desk::teams::{self, Team},
    kernel::{
        clock::Ts,
        count,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, SavedQueueId, TeamMemberId},
    },
    policies::{self, thresholds::Thresholds},
    queues::{
        self,
        beside::{Asking, Beside, Totals, beside, links},
        model::SavedQueue,
    },
    search,
    web::{
        form::Query,
        page::{Answer, Page, SeeOther},
        shell::{Problem, Section, Shell, problems},
        ui::{Badge, Chip, Choice, Column, Empty, Pager, Person, Tab as TabView},
    },
};

#[derive(Template)]
#[template(path = "exceptions/queue.html")]
pub struct QueuePage {
    shell: Shell,
    heading: String,
    tabs: Vec<TabView>,
    filters: QueueFilters,
    chips: Vec<Chip>,
    /// The same tab without filters.
    clear: String,
    /// What was wrong with the filters typed.
    problems: Vec<Problem>,
    columns: Vec<Column>,
    rows: Vec<QueueRow>,
    pager: Pager,
    /// Shown in place of the table.
    empty: Option<Empty>,
    /// This list's own address, so that a claim leads back to the same place.
    back: String,
    /// What stands behind the address of each exception, so that the way back from it leads here.
    carried: String,
    /// Style's class for a tab whose rows say more beside their time.
    tells: &'static str,
    /// Style's classes for the columns that this person leaves out, and all of them to choose from.
    left_out: String,
    column_choices: Vec<Choice>,
    can_work: bool,
    /// Whether something of what is listed can be assigned or resolved: what is resolved already cannot.
    can_ask: bool,
    can_import: bool,
    /// The filter as the address has it, for saving and export.
    query: String,
    /// Where this list's changes are told.
    live: String,
    bulk_acts: Vec<(&'static str, &'static str)>,
}

struct Found {
    rows: QueueRows,
    counts: TabCounts,
    /// As it is written.
    total: Arc<String>,
    saved: Vec<Beside>,
    /// More have the words that are asked for than the queue is narrowed to.
    is_cut: bool,
    /// Who has something of it and is not among those who work here now.
    others: Holders,
    desk: Arc<Desk>,
}

type Holders = HashMap<TeamMemberId, Arc<Person>>;

impl Found {
    fn holder(&self, item: &QueueItem) -> Option<Arc<Person>> {
        let id = item.assignee_id?;
        let person = self.desk.people.get(&id).or_else(|| self.others.get(&id))?;
        Some(Arc::clone(person))
    }
}

/// What every queue page of a business account shows alike.
pub struct Desk {
    shared_counts: TabCounts,
    workers: Vec<Worker>,
    /// The same, as rows show them.
    people: Holders,
    teams: Vec<Team>,
    idle_after: Duration,
    /// Everybody's and each person's own, in their order.
    pub saved: Vec<SavedQueue>,
    begins: Vec<(Role, SavedQueueId)>,
}

impl Desk {
    /// As it is now.
    pub fn read(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<Self> {
        let workers = queries::workers(conn, account)?;
        Ok(Self {
            shared_counts: queries::shared_counts(conn, account, now)?,
            people: as_people(workers.iter().map(|worker| (worker.id, worker.name()))),
            workers,
            teams: teams::list(conn, account)?,
            idle_after: policies::rules::of::<Thresholds>(conn, account)?.idle_after(),
            saved: queues::queries::list(conn, account)?,
            begins: queues::queries::defaults(conn, account)?,
        })
    }

    /// How many each tab has for `me`.
    pub fn counts_of(
        &self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        me: TeamMemberId,
    ) -> AppResult<TabCounts> {
        Ok(TabCounts {
            mine: queries::count_mine(conn, account, me)?,
            ..self.shared_counts
        })
    }

    /// The queue in which a role begins, when that was said.
    fn first_of(&self, role: Role) -> Option<&SavedQueue> {
        let (_, id) = self.begins.iter().find(|(r, _)| *r == role)?;
        self.saved.iter().find(|q| q.id == *id && q.is_shared)
    }
}

/// `GET /exceptions`: a list, or with nothing asked for where the person's role begins.
pub async fn list(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<Answer<QueuePage>> {
    let (filter, errors) = query.0.parse(who.zone());
    let begins = who
        .request()
        .query_string()
        .is_empty()
        .then_some(who.who.actor.role);
    let (wanted, spelled, state) = (filter.clone(), query.0.query(), app.clone());
    if filter.text.is_some() {
        search::index::WORDS.refresh(&app.db).await?;
    }
    let asking = Asking::of(&who, app.db.moment());
    let has_index = listed::has_index(&filter, asking.moment.now()) && filter.by_words.is_none();
    let plans = Plans::once_if(has_index && filter.text.is_none());
    let found = app
        .db
        .read_planned(plans, move |conn| {
            let (account, moment) = (asking.account, asking.moment);
            let desks: Memo<Desk> = state.memos.of();
            let desk = desks.get(account, moment, || Desk::read(conn, account, moment.now()))?;
            match begins.and_then(|role| desk.first_of(role)) {
                Some(first) => Ok(Err(first.address())),
                None => find(conn, &state, &asking, desk, &wanted, &spelled).map(Ok),
            }
        })
        .await?;
    Ok(match found {
        // What stood behind the row at the edge is gone: what is left is shown from the beginning.
        Ok(found) if found.rows.items.is_empty() && filter.has_edge() => {
            Answer::Next(SeeOther::to(queues::model::address(&query.0.query())))
        }
        Ok(found) => Answer::Again(Page::ok(page(&app, &who, &query.0, &filter, &errors, found))),
        Err(first) => Answer::Next(SeeOther::to(first)),
    })
}

fn find(
    conn: &mut AnyConnection,
    app: &App,
    asking: &Asking,
    desk: Arc<Desk>,
    filter: &Filter,
    query: &str,
) -> AppResult<Found> {
    let (account, me, now) = (asking.account, asking.me, asking.moment.now());
    let totals: Totals = app.memos.of();
    let counts = desk.counts_of(conn, account, me)?;
    let rows = queries::list(conn, account, me, filter, now)?;
    let others = holders::names(conn, &rows.items, |id| desk.people.contains_key(id))?;
    Ok(Found {
        rows,
        others: as_people(others),
        total: asking.total(conn, &totals, query, &counts)?,
        saved: beside(conn, &totals, asking, &desk.saved, &counts)?,
        is_cut: match &filter.text {
            Some(terms) => search::queries::is_cut(conn, account, terms)?,
            None => false,
        },
        counts,
        desk,
    })
}

fn as_people(names: impl IntoIterator<Item = (TeamMemberId, String)>) -> Holders {
    let person = |(id, name)| (id, Arc::new(Person::named(name)));
    names.into_iter().map(person).collect()
}

fn page(
    app: &App,
    who: &May<Read>,
    raw: &RawFilter,
    filter: &Filter,
    errors: &FieldErrors,
    mut found: Found,
) -> QueuePage {
    let can_work = who.who.actor.may(Right::Work);
    let looking = Looking {
        tab: filter.tab,
        now: app.clock.now(),
        zone: who.own_zone(),
        can_work,
        idle_after: found.desk.idle_after,
    };
    let query = raw.query();
    // The list of a saved queue has its name.
    let saved = found.saved.iter().find(|saved| saved.query == query);
    let heading = saved.map_or_else(|| heading(filter.tab).to_owned(), |saved| saved.name.clone());
    let pager = pager(raw, filter, &found);
    let people = (&found.desk.workers[..], &found.desk.teams[..]);
    let ordered = Ordered {
        by_words: found.rows.by_words,
        is_short: match filter.by_words {
            Some(_) => found.rows.by_words.is_some(),
            None => count::read(&found.total).is_some_and(|n| n <= by_words::MOST),
        },
    };
    let has_rows = !found.rows.items.is_empty();
    let has_open = found.rows.items.iter().any(|item| item.status.is_open());
    let items = std::mem::take(&mut found.rows.items);
    let shown = |item| {
        let holder = found.holder(&item);
        row(item, holder, looking)
    };
    let rows = items.into_iter().map(shown).collect();
    QueuePage {
        shell: who
            .shell(app, heading.clone(), Section::Queue)
            .below(links(&found.saved, Some(&query))),
        live: live_address(&query),
        query,
        heading,
        tabs: tabs(filter.tab, &found.counts),
        filters: filters(raw, filter, errors, people, ordered),
        chips: chips(raw, filter, errors, people, found.is_cut, ordered),
        clear: RawFilter {
            tab: filter.tab.as_str().into(),
            ..RawFilter::default()
        }
        .address(&[]),
        problems: problems(errors),
        columns: queue_table::columns(raw, filter, ordered),
        pager,
        empty: (!has_rows).then(|| empty(filter, can_work)),
        rows,
        back: raw.address(&[("after", &raw.after), ("before", &raw.before)]),
        carried: way_back::carried(raw, filter.tab.as_str()),
        tells: tells(filter.tab),
        left_out: columns::classes(who.who.hidden_columns),
        column_choices: columns::choices(who.who.hidden_columns),
        can_work,
        can_ask: can_work && has_open,
        can_import: who.who.actor.may(Right::Import),
        bulk_acts: BulkAct::OF_QUEUE
            .into_iter()
            .filter(|act| who.who.actor.may(act.right()))
            .map(|act| (act.as_str(), act.label()))
            .collect(),
    }
}

fn live_address(query: &str) -> String {
    let list = serde_urlencoded::to_string([("list", query)]).unwrap_or_default();
    format!("{}?stay=1&{list}", live::PATH)
}

fn pager(raw: &RawFilter, filter: &Filter, found: &Found) -> Pager {
    let (first, last) = found.rows.edges(filter.sort);
    let around = (found.rows.has_previous, found.rows.has_next);
    Pager {
        shown: Pager::which(found.rows.items.len(), around, &found.total),
        total: found.total.as_str().to_owned(),
        previous: found
            .rows
            .has_previous
            .then(|| raw.address(&[("before", &first)])),
        next: found.rows.has_next.then(|| raw.address(&[("after", &last)])),
    }
}
