-- What commands, status page and monitors read. Each statement follows its name; Swift knows it as SQL.Reading.<name>.

-- name: look_only
-- For a session that only looks: it changes nothing, and a statement that takes long is given up. $1 milliseconds, as text
SELECT set_config('default_transaction_read_only', 'on', false), set_config('statement_timeout', $1, false)

-- name: orders
-- $1 shop, $2 state, $3 the shop's order id, $4 only what needs attention; null, or false: any. $5 maximum number, newest first.
-- Times as seconds since 1970.
SELECT l.id, l.shop, l.shop_order_id, l.status, l.needs_attention, l.items, l.order_reference, l.codes, l.error, l.attempts,
    extract(epoch FROM l.created_at)::double precision AS created_at, extract(epoch FROM l.updated_at)::double precision AS updated_at,
    extract(epoch FROM l.completed_at)::double precision AS completed_at, extract(epoch FROM l.due_at)::double precision AS due_at
FROM giftbridge.order_list AS l
WHERE ($1::text IS NULL OR l.shop = $1) AND ($2::text IS NULL OR l.status = $2)
    AND ($3::text IS NULL OR l.shop_order_id = $3)
    AND (NOT $4::boolean OR l.needs_attention)
ORDER BY l.id DESC LIMIT $5

-- name: order_find
-- $1 the shop's order id, $2 the bridge's id (null: none), $3 shop (null: any). The shop's own number first.
SELECT o.id FROM giftbridge.order_list AS o
WHERE (o.id = $2 OR o.shop_order_id = $1) AND ($3::text IS NULL OR o.shop = $3)
ORDER BY o.shop_order_id IS NOT DISTINCT FROM $1 DESC, o.id

-- name: order_story
-- $1 order. Times as seconds since 1970.
SELECT t.id, t.shop, t.shop_order_id, t.status, t.needs_attention, t.items, t.order_reference, t.codes, t.error, t.attempts,
    extract(epoch FROM t.created_at)::double precision AS created_at, extract(epoch FROM t.updated_at)::double precision AS updated_at,
    extract(epoch FROM t.completed_at)::double precision AS completed_at, extract(epoch FROM t.due_at)::double precision AS due_at,
    extract(epoch FROM t.submit_after)::double precision AS submit_after,
    extract(epoch FROM t.in_doubt_since)::double precision AS in_doubt_since,
    extract(epoch FROM t.looked_at)::double precision AS looked_at,
    t.shop_paused, extract(epoch FROM t.shop_paused_until)::double precision AS shop_paused_until, t.shop_pause_reason,
    t.allowance_left, extract(epoch FROM t.allowance_next_at)::double precision AS allowance_next_at,
    t.ahead, t.turn_seconds, t.held_by, t.holder_state, t.held_for, t.worker_runs, t.erased, t.is_lookup, t.was_in_doubt
FROM giftbridge.order_story AS t WHERE t.id = $1

-- name: order_journal
-- $1 order. Times as seconds since 1970.
SELECT j.id, j.kind, j.attempt, j.worker, extract(epoch FROM j.claimed_at)::double precision AS claimed_at,
    extract(epoch FROM j.finished_at)::double precision AS finished_at, j.http_status, j.outcome, j.error
FROM giftbridge.attempts AS j WHERE j.order_id = $1 ORDER BY j.id

-- name: order_codes
-- $1 order. For people who may read vouchers.
SELECT v.code FROM giftbridge.vouchers AS v WHERE v.order_id = $1 ORDER BY v.position

-- name: preview
-- $1 order: the columns of a claim, without taking it.
SELECT o.shop, s.api_url, o.status, coalesce(o.shop_order_id, 'gb-' || o.id) AS shop_order_id, o.items::text AS items,
    coalesce(o.sent_payment_method, o.payment_method, s.payment_method) AS payment_method,
    -- An assigned code is hidden until its order is completed.
    o.completed_at IS NULL AND EXISTS (SELECT FROM giftbridge.codes AS c WHERE c.order_id = o.id AND c.is_assigned)
        AS has_assigned_codes,
    CASE WHEN o.completed_at IS NOT NULL THEN (
        SELECT array_agg(CASE WHEN c.is_assigned THEN c.code END ORDER BY item)
        FROM generate_series(1, jsonb_array_length(o.items::jsonb)) AS item
        LEFT JOIN giftbridge.codes AS c ON c.order_id = o.id AND c.position = item)
    END AS assigned_codes,
    o.customer_email, o.customer_first_name, o.customer_last_name, o.customer_address1, o.customer_address2, o.customer_postcode,
    o.customer_town, o.customer_county, o.delivery_method, o.delivery_email, to_char(o.delivery_date, 'YYYY-MM-DD') AS delivery_date,
    o.delivery_first_name, o.delivery_last_name, o.delivery_address1, o.delivery_address2, o.delivery_postcode, o.delivery_town,
    o.delivery_county
FROM giftbridge.orders AS o JOIN giftbridge.shops AS s ON s.name = o.shop WHERE o.id = $1

-- name: installation
SELECT s.is_clone, extract(epoch FROM s.promoted_at)::double precision AS promoted_at FROM giftbridge.installation_state AS s

-- name: queue
-- Times as seconds since 1970.
SELECT q.shop, q.pending, q.submitting, q.in_doubt, q.rejected, q.failed, q.needs_attention, q.completed_last_hour,
    q.oldest_pending_seconds, q.allowance_left, q.eta_seconds, q.paused, q.pause_reason,
    extract(epoch FROM q.paused_until)::double precision AS paused_until
FROM giftbridge.queue AS q ORDER BY q.shop

-- name: gauges
-- For monitors: one row per shop, by name. In step with the queue view.
SELECT q.shop, q.pending, q.submitting, q.in_doubt, q.rejected, q.failed, q.completed_last_hour,
    coalesce(q.oldest_pending_seconds, 0) AS oldest_pending_seconds, q.allowance_left, q.eta_seconds, q.paused,
    coalesce(q.oldest_in_doubt_seconds, 0) AS oldest_in_doubt_seconds, q.needs_decision
FROM giftbridge.queue AS q
ORDER BY q.shop

-- name: workers
-- Times as seconds since 1970.
SELECT w.worker, w.host, w.pid, w.version, w.state, extract(epoch FROM w.started_at)::double precision AS started_at,
    extract(epoch FROM w.heartbeat_at)::double precision AS heartbeat_at, w.heartbeat_seconds, w.in_flight, w.completed, w.rejected,
    w.retried, w.in_doubt, w.listening, w.last_error, extract(epoch FROM w.last_error_at)::double precision AS last_error_at
FROM giftbridge.workers AS w
-- Who lives first; then who was heard of last.
ORDER BY w.state IN ('dead', 'stopped'), w.heartbeat_at DESC, w.worker

-- name: living_workers
-- Workers that have not stopped: the living and the dead
SELECT count(*) FILTER (WHERE w.state <> 'dead') AS living, count(*) FILTER (WHERE w.state = 'dead') AS dead
FROM giftbridge.workers AS w WHERE w.state <> 'stopped'

-- name: sold_by_minute
SELECT m.minutes_ago, m.sold FROM giftbridge.sold_by_minute AS m
