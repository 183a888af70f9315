-- Whether this server takes no writes (any more): a standby, or one that was demoted. Called by the listener.
SELECT current_setting('transaction_read_only')::boolean AS read_only
