//! The condition that a payload has a value somewhere, in each store's own words.

use diesel::expression::{AppearsOnTable, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool, Text};
use diesel::sqlite::Sqlite;

use crate::PayloadField;

/// True where the payload of `queue_jobs` has the value at the path.
#[derive(Debug, Clone)]
pub(super) struct PayloadHas {
    path: Vec<String>,
    /// SQLite's way of writing the path.
    json_path: String,
    value: String,
}

impl PayloadHas {
    pub(super) fn new(field: &PayloadField) -> Self {
        let steps = field.path.iter().map(|step| {
            if step.bytes().all(|byte| byte.is_ascii_digit()) {
                format!("[{step}]")
            } else {
                format!(".\"{step}\"")
            }
        });
        Self {
            path: field.path.clone(),
            json_path: format!("${}", steps.collect::<String>()),
            value: field.value.clone(),
        }
    }
}

impl Expression for PayloadHas {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for PayloadHas {}
impl<QS> SelectableExpression<QS> for PayloadHas {}

impl<G> ValidGrouping<G> for PayloadHas {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for PayloadHas {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for PayloadHas {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("COALESCE(queue_jobs.payload #>> ");
        out.push_bind_param::<Array<Text>, _>(&self.path)?;
        out.push_sql(" = ");
        out.push_bind_param::<Text, _>(&self.value)?;
        out.push_sql(", false)");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for PayloadHas {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // Booleans come out as 1 and 0 otherwise.
        out.push_sql("COALESCE(CASE json_type(queue_jobs.payload, ");
        out.push_bind_param::<Text, _>(&self.json_path)?;
        out.push_sql(
            ") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
             ELSE CAST(json_extract(queue_jobs.payload, ",
        );
        out.push_bind_param::<Text, _>(&self.json_path)?;
        out.push_sql(") AS TEXT) END = ");
        out.push_bind_param::<Text, _>(&self.value)?;
        out.push_sql(", FALSE)");
        Ok(())
    }
}
