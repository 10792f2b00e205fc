//! A database address: which store it names, checked before anything is opened.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;

use tokio_postgres::config::SslMode;

use crate::{DbError, Kind};

/// A parsed database URL. It never shows a password: its `Debug` says only the kind.
#[derive(Clone)]
pub(crate) enum Address {
    /// A PostgreSQL server.
    Postgres(Box<tokio_postgres::Config>),
    /// A file on this machine.
    Sqlite(PathBuf),
}

impl Address {
    /// Reads `postgres://…`, `postgresql://…` or `sqlite:PATH`.
    pub(crate) fn parse(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url);
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(DbError::Address {
                message: "it must begin with postgres:// or sqlite:".into(),
            });
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains(":memory:") {
            return Err(DbError::Address {
                message: "sqlite: needs the path of a file; an in-memory database cannot be shared by a pool".into(),
            });
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    fn postgres(url: &str) -> Result<Self, DbError> {
        // tokio-postgres' parse errors name the key at fault and never the password's value.
        let config = tokio_postgres::Config::from_str(url).map_err(|error| DbError::Address {
            message: error.to_string(),
        })?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(DbError::Unsupported {
                message: "sslmode=require: connections to PostgreSQL are not encrypted by this \
                          program; use a local socket, a private network or a TLS proxy such as \
                          stunnel or pgbouncer"
                    .into(),
            });
        }
        Ok(Self::Postgres(Box::new(config)))
    }

    /// Which store the address names.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Postgres(_) => Kind::Postgres,
            Self::Sqlite(_) => Kind::Sqlite,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_its_password() {
        let address = Address::parse("postgres://u:hunter2@localhost/x").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
        let error = Address::parse("postgres://u:hunter2@localhost:notaport/x").unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }

    #[test]
    fn encryption_that_is_required_but_absent_is_refused() {
        let error = Address::parse("postgres://localhost/x?sslmode=require").unwrap_err();
        assert_eq!(error.code(), "database_unsupported");
    }

    #[test]
    fn unknown_schemes_and_memory_databases_are_refused() {
        for url in ["mysql://x", "sqlite:", "sqlite::memory:", ""] {
            assert_eq!(
                Address::parse(url).unwrap_err().code(),
                "database_address",
                "{url}"
            );
        }
    }
}
