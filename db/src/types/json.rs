//! `DbJson`: `jsonb` in PostgreSQL, text in SQLite; any JSON, or that of a type.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{SqlType, Text};
use diesel::sqlite::Sqlite;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version byte before the text of PostgreSQL's binary `jsonb`.
const JSONB_VERSION: u8 = 1;

/// The SQL type of a JSON document; its Rust types are [`Document`] and
/// [`Json`].
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbJson;

/// A JSON document as a column's value.
#[derive(Debug, Clone, PartialEq, Default, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[serde(transparent)]
#[diesel(sql_type = DbJson)]
pub struct Document(pub Value);

/// A value of a type that is kept as JSON, as a column's value. What doesn't fit the type can't be
/// read.
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbJson)]
pub struct Json<T>(pub T);

impl ToSql<DbJson, Pg> for Document {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        to_postgres(&self.0, out)
    }
}

impl ToSql<DbJson, Sqlite> for Document {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        to_sqlite(&self.0, out)
    }
}

impl FromSql<DbJson, Pg> for Document {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        from_postgres(&value).map(Self)
    }
}

impl FromSql<DbJson, Sqlite> for Document {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        from_sqlite(value).map(Self)
    }
}

impl<T: Serialize + std::fmt::Debug> ToSql<DbJson, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        to_postgres(&self.0, out)
    }
}

impl<T: Serialize + std::fmt::Debug> ToSql<DbJson, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        to_sqlite(&self.0, out)
    }
}

impl<T: DeserializeOwned> FromSql<DbJson, Pg> for Json<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        from_postgres(&value).map(Self)
    }
}

impl<T: DeserializeOwned> FromSql<DbJson, Sqlite> for Json<T> {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        from_sqlite(value).map(Self)
    }
}

fn to_postgres(value: &impl Serialize, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
    std::io::Write::write_all(out, &[JSONB_VERSION])?;
    serde_json::to_writer(out, value)?;
    Ok(IsNull::No)
}

fn to_sqlite(value: &impl Serialize, out: &mut Output<'_, '_, Sqlite>) -> serialize::Result {
    out.set_value(serde_json::to_string(value)?);
    Ok(IsNull::No)
}

fn from_postgres<T: DeserializeOwned>(value: &PgValue<'_>) -> deserialize::Result<T> {
    match value.as_bytes().split_first() {
        Some((&JSONB_VERSION, text)) => Ok(serde_json::from_slice(text)?),
        _ => Err("unknown version of jsonb".into()),
    }
}

fn from_sqlite<T: DeserializeOwned>(
    value: <Sqlite as Backend>::RawValue<'_>,
) -> deserialize::Result<T> {
    let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
    Ok(serde_json::from_str(&text)?)
}
