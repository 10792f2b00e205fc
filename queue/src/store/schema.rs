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
        lane -> DbUuid,
        limit_key -> Nullable<Text>,
        flow_id -> Nullable<DbUuid>,
        done_by -> Nullable<DbUuid>,
        trace_id -> Nullable<DbUuid>,
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

diesel::table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use db::types::DbTime;

    queue_limits (name) {
        name -> Text,
        max_running -> Nullable<Integer>,
        rate_count -> Nullable<Integer>,
        rate_seconds -> Nullable<Integer>,
        burst -> Nullable<Integer>,
        changed_by -> Text,
        changed_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::types::DbTime;

    queue_gates (key) {
        key -> Text,
        full_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use db::types::{DbTime, DbUuid};

    queue_unique_windows (unique_key) {
        unique_key -> Text,
        job_id -> DbUuid,
        until -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
    use db::types::{DbJson, DbTime, DbUuid};

    queue_schedules (id) {
        id -> DbUuid,
        tenant_id -> Nullable<DbUuid>,
        name -> Text,
        cron -> Text,
        zone -> Text,
        catch_up -> Text,
        queue -> Text,
        kind -> Text,
        priority -> SmallInt,
        payload -> DbJson,
        max_attempts -> Integer,
        timeout_seconds -> Integer,
        backoff_base_ms -> Integer,
        backoff_cap_ms -> Integer,
        paused_at -> Nullable<DbTime>,
        next_at -> Nullable<DbTime>,
        last_at -> Nullable<DbTime>,
        missed -> BigInt,
        created_at -> DbTime,
        updated_at -> DbTime,
    }
}

diesel::table! {
    use db::types::{DbTime, DbUuid};

    queue_ticks (schedule_id, tick_at) {
        schedule_id -> DbUuid,
        tick_at -> DbTime,
        job_id -> DbUuid,
        made_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use db::types::{DbJson, DbTime, DbUuid};

    queue_effects (job_id, key) {
        job_id -> DbUuid,
        key -> Text,
        state -> Text,
        fence -> BigInt,
        token -> Text,
        calls -> Integer,
        outcome -> Nullable<DbJson>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        intended_at -> DbTime,
        ended_at -> Nullable<DbTime>,
        resolved_by -> Nullable<Text>,
        resolved_note -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(queue_jobs, queue_workers, queue_attempts);
diesel::table! {
    use diesel::sql_types::{Bool, Text};
    use db::types::DbUuid;

    queue_edges (job_id, needs_id) {
        job_id -> DbUuid,
        needs_id -> DbUuid,
        on_failure -> Text,
        fired -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(queue_edges, queue_jobs);
diesel::allow_tables_to_appear_in_same_query!(queue_effects, queue_jobs);
diesel::allow_tables_to_appear_in_same_query!(queue_incarnations, queue_workers);
diesel::joinable!(queue_effects -> queue_jobs (job_id));

diesel::table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use db::types::DbTime;

    queue_controls (queue) {
        queue -> Text,
        paused_at -> Nullable<DbTime>,
        max_running -> Nullable<Integer>,
        changed_by -> Text,
        changed_at -> DbTime,
        paused_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use db::types::{DbJson, DbTime, DbUuid};

    queue_acts (id) {
        id -> DbUuid,
        at -> DbTime,
        actor -> Text,
        tenant_id -> Nullable<DbUuid>,
        act -> Text,
        target_kind -> Text,
        target -> Text,
        details -> DbJson,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Text};
    use db::types::{DbTime, DbUuid};

    queue_log (job_id, fence, seq) {
        job_id -> DbUuid,
        fence -> BigInt,
        seq -> Integer,
        at -> DbTime,
        level -> Text,
        message -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use db::types::{DbTime, DbUuid};

    queue_incarnations (id) {
        id -> DbUuid,
        name -> Text,
        host -> Text,
        pid -> BigInt,
        started_at -> DbTime,
    }
}
