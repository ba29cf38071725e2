//! Leading SQLite's planner. It knows nothing of how many rows a value has, so where that decides which index is the
//! right one, the query says of a column that no index is to be taken for it.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    backend::Backend,
    expression::{ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
};

/// A column, or another expression.
#[derive(Clone, Copy, Debug)]
pub struct Led<C> {
    column: C,
    is_passed_over: bool,
}

/// The column itself; if it is to be passed over, SQLite takes no index for it. Never ask that of PostgreSQL, which has
/// no unary plus for most types and knows its data.
pub const fn led<C>(column: C, is_passed_over: bool) -> Led<C> {
    Led {
        column,
        is_passed_over,
    }
}

impl<C: Expression> Expression for Led<C> {
    type SqlType = C::SqlType;
}

impl<C: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Led<C> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.is_passed_over {
            pass.push_sql("+");
        }
        self.column.walk_ast(pass)
    }
}

impl<C> QueryId for Led<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, G> ValidGrouping<G> for Led<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Led<C> where Self: Expression {}
impl<C, QS> SelectableExpression<QS> for Led<C>
where
    C: SelectableExpression<QS>,
    Self: AppearsOnTable<QS>,
{
}
