//! `id!`: a newtype over UUIDv7 for the ids of one table.

/// Declares an id type: a UUIDv7 that sorts by the time of its making, and that cannot be taken
/// for another table's id. It goes into a [`crate::DbUuid`] column.
///
/// ```
/// db::id! {
///     /// An id of a track.
///     pub TrackId
/// }
/// let id = TrackId::new();
/// assert_eq!(id.to_string().parse::<TrackId>().unwrap(), id);
/// ```
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $vis:vis $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            $crate::expansion::serde::Serialize,
            $crate::expansion::serde::Deserialize,
            $crate::expansion::diesel::expression::AsExpression,
            $crate::expansion::diesel::deserialize::FromSqlRow,
        )]
        #[serde(crate = "db::expansion::serde", transparent)]
        #[diesel(sql_type = $crate::DbUuid)]
        $vis struct $name(pub $crate::expansion::uuid::Uuid);

        impl $name {
            /// A new id, later than every id this process made before.
            #[expect(clippy::new_without_default, reason = "a default id would be a new one each time")]
            pub fn new() -> Self {
                Self($crate::expansion::uuid::Uuid::now_v7())
            }

            /// The bare UUID.
            pub const fn uuid(self) -> $crate::expansion::uuid::Uuid {
                self.0
            }
        }

        impl ::std::convert::From<$crate::expansion::uuid::Uuid> for $name {
            fn from(id: $crate::expansion::uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::expansion::uuid::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        const _: () = {
            use $crate::expansion::diesel::{backend::Backend, deserialize::{self, FromSql}, pg::Pg,
                serialize::{self, Output, ToSql}, sqlite::Sqlite};
            use $crate::{DbUuid, expansion::uuid::Uuid};

            impl ToSql<DbUuid, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    ToSql::<DbUuid, Pg>::to_sql(&self.0, out)
                }
            }

            impl ToSql<DbUuid, Sqlite> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                    ToSql::<DbUuid, Sqlite>::to_sql(&self.0, out)
                }
            }

            impl FromSql<DbUuid, Pg> for $name {
                fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                    <Uuid as FromSql<DbUuid, Pg>>::from_sql(value).map(Self)
                }
            }

            impl FromSql<DbUuid, Sqlite> for $name {
                fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                    <Uuid as FromSql<DbUuid, Sqlite>>::from_sql(value).map(Self)
                }
            }
        };
    };
}
