//! Statements written out by hand that are still prepared once a connection: diesel's
//! `sql_query` is prepared anew each time, which costs three times a claim.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// A value with the SQL type it is bound as.
#[derive(Debug)]
pub(crate) struct Bind<ST, T>(T, PhantomData<ST>);

impl<ST, T> Bind<ST, T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value, PhantomData)
    }
}

impl<DB, ST, T> QueryFragment<DB> for Bind<ST, T>
where
    DB: Backend + HasSqlType<ST>,
    T: ToSql<ST, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_bind_param::<ST, T>(&self.0)
    }
}

/// Declares a statement for one store: its binds, the SQL types of its rows, and its text, in
/// which the name of a bind stands for the bind. The text must not depend on the values.
macro_rules! statement {
    (
        $(#[$meta:meta])*
        $name:ident on $backend:ty => $row:ty {
            $($bind:ident: $sql:ty = $rust:ty),* $(,)?
        }
        $($part:tt)+
    ) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $(pub(crate) $bind: $crate::store::statement::Bind<$sql, $rust>),*
        }

        impl ::diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl ::diesel::query_builder::Query for $name {
            type SqlType = $row;
        }

        impl ::diesel::query_builder::QueryFragment<$backend> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: ::diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> ::diesel::QueryResult<()> {
                $(statement!(@part self, out, $part);)+
                Ok(())
            }
        }

        impl<Conn> ::diesel::RunQueryDsl<Conn> for $name {}
    };
    (@part $this:ident, $out:ident, $text:literal) => { $out.push_sql($text) };
    (@part $this:ident, $out:ident, ($text:expr)) => { $out.push_sql($text) };
    (@part $this:ident, $out:ident, $bind:ident) => {
        ::diesel::query_builder::QueryFragment::walk_ast(&$this.$bind, $out.reborrow())?
    };
}
pub(crate) use statement;
