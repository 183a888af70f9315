-- What the worker asks of the database. Each statement follows its name; Swift knows it as SQL.Worker.<name>.

-- name: identity
SELECT i.is_clone, i.is_promoted, i.sequences_set FROM giftbridge.identity() AS i

-- name: tell_accounts
-- $1 worker, $2 shops, $3 fingerprints of their keys, $4 hosts, $5 why there is no key (null: there is)
SELECT giftbridge.tell_accounts($1, $2, $3, $4, $5)

-- name: look
-- $1 worker, $2 maximum number of lanes
SELECT * FROM giftbridge.look($1, $2::integer)

-- name: claim
-- $1 worker, $2 free slots, $3 lease, $4 shops, $5 lanes, $6 how many of each at most
SELECT * FROM giftbridge.claim($1, $2::integer, $3, $4, $5::smallint[], $6::integer[])

-- name: settle
-- One array per column, one element per request: orders, tokens, outcomes, statuses, counted, due in, HTTP statuses, errors, journal errors,
-- responses, references, codes, matches, effects, waits, found; $17 verify after, $18 most verifications, $19 skip locked orders
SELECT * FROM giftbridge.settle($1, $2::uuid[], $3, $4, $5, $6, $7::integer[], $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::integer, $19)

-- name: rescue
-- $1 verify after, $2 most verifications
SELECT giftbridge.rescue($1, $2::integer) AS rescued

-- name: set_idle
-- $1 worker, $2 whether it waits for a notification
SELECT giftbridge.set_idle($1, $2)

-- name: heartbeat
SELECT giftbridge.heartbeat($1, $2, $3::integer, $4, $5, $6::integer, $7, $8, $9, $10, $11, $12, $13)

-- name: listen
LISTEN giftbridge_orders

-- name: ping
-- Whether this server takes no writes (any more): a standby, or one that was demoted. Called by the listener.
SELECT current_setting('transaction_read_only')::boolean AS read_only
