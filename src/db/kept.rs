//! SQL that stays prepared. diesel prepares every `UPDATE`, every `IN` and whatever holds SQL of one's own anew each
//! time, as their text may differ from one time to the next; with indexes and triggers behind it that costs more than
//! running it. What is made here is of few different texts, by which diesel keeps it prepared.

use std::marker::PhantomData;

use diesel::{
    AppearsOnTable, Expression, QueryResult, RunQueryDsl, SelectableExpression,
    backend::Backend,
    expression::{ValidGrouping, is_aggregate},
    query_builder::{AsChangeset, AstPass, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, SingleValue, SqlType},
};

use super::MultiBackend;

/// An SQL expression of our own making, never a client's text.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<ST>(&'static str, PhantomData<ST>);

/// The expression `sql`, of SQL type `ST`.
pub fn fixed<ST>(sql: &'static str) -> Fixed<ST> {
    Fixed(sql, PhantomData)
}

impl<ST: SqlType + SingleValue> Expression for Fixed<ST> {
    type SqlType = ST;
}

impl<ST, DB: Backend> QueryFragment<DB> for Fixed<ST> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl<ST> QueryId for Fixed<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, G> ValidGrouping<G> for Fixed<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST, QS> AppearsOnTable<QS> for Fixed<ST> where Self: Expression {}
impl<ST, QS> SelectableExpression<QS> for Fixed<ST> where Self: AppearsOnTable<QS> {}

/// Up to so many values the places are rounded up.
const MOST_PLACES: usize = 1_024;

/// `column IN (…)`, with places for 2, 4, 8, 16 … values: the last value fills those that are left over.
#[derive(Clone, Debug)]
pub struct Within<C, U> {
    column: C,
    values: Vec<U>,
}

/// Whether the column is one of these values.
pub fn within<C, U: Clone>(column: C, values: &[U]) -> Within<C, U> {
    Within {
        column,
        values: values.to_vec(),
    }
}

impl<C: Expression, U> Expression for Within<C, U> {
    type SqlType = Bool;
}

impl<C, U, DB> QueryFragment<DB> for Within<C, U>
where
    DB: Backend + HasSqlType<C::SqlType>,
    C: Expression + QueryFragment<DB>,
    U: ToSql<C::SqlType, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Some(last) = self.values.last() else {
            pass.push_sql("1=0");
            return Ok(());
        };
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (");
        let n = self.values.len();
        let left_over = if n <= MOST_PLACES {
            n.next_power_of_two() - n
        } else {
            // A text that hardly comes again; and a statement takes some thirty thousand values at most.
            pass.unsafe_to_cache_prepared();
            0
        };
        let values = self.values.iter().chain(std::iter::repeat_n(last, left_over));
        for (n, value) in values.enumerate() {
            if n > 0 {
                pass.push_sql(", ");
            }
            pass.push_bind_param::<C::SqlType, U>(value)?;
        }
        pass.push_sql(")");
        Ok(())
    }
}

impl<C, U> QueryId for Within<C, U> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, U, G> ValidGrouping<G> for Within<C, U> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<QS>, U, QS> AppearsOnTable<QS> for Within<C, U> where Self: Expression {}
impl<C, U, QS> SelectableExpression<QS> for Within<C, U>
where
    C: SelectableExpression<QS>,
    Self: AppearsOnTable<QS>,
{
}

type Part<'a> = Box<dyn QueryFragment<MultiBackend> + 'a>;

/// An `UPDATE` of the columns that changed.
pub struct Update<'a> {
    table: &'static str,
    changes: Vec<Part<'a>>,
    which: Part<'a>,
}

impl<'a> Update<'a> {
    /// Of these rows of a table; `which` is a condition on it.
    pub fn of(table: &'static str, which: impl QueryFragment<MultiBackend> + 'a) -> Self {
        Self {
            table,
            changes: Vec::new(),
            which: Box::new(which),
        }
    }

    /// Sets a column too: `column.eq(value)`.
    pub fn set<C>(&mut self, change: C)
    where
        C: AsChangeset<Changeset: QueryFragment<MultiBackend> + 'a>,
    {
        self.changes.push(Box::new(change.as_changeset()));
    }
}

impl QueryFragment<MultiBackend> for Update<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        pass.push_identifier(self.table)?;
        for (n, change) in self.changes.iter().enumerate() {
            pass.push_sql(if n == 0 { " SET " } else { ", " });
            change.walk_ast(pass.reborrow())?;
        }
        pass.push_sql(" WHERE ");
        self.which.walk_ast(pass)
    }
}

impl QueryId for Update<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Update<'_> {}
