SELECT pg_is_in_recovery() AS read_only
