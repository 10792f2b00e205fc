//! Operators: the people who run the platform, each with a token of its own. None is an artist.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::OperatorId;
use crate::schema::operators;
use crate::tokens::Token;

/// An operator as it is kept: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct OperatorRow {
    /// Names the operator.
    pub id: OperatorId,
    /// What the record of acts calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Time,
    /// When its token was revoked.
    pub revoked_at: Option<Time>,
}

#[derive(Insertable)]
#[diesel(table_name = operators)]
struct NewOperator<'a> {
    id: OperatorId,
    name: &'a str,
    token_sha256: String,
    created_at: Time,
}

/// Adds an operator. The token is returned here and never again. A name that is in force already is
/// refused by the constraint `operators_name`.
pub async fn create(db: &mut Db, name: &str, now: Time) -> Result<Token, DbError> {
    let token = Token::generate();
    let row = NewOperator {
        id: OperatorId::new(),
        name,
        token_sha256: token.sha256(),
        created_at: now,
    };
    db::on!(db, conn => diesel::insert_into(operators::table).values(&row).execute(conn).await)?;
    Ok(token)
}

/// The name of the operator whose token this is; `None` for an unknown or revoked one.
pub async fn name_of(db: &mut Db, token: &Token) -> Result<Option<String>, DbError> {
    let hash = token.sha256();
    Ok(db::on!(db, conn => operators::table
        .filter(operators::token_sha256.eq(&hash))
        .filter(operators::revoked_at.is_null())
        .select(operators::name)
        .first(conn)
        .await
        .optional())?)
}

/// Every operator, oldest first, revoked ones too.
pub async fn all(db: &mut Db) -> Result<Vec<OperatorRow>, DbError> {
    Ok(db::on!(db, conn => operators::table
        .select((
            operators::id,
            operators::name,
            operators::created_at,
            operators::revoked_at,
        ))
        .order(operators::id)
        .load(conn)
        .await)?)
}

/// Revokes the token of the operator of this name. False: there is none in force.
pub async fn revoke(db: &mut Db, name: &str, now: Time) -> Result<bool, DbError> {
    let revoked = db::on!(db, conn => diesel::update(operators::table)
        .filter(operators::name.eq(name))
        .filter(operators::revoked_at.is_null())
        .set(operators::revoked_at.eq(Some(now)))
        .execute(conn)
        .await)?;
    Ok(revoked > 0)
}
