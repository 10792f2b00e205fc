//! The tables as diesel sees them; `migrations/` has them as the databases do.

diesel::table! {
    use diesel::sql_types::Text;
    use db::{DbTime, DbUuid};

    artists (id) {
        id -> DbUuid,
        name -> Text,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use db::{DbTime, DbUuid};

    api_tokens (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        name -> Text,
        token_sha256 -> Text,
        created_at -> DbTime,
        revoked_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use db::{DbTime, DbUuid};

    operators (id) {
        id -> DbUuid,
        name -> Text,
        token_sha256 -> Text,
        created_at -> DbTime,
        revoked_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::{DbJson, DbTime, DbUuid};

    idempotency_keys (artist_id, key) {
        artist_id -> DbUuid,
        key -> Text,
        request_sha256 -> Text,
        response -> DbJson,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text};
    use db::{DbTime, DbUuid};

    tracks (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        filename -> Text,
        format -> Text,
        media_type -> Text,
        extension -> Text,
        sample_rate_hz -> Integer,
        channels -> Integer,
        bits -> Nullable<Integer>,
        duration_seconds -> Nullable<Double>,
        size_bytes -> BigInt,
        sha256 -> Text,
        object_key -> Text,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    masters (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        track_id -> DbUuid,
        reference_track_id -> Nullable<DbUuid>,
        job_id -> DbUuid,
        target_name -> Text,
        integrated_lufs -> Double,
        ceiling_dbtp -> Double,
        format -> Text,
        bits -> Text,
        object_key -> Nullable<Text>,
        media_type -> Nullable<Text>,
        size_bytes -> Nullable<BigInt>,
        sha256 -> Nullable<Text>,
        report -> Nullable<DbJson>,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
    }
}

diesel::joinable!(masters -> tracks (track_id));
diesel::allow_tables_to_appear_in_same_query!(masters, tracks);
