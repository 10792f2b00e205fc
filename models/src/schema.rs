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
    use diesel::sql_types::{Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    masters (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        purpose -> Text,
        track_id -> DbUuid,
        job_id -> DbUuid,
        settings -> DbJson,
        report -> Nullable<DbJson>,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::Integer;
    use db::DbUuid;

    master_references (master_id, position) {
        artist_id -> DbUuid,
        master_id -> DbUuid,
        position -> Integer,
        track_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::Nullable;
    use db::{DbJson, DbTime, DbUuid};

    analyses (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        track_id -> DbUuid,
        job_id -> DbUuid,
        report -> Nullable<DbJson>,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    albums (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        title -> Nullable<Text>,
        job_id -> DbUuid,
        settings -> DbJson,
        report -> Nullable<DbJson>,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Integer, Text};
    use db::DbUuid;

    album_tracks (album_id, role, position) {
        artist_id -> DbUuid,
        album_id -> DbUuid,
        role -> Text,
        position -> Integer,
        track_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Text};
    use db::DbUuid;

    artifacts (artist_id, owner_kind, owner_id, position) {
        artist_id -> DbUuid,
        owner_kind -> Text,
        owner_id -> DbUuid,
        position -> Integer,
        name -> Text,
        format -> Text,
        media_type -> Text,
        size_bytes -> BigInt,
        sha256 -> Text,
        object_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use db::DbUuid;

    analytics_refreshes (artist_id) {
        artist_id -> DbUuid,
        begun -> BigInt,
        kept -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::{DbJson, DbTime, DbUuid};

    analytics_results (artist_id, kind, subject) {
        artist_id -> DbUuid,
        kind -> Text,
        subject -> Text,
        result -> DbJson,
        computed_at -> DbTime,
        job_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    metric_imports (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        job_id -> DbUuid,
        filename -> Text,
        object_key -> Text,
        format -> Text,
        size_bytes -> BigInt,
        sha256 -> Text,
        report -> DbJson,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Date, Double, Nullable, Text};
    use db::{DbTime, DbUuid};

    metrics_daily (artist_id, metric, source, track, day) {
        artist_id -> DbUuid,
        metric -> Text,
        source -> Text,
        track -> Text,
        day -> Date,
        value -> Double,
        imported_by -> Nullable<DbUuid>,
        updated_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use db::{DbTime, DbUuid};

    datasets (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        name -> Text,
        target -> Text,
        row_count -> BigInt,
        column_count -> Integer,
        covers_from -> Nullable<Text>,
        covers_to -> Nullable<Text>,
        size_bytes -> BigInt,
        sha256 -> Text,
        object_key -> Text,
        created_at -> DbTime,
        removed_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    model_versions (artist_id, model, version) {
        artist_id -> DbUuid,
        model -> Text,
        version -> Text,
        parent -> Nullable<Text>,
        task -> Text,
        metadata -> DbJson,
        size_bytes -> BigInt,
        object_key -> Text,
        job_id -> DbUuid,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::{DbTime, DbUuid};

    model_aliases (artist_id, model, alias) {
        artist_id -> DbUuid,
        model -> Text,
        alias -> Text,
        version -> Text,
        moved_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    model_moves (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        model -> Text,
        alias -> Text,
        act -> Text,
        from_version -> Nullable<Text>,
        to_version -> Text,
        actor -> Text,
        why -> Text,
        evidence -> Nullable<DbJson>,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use db::{DbTime, DbUuid};

    model_trainings (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        model -> Text,
        dataset_id -> Nullable<DbUuid>,
        job_id -> DbUuid,
        seed -> BigInt,
        version -> Nullable<Text>,
        created_at -> DbTime,
        completed_at -> Nullable<DbTime>,
        task -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::{DbJson, DbTime, DbUuid};

    model_upkeep (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        model -> Text,
        policy -> DbJson,
        schedule_id -> DbUuid,
        created_at -> DbTime,
        updated_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Bool, Double, Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    model_observations (artist_id, model, key) {
        artist_id -> DbUuid,
        model -> Text,
        key -> Text,
        cells -> DbJson,
        version -> Text,
        probability -> Double,
        place -> Double,
        observed_at -> DbTime,
        outcome -> Nullable<Bool>,
        outcome_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Double, Text};
    use db::{DbTime, DbUuid};

    model_shadows (artist_id, model, key, version) {
        artist_id -> DbUuid,
        model -> Text,
        key -> Text,
        version -> Text,
        probability -> Double,
        judged_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Double, Nullable, Text};
    use db::{DbTime, DbUuid};

    model_retrainings (training_id) {
        training_id -> DbUuid,
        artist_id -> DbUuid,
        model -> Text,
        job_id -> DbUuid,
        base_dataset_id -> Nullable<DbUuid>,
        held_back -> Nullable<Double>,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use db::{DbJson, DbTime, DbUuid};

    model_checks (id) {
        id -> DbUuid,
        artist_id -> DbUuid,
        model -> Text,
        job_id -> DbUuid,
        kind -> Text,
        decision -> Text,
        because -> Text,
        champion -> Text,
        other -> Nullable<Text>,
        compared -> BigInt,
        evidence -> DbJson,
        next_job_id -> Nullable<DbUuid>,
        created_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::DbUuid;

    track_isrcs (artist_id, track_id) {
        artist_id -> DbUuid,
        track_id -> DbUuid,
        isrc -> Text,
    }
}

diesel::joinable!(masters -> tracks (track_id));
diesel::joinable!(analyses -> tracks (track_id));
diesel::joinable!(album_tracks -> tracks (track_id));
diesel::allow_tables_to_appear_in_same_query!(masters, tracks);
diesel::allow_tables_to_appear_in_same_query!(analyses, tracks);
diesel::allow_tables_to_appear_in_same_query!(album_tracks, tracks);
diesel::allow_tables_to_appear_in_same_query!(model_aliases, model_versions);
diesel::allow_tables_to_appear_in_same_query!(analytics_refreshes, analytics_results);
