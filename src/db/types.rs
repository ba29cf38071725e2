//! Column types that both databases store alike: identifiers (native `uuid` or a 16-byte BLOB), times (integer
//! microseconds) and calendar days (ISO text).

use chrono::NaiveDate;
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, HasSqlType, SqlType, Text},
    sqlite::{Sqlite, SqliteValue},
};
use uuid::Uuid;

use super::connection::{MultiBackend, MultiRawValue};
use crate::kernel::{clock::Ts, id::Id, money::Currency};

/// The column type of identifiers.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct UuidSql;

impl HasSqlType<UuidSql> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<UuidSql>(lookup)
    }
}

impl<K: 'static> ToSql<UuidSql, Sqlite> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.uuid().as_bytes().to_vec());
        Ok(IsNull::No)
    }
}
impl<K: 'static> ToSql<UuidSql, Pg> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.uuid().as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<K: 'static> ToSql<UuidSql, MultiBackend> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((UuidSql, self));
        Ok(IsNull::No)
    }
}
impl<K: 'static> FromSql<UuidSql, Sqlite> for Id<K> {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(Uuid::from_slice(value.read_blob())?))
    }
}
impl<K: 'static> FromSql<UuidSql, Pg> for Id<K> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(Uuid::from_slice(value.as_bytes())?))
    }
}
impl<K: 'static> FromSql<UuidSql, MultiBackend> for Id<K> {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, UuidSql>()
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for Ts
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<BigInt, DB>::to_sql(&self.0, out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Ts
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(<i64 as FromSql<BigInt, DB>>::from_sql(value)?))
    }
}

/// Reads a type from the text that a column has of it, where it stands: a page of a queue has hundreds
/// of such words, each of which would be copied for nothing. None is what no column should have.
#[macro_export]
macro_rules! read_in_place {
    ($name:ident, |$text:ident| $read:expr) => {
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::sqlite::Sqlite> for $name {
            fn from_sql(
                mut value: diesel::sqlite::SqliteValue<'_, '_, '_>,
            ) -> diesel::deserialize::Result<Self> {
                let $text = value.read_text();
                $read.ok_or_else(|| $crate::db::types::unknown(stringify!($name), $text))
            }
        }
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let $text = std::str::from_utf8(value.as_bytes())?;
                $read.ok_or_else(|| $crate::db::types::unknown(stringify!($name), $text))
            }
        }
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, $crate::db::MultiBackend> for $name {
            fn from_sql(
                value: $crate::db::connection::MultiRawValue<'_>,
            ) -> diesel::deserialize::Result<Self> {
                value.from_sql::<Self, diesel::sql_types::Text>()
            }
        }
    };
}

/// What is said of a text that is none of a type's.
pub fn unknown(what: &str, text: &str) -> Box<dyn std::error::Error + Send + Sync> {
    format!("unknown {what} {text:?}").into()
}

/// A calendar day in a text column: `2026-11-21`, which sorts as days do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Day(pub NaiveDate);

impl ToSql<Text, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}
impl ToSql<Text, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.0.to_string().as_bytes())?;
        Ok(IsNull::No)
    }
}
impl ToSql<Text, MultiBackend> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}
read_in_place!(Day, |text| text.parse().ok().map(Self));

impl<DB: Backend> ToSql<Text, DB> for Currency
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.code().to_sql(out)
    }
}
read_in_place!(Currency, |code| Self::stored(code));
