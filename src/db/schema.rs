//! The tables as diesel knows them, for both databases. Kept by hand; `tests/it/schema.rs` compares it with what the
//! migrations make on SQLite and on PostgreSQL.

#![allow(clippy::wildcard_imports)] // as diesel's own schema files have it

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    business_accounts (id) {
        id -> UuidSql,
        name -> Text,
        parent_id -> Nullable<UuidSql>,
        time_zone -> Text,
        is_demo -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    team_members (id) {
        id -> UuidSql,
        email -> Text,
        first_name -> Text,
        last_name -> Text,
        password_hash -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        hidden_columns -> BigInt,
        time_zone -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    memberships (business_account_id, team_member_id) {
        business_account_id -> UuidSql,
        team_member_id -> UuidSql,
        role -> Text,
        state -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        work_limit -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    absences (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        member_id -> UuidSql,
        from_day -> Text,
        until_day -> Text,
        substitute_id -> Nullable<UuidSql>,
        note -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    work_calendars (business_account_id) {
        business_account_id -> UuidSql,
        weekdays -> BigInt,
        keeps_banking_holidays -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    work_holidays (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        name -> Text,
        day -> Text,
        is_yearly -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    due_reckonings (business_account_id) {
        business_account_id -> UuidSql,
        why -> Text,
        after_created -> BigInt,
        after_id -> UuidSql,
        looked -> BigInt,
        moved -> BigInt,
        asked_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    teams (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        name -> Text,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    team_places (team_id, member_id) {
        team_id -> UuidSql,
        member_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    exception_links (exception_id, other_id) {
        exception_id -> UuidSql,
        other_id -> UuidSql,
        business_account_id -> UuidSql,
        kind -> Text,
        made_by_name -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    routing_turns (team_id) {
        team_id -> UuidSql,
        member_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    sessions (token_hash) {
        token_hash -> Binary,
        id -> UuidSql,
        team_member_id -> UuidSql,
        business_account_id -> UuidSql,
        user_agent -> Text,
        address -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    one_time_links (token_hash) {
        token_hash -> Binary,
        id -> UuidSql,
        kind -> Text,
        business_account_id -> Nullable<UuidSql>,
        team_member_id -> Nullable<UuidSql>,
        email -> Nullable<Text>,
        role -> Nullable<Text>,
        created_by -> Nullable<UuidSql>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    login_guards (subject) {
        subject -> Text,
        failures -> BigInt,
        first_failure_at -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    kept_forms (id) {
        id -> UuidSql,
        team_member_id -> UuidSql,
        path -> Text,
        sealed -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    service_accounts (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        name -> Text,
        role -> Text,
        state -> Text,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    api_keys (key_id) {
        key_id -> Text,
        service_account_id -> UuidSql,
        secret_hash -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    access_tokens (token_hash) {
        token_hash -> Binary,
        service_account_id -> UuidSql,
        key_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    idempotency_records (principal_id, method, path, idempotency_key) {
        principal_id -> UuidSql,
        method -> Text,
        path -> Text,
        idempotency_key -> Text,
        fingerprint -> Binary,
        status -> BigInt,
        location -> Nullable<Text>,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    payment_reasons (business_account_id, slug) {
        business_account_id -> UuidSql,
        slug -> Text,
        label -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    financial_accounts (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        name -> Text,
        holder_name -> Text,
        category -> Text,
        kind -> Text,
        subtype -> Text,
        routing_number -> Text,
        number_sealed -> Binary,
        number_tail -> Text,
        number_lookup -> Binary,
        state -> Text,
        verification -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        holder_kind -> Nullable<Text>,
        holder_id -> Nullable<UuidSql>,
        parent_id -> Nullable<UuidSql>,
        bank_name -> Nullable<Text>,
        verification_method -> Nullable<Text>,
        created_by_kind -> Nullable<Text>,
        created_by_id -> Nullable<UuidSql>,
        updated_by_kind -> Nullable<Text>,
        updated_by_id -> Nullable<UuidSql>,
        billing_address -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    account_words (business_account_id, word, account_id) {
        business_account_id -> UuidSql,
        word -> Text,
        account_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    account_words_pending (n) {
        n -> BigInt,
        account_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    transactions (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        parent_id -> Nullable<UuidSql>,
        relation -> Nullable<Text>,
        debit_account_id -> UuidSql,
        credit_account_id -> UuidSql,
        kind -> Text,
        solution -> Text,
        amount -> BigInt,
        currency -> Text,
        payment_reason -> Text,
        settlement_priority -> Text,
        status -> Text,
        status_message -> Text,
        status_at -> BigInt,
        trace_number -> Nullable<Text>,
        receiving_bank -> Nullable<Text>,
        company_name -> Nullable<Text>,
        company_id -> Nullable<Text>,
        sec_code -> Nullable<Text>,
        entry_description -> Nullable<Text>,
        effective_date -> Nullable<Text>,
        settlement_date -> Nullable<Text>,
        description -> Text,
        memo -> Text,
        metadata -> Text,
        reversal_reason -> Text,
        created_by_kind -> Text,
        created_by_id -> Nullable<UuidSql>,
        created_by_name -> Text,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    transaction_status_entries (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        transaction_id -> UuidSql,
        event_type -> Text,
        status -> Text,
        message -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<UuidSql>,
        actor_name -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    imports (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        file_name -> Text,
        sha256 -> Binary,
        size -> BigInt,
        state -> Text,
        summary -> Text,
        entries -> BigInt,
        entries_done -> BigInt,
        exceptions_raised -> BigInt,
        transactions_made -> BigInt,
        duplicates -> BigInt,
        problems -> BigInt,
        lease_until -> Nullable<BigInt>,
        created_by_kind -> Text,
        created_by_id -> Nullable<UuidSql>,
        created_by_name -> Text,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    import_chunks (import_id, position) {
        import_id -> UuidSql,
        position -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    import_lines (import_id, position) {
        import_id -> UuidSql,
        position -> BigInt,
        line -> BigInt,
        column_number -> BigInt,
        outcome -> Text,
        sentence -> Text,
        exception_id -> Nullable<UuidSql>,
        transaction_id -> Nullable<UuidSql>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    imported_entries (business_account_id, fingerprint) {
        business_account_id -> UuidSql,
        fingerprint -> Binary,
        import_id -> UuidSql,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    exceptions (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        category -> Text,
        kind -> Text,
        status -> Text,
        is_open -> Bool,
        was_reopened -> Bool,
        severity -> BigInt,
        severity_rule -> Text,
        severity_fixed -> Bool,
        description -> Text,
        entity_id -> UuidSql,
        entity_type -> Text,
        transaction_id -> Nullable<UuidSql>,
        amount -> BigInt,
        currency -> Nullable<Text>,
        reason -> Nullable<Text>,
        code -> Nullable<Text>,
        party -> Text,
        account_tail -> Text,
        due_at -> BigInt,
        due_rule -> Text,
        assignee_id -> Nullable<UuidSql>,
        source -> Text,
        resolution_id -> Nullable<UuidSql>,
        created_by_kind -> Text,
        created_by_id -> Nullable<UuidSql>,
        created_at -> BigInt,
        updated_by_kind -> Text,
        updated_by_id -> Nullable<UuidSql>,
        updated_at -> BigInt,
        version -> BigInt,
        snoozed_until -> Nullable<BigInt>,
        snooze_reason -> Nullable<Text>,
        held_at -> Nullable<BigInt>,
        external_system -> Nullable<Text>,
        external_issue_id -> Nullable<Text>,
        external_url -> Nullable<Text>,
        external_updated_at -> Nullable<BigInt>,
        sla_from -> BigInt,
        sla_severity -> BigInt,
        waiting_since -> Nullable<BigInt>,
        waiting_for -> Nullable<Text>,
        waiting_reason -> Nullable<Text>,
        waiting_until -> Nullable<BigInt>,
        waiting_told -> Nullable<UuidSql>,
        sla_paused -> BigInt,
        waited -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    exception_sources (exception_id) {
        exception_id -> UuidSql,
        business_account_id -> UuidSql,
        import_id -> Nullable<UuidSql>,
        import_line -> Nullable<BigInt>,
        entry_sealed -> Nullable<Binary>,
        corrected_data -> Nullable<Text>,
        addenda_info -> Nullable<Text>,
        sec_code -> Nullable<Text>,
        original_trace -> Nullable<Text>,
        original_settlement -> Nullable<Text>,
        notice_settlement -> Nullable<Text>,
        notice_date_source -> Nullable<Text>,
        is_debit -> Nullable<Bool>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    resolutions (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        kind -> Text,
        reason -> Text,
        notes -> Text,
        effect -> Text,
        resolved_by_kind -> Text,
        resolved_by_id -> Nullable<UuidSql>,
        resolved_by_name -> Text,
        resolved_at -> BigInt,
        transaction_id -> Nullable<UuidSql>,
        financial_account_id -> Nullable<UuidSql>,
        changes -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    reviews (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        resolution_id -> UuidSql,
        exception_id -> UuidSql,
        state -> Text,
        why -> Text,
        reviewer_id -> Nullable<UuidSql>,
        reason -> Nullable<Text>,
        created_at -> BigInt,
        decided_at -> Nullable<BigInt>,
        version -> BigInt,
        is_blind -> Bool,
        answer -> Nullable<Text>,
        answer_reason -> Nullable<Text>,
        answered_by_id -> Nullable<UuidSql>,
        answered_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    matches (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        resolution_id -> UuidSql,
        transaction_id -> UuidSql,
        counterpart_id -> Nullable<UuidSql>,
        override_reason -> Text,
        difference -> BigInt,
        undone_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    adjustments (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        resolution_id -> UuidSql,
        transaction_id -> UuidSql,
        reason -> Text,
        amount -> BigInt,
        currency -> Text,
        direction -> Text,
        effective_date -> Text,
        undone_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    comments (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        text -> Text,
        author_kind -> Text,
        author_id -> Nullable<UuidSql>,
        author_name -> Text,
        created_at -> BigInt,
        edited_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    notes (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        entity_id -> UuidSql,
        entity_type -> Text,
        title -> Text,
        text -> Text,
        created_by_kind -> Text,
        created_by_id -> Nullable<UuidSql>,
        created_by_name -> Text,
        created_at -> BigInt,
        updated_by_kind -> Text,
        updated_by_id -> Nullable<UuidSql>,
        updated_at -> BigInt,
        version -> BigInt,
        updated_by_name -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    history_events (business_account_id, seq) {
        business_account_id -> UuidSql,
        seq -> BigInt,
        entity_type -> Text,
        entity_id -> UuidSql,
        kind -> Text,
        previous -> Text,
        new -> Text,
        description -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<UuidSql>,
        actor_name -> Text,
        created_at -> BigInt,
        request_id -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    history_heads (business_account_id) {
        business_account_id -> UuidSql,
        seq -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    report_quarters (business_account_id, starts_at) {
        business_account_id -> UuidSql,
        starts_at -> BigInt,
        arrived -> BigInt,
        resolved -> BigInt,
        in_time -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    report_codes (business_account_id, day, kind, code) {
        business_account_id -> UuidSql,
        day -> BigInt,
        kind -> Text,
        code -> Text,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    report_holders (business_account_id, day, member) {
        business_account_id -> UuidSql,
        day -> BigInt,
        member -> UuidSql,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    report_minutes (business_account_id, day, minutes) {
        business_account_id -> UuidSql,
        day -> BigInt,
        minutes -> BigInt,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    exception_counts (business_account_id, tab, member) {
        business_account_id -> UuidSql,
        tab -> Text,
        member -> UuidSql,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    bulk_actions (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        act -> Text,
        input -> Nullable<Text>,
        state -> Text,
        origin -> Text,
        items -> BigInt,
        planned -> BigInt,
        done -> BigInt,
        waiting -> BigInt,
        skipped -> BigInt,
        failed -> BigInt,
        lease_until -> Nullable<BigInt>,
        retry_of -> Nullable<UuidSql>,
        created_by_id -> UuidSql,
        created_by_name -> Text,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    bulk_items (bulk_id, position) {
        bulk_id -> UuidSql,
        position -> BigInt,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        review_id -> Nullable<UuidSql>,
        seen_version -> BigInt,
        outcome -> Text,
        sentence -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    saved_queues (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        owner_id -> UuidSql,
        name -> Text,
        query -> Text,
        is_shared -> Bool,
        position -> BigInt,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    approvals (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        kind -> Text,
        state -> Text,
        entity_type -> Text,
        entity_id -> UuidSql,
        concerns_id -> Nullable<UuidSql>,
        guards -> Text,
        request -> Text,
        number_sealed -> Nullable<Binary>,
        fingerprint -> Binary,
        title -> Text,
        why -> Text,
        effects -> Text,
        changes -> Text,
        requested_by_kind -> Text,
        requested_by_id -> Nullable<UuidSql>,
        requested_by_name -> Text,
        requested_at -> BigInt,
        decided_by_id -> Nullable<UuidSql>,
        decided_by_name -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        outcome -> Nullable<Text>,
        result_id -> Nullable<UuidSql>,
        version -> BigInt,
        people -> BigInt,
        consents -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    role_queues (business_account_id, role) {
        business_account_id -> UuidSql,
        role -> Text,
        queue_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    search_pending (n) {
        n -> BigInt,
        exception_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    search_documents (document) {
        document -> BigInt,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    search_vocabulary (word) {
        word -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    notifications (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        member_id -> UuidSql,
        kind -> Text,
        exception_id -> Nullable<UuidSql>,
        n -> BigInt,
        text -> Text,
        created_at -> BigInt,
        read_at -> Nullable<BigInt>,
        approval_id -> Nullable<UuidSql>,
        mail_id -> Nullable<UuidSql>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    mails (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        member_id -> UuidSql,
        kind -> Text,
        state -> Text,
        attempts -> BigInt,
        failing_since -> Nullable<BigInt>,
        next_at -> BigInt,
        lease_until -> Nullable<BigInt>,
        last_outcome -> Text,
        sent_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    mail_choices (business_account_id, member_id) {
        business_account_id -> UuidSql,
        member_id -> UuidSql,
        digest_minute -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    notification_choices (business_account_id, member_id, kind) {
        business_account_id -> UuidSql,
        member_id -> UuidSql,
        kind -> Text,
        is_wanted -> Bool,
        mail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    exception_marks (exception_id, stage, due_at) {
        exception_id -> UuidSql,
        stage -> Text,
        due_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    policies (business_account_id, kind, version) {
        business_account_id -> UuidSql,
        kind -> Text,
        version -> BigInt,
        body -> Text,
        changed_by_kind -> Text,
        changed_by_id -> Nullable<UuidSql>,
        changed_by_name -> Text,
        changed_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    disputes (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        category -> Text,
        state -> Text,
        description -> Text,
        resolution -> Nullable<Text>,
        reopen_reason -> Nullable<Text>,
        opened_by_kind -> Text,
        opened_by_id -> Nullable<UuidSql>,
        opened_by_name -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    evidence (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        dispute_id -> UuidSql,
        comment -> Text,
        file_url -> Nullable<Text>,
        file_name -> Nullable<Text>,
        file_type -> Nullable<Text>,
        file_size -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        submitted_by_kind -> Text,
        submitted_by_id -> Nullable<UuidSql>,
        submitted_by_name -> Text,
        submitted_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    evidence_pieces (evidence_id, position) {
        evidence_id -> UuidSql,
        position -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    vault_keys (name) {
        name -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    webhook_subscriptions (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        url -> Text,
        description -> Text,
        events -> Text,
        state -> Text,
        suspended_because -> Text,
        secret -> Binary,
        previous_secret -> Nullable<Binary>,
        previous_until -> Nullable<BigInt>,
        since_seq -> BigInt,
        lease_until -> Nullable<BigInt>,
        failures -> BigInt,
        rests_until -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    webhook_cursors (business_account_id) {
        business_account_id -> UuidSql,
        seq -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    webhook_deliveries (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        subscription_id -> UuidSql,
        message_id -> UuidSql,
        kind -> Text,
        subject_id -> UuidSql,
        place -> BigInt,
        body -> Text,
        state -> Text,
        attempts -> BigInt,
        failing_since -> Nullable<BigInt>,
        next_at -> BigInt,
        last_outcome -> Text,
        delivered_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    webhook_attempts (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        delivery_id -> UuidSql,
        at -> BigInt,
        status -> Nullable<BigInt>,
        outcome -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    connectors (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        target -> Text,
        url -> Text,
        account -> Text,
        credential -> Nullable<Binary>,
        project -> Text,
        issue_type -> Text,
        secret -> Binary,
        previous_secret -> Nullable<Binary>,
        previous_until -> Nullable<BigInt>,
        is_enabled -> Bool,
        tested_at -> Nullable<BigInt>,
        test_passed -> Bool,
        test_outcome -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    dispatches (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        exception_id -> UuidSql,
        target -> Text,
        queue -> Text,
        state -> Text,
        former_status -> Text,
        body -> Text,
        attempts -> BigInt,
        next_at -> BigInt,
        lease_until -> Nullable<BigInt>,
        last_outcome -> Text,
        external_issue_id -> Text,
        external_url -> Text,
        dispatched_by_kind -> Text,
        dispatched_by_id -> Nullable<UuidSql>,
        dispatched_by_name -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::UuidSql;

    dispatch_attempts (id) {
        id -> UuidSql,
        business_account_id -> UuidSql,
        dispatch_id -> UuidSql,
        at -> BigInt,
        status -> Nullable<BigInt>,
        outcome -> Text,
        leads_to -> Text,
    }
}

diesel::joinable!(memberships -> team_members (team_member_id));
diesel::joinable!(memberships -> business_accounts (business_account_id));
diesel::joinable!(sessions -> team_members (team_member_id));
diesel::joinable!(exceptions -> team_members (assignee_id));
diesel::joinable!(exception_sources -> exceptions (exception_id));
diesel::joinable!(bulk_items -> exceptions (exception_id));
diesel::joinable!(reviews -> resolutions (resolution_id));
diesel::joinable!(reviews -> exceptions (exception_id));
diesel::joinable!(api_keys -> service_accounts (service_account_id));
diesel::joinable!(access_tokens -> service_accounts (service_account_id));
diesel::joinable!(access_tokens -> api_keys (key_id));

diesel::allow_tables_to_appear_in_same_query!(
    business_accounts,
    team_members,
    memberships,
    absences,
    work_calendars,
    work_holidays,
    due_reckonings,
    teams,
    team_places,
    exception_links,
    routing_turns,
    sessions,
    one_time_links,
    login_guards,
    kept_forms,
    service_accounts,
    api_keys,
    access_tokens,
    idempotency_records,
    payment_reasons,
    financial_accounts,
    account_words,
    account_words_pending,
    transactions,
    transaction_status_entries,
    imports,
    import_chunks,
    import_lines,
    imported_entries,
    exceptions,
    exception_sources,
    resolutions,
    reviews,
    matches,
    adjustments,
    comments,
    notes,
    history_events,
    history_heads,
    exception_counts,
    report_quarters,
    report_codes,
    report_holders,
    report_minutes,
    bulk_actions,
    bulk_items,
    saved_queues,
    role_queues,
    approvals,
    search_pending,
    search_documents,
    search_vocabulary,
    notifications,
    notification_choices,
    mails,
    mail_choices,
    exception_marks,
    policies,
    disputes,
    evidence,
    evidence_pieces,
    vault_keys,
    webhook_subscriptions,
    webhook_cursors,
    webhook_deliveries,
    webhook_attempts,
    connectors,
    dispatches,
    dispatch_attempts,
);
