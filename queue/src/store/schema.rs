//! The engine's tables, as diesel sees them. Columns are in the order of the migration.

diesel::table! {
    use diesel::sql_types::{BigInt, Float, Integer, Nullable, SmallInt, Text};
    use db::types::{DbJson, DbTime, DbUuid};

    queue_jobs (id) {
        id -> DbUuid,
        tenant_id -> Nullable<DbUuid>,
        queue -> Text,
        kind -> Text,
        state -> Text,
        priority -> SmallInt,
        payload -> DbJson,
        attempt -> Integer,
        max_attempts -> Integer,
        fence -> BigInt,
        worker_id -> Nullable<DbUuid>,
        run_at -> DbTime,
        timeout_seconds -> Integer,
        backoff_base_ms -> Integer,
        backoff_cap_ms -> Integer,
        progress -> Float,
        stage -> Nullable<Text>,
        checkpoint -> Nullable<DbJson>,
        cancel_requested_at -> Nullable<DbTime>,
        cancel_reason -> Nullable<Text>,
        output -> Nullable<DbJson>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        unique_key -> Nullable<Text>,
        created_at -> DbTime,
        started_at -> Nullable<DbTime>,
        finished_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use db::types::{DbJson, DbTime, DbUuid};

    queue_workers (id) {
        id -> DbUuid,
        name -> Text,
        host -> Text,
        pid -> BigInt,
        queues -> DbJson,
        started_at -> DbTime,
        beat_at -> DbTime,
        lease_until -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use db::types::{DbTime, DbUuid};

    queue_attempts (job_id, fence) {
        job_id -> DbUuid,
        fence -> BigInt,
        attempt -> Integer,
        worker_id -> Nullable<DbUuid>,
        ended -> Text,
        code -> Nullable<Text>,
        message -> Nullable<Text>,
        started_at -> Nullable<DbTime>,
        finished_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use db::types::{DbTime, DbUuid};

    queue_leases (name) {
        name -> Text,
        holder -> DbUuid,
        token -> BigInt,
        until -> DbTime,
    }
}

diesel::allow_tables_to_appear_in_same_query!(queue_jobs, queue_workers, queue_attempts);
