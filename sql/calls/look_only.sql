-- For a session that only looks: it changes nothing, and a statement that takes long is given up. $1 milliseconds, as text
SELECT set_config('default_transaction_read_only', 'on', false), set_config('statement_timeout', $1, false)
