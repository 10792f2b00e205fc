//! Whether another connection wrote to the SQLite file.

use db::{Db, DbError};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// A number that changes, on one kept connection, whenever any other connection of any process
/// commits. It reads shared memory, not the file.
pub(crate) async fn data_version(db: &mut Db) -> Result<i64, DbError> {
    let Db::Sqlite(conn) = db else {
        return Ok(0);
    };
    let version: DataVersion = diesel::sql_query("PRAGMA data_version")
        .get_result(conn)
        .await?;
    Ok(version.data_version)
}
