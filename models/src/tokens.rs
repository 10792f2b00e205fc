//! API tokens: random, shown once, kept as a hash.

use std::fmt;
use std::str::FromStr;

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};

use crate::schema::api_tokens;
use crate::{ArtistId, TokenId};

/// How every token begins, so that people and secret scanners know one when they see it.
const PREFIX: &str = "mb_";
/// 256 random bits as hexadecimal.
const DIGITS: usize = 64;

/// A bearer token in the clear. Only its SHA-256 is ever stored: with 256 random bits behind it,
/// there is nothing to guess, so a slow password hash would add only delay.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A fresh token from the operating system's random source.
    ///
    /// # Panics
    /// When the system has no random source: nothing safe could be done then.
    pub fn generate() -> Self {
        let mut bits = [0; DIGITS / 2];
        #[expect(
            clippy::expect_used,
            reason = "a token without randomness must never exist"
        )]
        getrandom::fill(&mut bits).expect("the operating system's random source");
        Self(format!("{PREFIX}{}", hex::encode(bits)))
    }

    /// The token itself, to be shown once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

/// Never the token itself.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// A text that can't be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is mb_ and 64 hexadecimal digits")]
pub struct NoToken;

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let digits = text.strip_prefix(PREFIX).ok_or(NoToken)?;
        let fine = digits.len() == DIGITS
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fine.then(|| Self(text.to_owned())).ok_or(NoToken)
    }
}

#[derive(Insertable)]
#[diesel(table_name = api_tokens)]
struct NewToken<'a> {
    id: TokenId,
    artist_id: ArtistId,
    name: &'a str,
    token_sha256: String,
    created_at: Time,
}

/// A token as it is kept: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct TokenRow {
    /// Names the token.
    pub id: TokenId,
    /// Whom it speaks for.
    pub artist_id: ArtistId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// Makes a token for an artist. The token is returned here and never again.
pub async fn create(
    db: &mut Db,
    artist: ArtistId,
    name: &str,
    now: Time,
) -> Result<(TokenId, Token), DbError> {
    let token = Token::generate();
    let row = NewToken {
        id: TokenId::new(),
        artist_id: artist,
        name,
        token_sha256: token.sha256(),
        created_at: now,
    };
    db::on!(db, conn => diesel::insert_into(api_tokens::table).values(&row).execute(conn).await)?;
    Ok((row.id, token))
}

/// The artist that a token speaks for; `None` for an unknown or revoked one.
///
/// Looked up by hash: the time it takes tells nothing about a token that is nearly right.
pub async fn artist_of(db: &mut Db, token: &Token) -> Result<Option<ArtistId>, DbError> {
    let hash = token.sha256();
    let artist = db::on!(db, conn => api_tokens::table
        .filter(api_tokens::token_sha256.eq(&hash))
        .filter(api_tokens::revoked_at.is_null())
        .select(api_tokens::artist_id)
        .first(conn)
        .await
        .optional())?;
    Ok(artist)
}

/// An artist's tokens, oldest first, revoked ones too.
pub async fn list(db: &mut Db, artist: ArtistId) -> Result<Vec<TokenRow>, DbError> {
    let rows = db::on!(db, conn => api_tokens::table
        .filter(api_tokens::artist_id.eq(artist))
        .select((
            api_tokens::id,
            api_tokens::artist_id,
            api_tokens::name,
            api_tokens::created_at,
            api_tokens::revoked_at,
        ))
        .order(api_tokens::id)
        .load(conn)
        .await)?;
    Ok(rows)
}

/// Revokes an artist's token. False: the artist has no such token in force.
pub async fn revoke(
    db: &mut Db,
    artist: ArtistId,
    token: TokenId,
    now: Time,
) -> Result<bool, DbError> {
    let revoked = db::on!(db, conn => diesel::update(api_tokens::table)
        .filter(api_tokens::artist_id.eq(artist))
        .filter(api_tokens::id.eq(token))
        .filter(api_tokens::revoked_at.is_null())
        .set(api_tokens::revoked_at.eq(Some(now)))
        .execute(conn)
        .await)?;
    Ok(revoked > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_reads_back_and_no_two_are_alike() {
        let token = Token::generate();
        assert_eq!(token.expose().parse::<Token>().unwrap(), token);
        assert_ne!(Token::generate(), token);
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        assert_eq!(format!("{:?}", Token::generate()), "Token(***)");
    }

    #[test]
    fn a_malformed_token_is_refused_before_any_query() {
        for text in ["", "mb_", "mb_xyz", &"a".repeat(67)] {
            assert_eq!(text.parse::<Token>(), Err(NoToken));
        }
    }
}
