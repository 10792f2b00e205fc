//! `DbJson`: `jsonb` in PostgreSQL, text in SQLite.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{SqlType, Text};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version byte before the text of PostgreSQL's binary `jsonb`.
const JSONB_VERSION: u8 = 1;

/// The SQL type of a JSON document; its Rust type is [`Document`].
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbJson;

/// A JSON document as a column's value.
#[derive(Debug, Clone, PartialEq, Default, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[serde(transparent)]
#[diesel(sql_type = DbJson)]
pub struct Document(pub Value);

impl ToSql<DbJson, Pg> for Document {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, &[JSONB_VERSION])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl ToSql<DbJson, Sqlite> for Document {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl FromSql<DbJson, Pg> for Document {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().split_first() {
            Some((&JSONB_VERSION, text)) => Ok(Self(serde_json::from_slice(text)?)),
            _ => Err("unknown version of jsonb".into()),
        }
    }
}

impl FromSql<DbJson, Sqlite> for Document {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}
