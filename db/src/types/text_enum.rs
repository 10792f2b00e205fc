//! `text_enum!`: an enum kept as text, with the same words in SQL, JSON and messages.

/// Declares an enum whose variants are fixed words in a `Text` column of either store.
///
/// ```
/// db::text_enum! {
///     /// How far a release is.
///     pub enum Stage {
///         /// Being written.
///         Draft = "draft",
///         /// Out.
///         Live = "live",
///     }
/// }
/// assert_eq!(Stage::Live.as_str(), "live");
/// assert_eq!("draft".parse::<Stage>().unwrap(), Stage::Draft);
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            $crate::expansion::serde::Serialize,
            $crate::expansion::serde::Deserialize,
            $crate::expansion::diesel::expression::AsExpression,
            $crate::expansion::diesel::deserialize::FromSqlRow,
        )]
        #[serde(crate = "db::expansion::serde")]
        #[diesel(sql_type = $crate::expansion::diesel::sql_types::Text)]
        $vis enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The fixed word of this variant.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::types::UnknownWord;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::types::UnknownWord {
                        word: text.to_owned(),
                        known: &[$($word),+],
                    }),
                }
            }
        }

        const _: () = {
            use $crate::expansion::diesel::{backend::Backend, deserialize::{self, FromSql}, pg::Pg,
                serialize::{self, Output, ToSql}, sql_types::Text, sqlite::Sqlite};

            impl ToSql<Text, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    <str as ToSql<Text, Pg>>::to_sql(self.as_str(), out)
                }
            }

            impl ToSql<Text, Sqlite> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                    <str as ToSql<Text, Sqlite>>::to_sql(self.as_str(), out)
                }
            }

            impl FromSql<Text, Pg> for $name {
                fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                    Ok(<String as FromSql<Text, Pg>>::from_sql(value)?.parse()?)
                }
            }

            impl FromSql<Text, Sqlite> for $name {
                fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                    Ok(<String as FromSql<Text, Sqlite>>::from_sql(value)?.parse()?)
                }
            }
        };
    };
}

/// A text that is none of an enum's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", known.join(", "))]
pub struct UnknownWord {
    /// The text.
    pub word: String,
    /// The words there are.
    pub known: &'static [&'static str],
}
