-- $1 milliseconds, as text; for this transaction
SELECT set_config('lock_timeout', $1, true)
