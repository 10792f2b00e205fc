//! ISRCs of tracks: what sources of metrics know them by.

use std::collections::HashMap;

use db::{Db, DbError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::track_isrcs;
use crate::{ArtistId, TrackId};

/// Says which ISRC a track of the artist's has, in the place of the one before. Call it in a
/// transaction. False: another track has it.
pub async fn put(
    db: &mut Db,
    artist: ArtistId,
    track: TrackId,
    isrc: &str,
) -> Result<bool, DbError> {
    db::on!(db, conn => diesel::delete(track_isrcs::table)
        .filter(track_isrcs::artist_id.eq(artist))
        .filter(track_isrcs::track_id.eq(track))
        .execute(conn)
        .await)?;
    let put = db::on!(db, conn => diesel::insert_into(track_isrcs::table)
        .values((
            track_isrcs::artist_id.eq(artist),
            track_isrcs::track_id.eq(track),
            track_isrcs::isrc.eq(isrc),
        ))
        .on_conflict((track_isrcs::artist_id, track_isrcs::isrc))
        .do_nothing()
        .execute(conn)
        .await)?;
    Ok(put > 0)
}

/// The ISRCs of all of an artist's tracks.
pub async fn all(db: &mut Db, artist: ArtistId) -> Result<HashMap<TrackId, String>, DbError> {
    let rows: Vec<(TrackId, String)> = db::on!(db, conn => track_isrcs::table
        .filter(track_isrcs::artist_id.eq(artist))
        .select((track_isrcs::track_id, track_isrcs::isrc))
        .load(conn)
        .await)?;
    Ok(rows.into_iter().collect())
}
