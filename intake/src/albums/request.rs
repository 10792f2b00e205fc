//! What a caller asks of an album.

use models::TrackId;
use uuid::Uuid;

use crate::error::Problem;
use crate::masters::choice::{Bits, Format, Output};
use crate::masters::request::MasterRequest;
use crate::masters::wish::{shared, wish};

/// Most tracks of an album.
const MOST_TRACKS: usize = 50;
/// Longest title, in characters.
const MOST_TITLE: usize = 200;

wish! {
    /// What to make of an album. The loudness asked for is the album's as a whole: its tracks keep
    /// theirs against each other, and what shapes the tone of one shapes that of all.
    pub struct AlbumRequest {
        /// The tracks in their order, none of them twice.
        #[schema(min_items = 1, max_items = 50)]
        pub track_ids: Vec<Uuid>,
        /// What to call it, 1 to 200 characters.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 200)]
        pub title: Option<String>,
        /// The file format; `wav` when absent. Short for one of `outputs`, as `bits` is.
        #[serde(default)]
        pub format: Option<Format>,
        /// Bits a sample; when absent `24`, or `32f` for vorbis, which has no other.
        #[serde(default)]
        pub bits: Option<Bits>,
        /// The files to write of every track, no two the same. The reports are of the first.
        #[serde(default)]
        #[schema(min_items = 1, max_items = 8)]
        pub outputs: Option<Vec<Output>>,
    }
}

impl AlbumRequest {
    /// Tracks of which the same is asked, whatever track that names.
    pub fn of(track_ids: Vec<Uuid>, each: MasterRequest) -> Self {
        shared!(each => AlbumRequest {
            track_ids: track_ids,
            title: None,
            format: each.format,
            bits: each.bits,
            outputs: each.outputs,
        })
    }

    /// The tracks, if they can be an album.
    pub fn tracks(&self) -> Result<Vec<TrackId>, Problem> {
        if !(1..=MOST_TRACKS).contains(&self.track_ids.len()) {
            let rule = format!("track_ids must have 1 to {MOST_TRACKS} items.");
            return Err(Problem::invalid("track_ids", "out_of_range", rule));
        }
        let mut tracks = Vec::with_capacity(self.track_ids.len());
        for (index, id) in self.track_ids.iter().enumerate() {
            let id = TrackId(*id);
            if tracks.contains(&id) {
                return Err(Problem::invalid(
                    track_field(index),
                    "duplicate_track",
                    "This track is on the album already.",
                ));
            }
            tracks.push(id);
        }
        Ok(tracks)
    }

    /// The title, if it can be shown.
    pub fn title(&self) -> Result<Option<String>, Problem> {
        let Some(title) = self.title.as_deref().map(str::trim) else {
            return Ok(None);
        };
        let long = title.chars().count();
        if (1..=MOST_TITLE).contains(&long) && !title.contains(char::is_control) {
            return Ok(Some(title.to_owned()));
        }
        let rule = format!("title must be a line of 1 to {MOST_TITLE} characters.");
        Err(Problem::invalid("title", "out_of_range", rule))
    }
}

/// The field by which a track was asked for.
pub(super) fn track_field(index: usize) -> String {
    format!("track_ids[{index}]")
}

/// What is asked of each of its tracks.
impl From<AlbumRequest> for MasterRequest {
    fn from(asked: AlbumRequest) -> Self {
        shared!(asked => MasterRequest {
            track_id: Uuid::nil(),
            format: asked.format,
            bits: asked.bits,
            outputs: asked.outputs,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(tracks: &Value, title: &Value) -> AlbumRequest {
        let body = json!({ "track_ids": tracks, "title": title, "target": "cd" });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn an_album_has_some_tracks_and_none_of_them_twice() {
        let ids = |count: usize| -> Vec<Uuid> { (0..count).map(|_| Uuid::now_v7()).collect() };
        let of = |ids: Vec<Uuid>| request(&json!(ids), &Value::Null).tracks();
        assert_eq!(of(ids(50)).unwrap().len(), 50);
        for count in [0, 51] {
            let problem = of(ids(count)).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some("track_ids"));
        }
        let mut twice = ids(3);
        twice.push(twice[1]);
        let problem = of(twice).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("track_ids[3]"));
        assert_eq!(problem.code, "duplicate_track");
    }

    #[test]
    fn a_title_is_one_line() {
        let of = |title: &str| request(&json!([]), &json!(title)).title();
        assert_eq!(of(" Songs ").unwrap().as_deref(), Some("Songs"));
        for wrong in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert_eq!(of(wrong).unwrap_err().code, "out_of_range", "{wrong}");
        }
    }
}
