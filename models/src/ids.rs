//! Ids, one type a table, so that a track's can't be passed for a master's.

db::id! {
    /// Names an artist: the owner of every tenant row.
    pub ArtistId
}
db::id! {
    /// Names an API token.
    pub TokenId
}
db::id! {
    /// Names an operator.
    pub OperatorId
}
db::id! {
    /// Names a track.
    pub TrackId
}
db::id! {
    /// Names a master.
    pub MasterId
}
db::id! {
    /// Names an analysis.
    pub AnalysisId
}
db::id! {
    /// Names an album.
    pub AlbumId
}
db::id! {
    /// Names a dataset.
    pub DatasetId
}
db::id! {
    /// Names a training of a model.
    pub TrainingId
}
db::id! {
    /// Names a move of a model's alias.
    pub MoveId
}
db::id! {
    /// Names the upkeep of a model.
    pub UpkeepId
}
db::id! {
    /// Names a check of a model.
    pub CheckId
}
db::id! {
    /// Names the queue's schedule behind a row, as [`JobId`] does its job.
    pub ScheduleId
}
db::id! {
    /// Names an import of metrics.
    pub ImportId
}
db::id! {
    /// Names the row that a file belongs to, of whichever table.
    pub OwnerId
}
db::id! {
    /// Names the queue's job behind a row. The queue has a type of its own for it; rows keep the
    /// bare name, so that the domain doesn't depend on the engine.
    pub JobId
}
