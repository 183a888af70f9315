-- The views of schema giftbridge, in the order of their dependencies. Installed again by every `giftbridge migrate`.

-- The public journal: one row per attempt, finished or in flight.
CREATE OR REPLACE VIEW giftbridge.submissions AS
SELECT j.id, j.order_id, j.kind, j.attempt, j.worker, j.account, j.api_host, j.claimed_at, j.finished_at, j.http_status, j.outcome, j.error,
    j.response
FROM giftbridge.journal AS j
UNION ALL
SELECT f.id, f.order_id, f.kind, f.attempt, f.worker, f.account, f.api_host, f.claimed_at, NULL, NULL, NULL, NULL, NULL
FROM giftbridge.in_flight AS f;
COMMENT ON VIEW giftbridge.submissions IS 'The journal: one row per attempt, finished or in flight (outcome null).';
COMMENT ON COLUMN giftbridge.submissions.outcome IS 'Null: in flight. completed, rejected, retry (certainly not sold), in_doubt (outcome unknown), released (returned to the queue unsent).';

-- giftbridge.submissions without the vendor's answers, which may repeat personal data; `error` as in order_list. By
-- queries/reading.sql (command `show`, status page).
CREATE OR REPLACE VIEW giftbridge.attempts AS
SELECT s.id, s.order_id, s.kind, s.attempt, s.worker, s.claimed_at, s.finished_at, s.http_status, s.outcome, s.error
FROM giftbridge.submissions AS s;
COMMENT ON VIEW giftbridge.attempts IS 'The journal without the vendor''s answers: one row per attempt.';

-- One row per order, without codes and personal data: for operators, the support desk and the status page. Not for monitors:
-- `error` may quote the vendor, without codes and e-mail addresses, but the quote may contain a name.
-- status: as in orders, and `submitting` while a request is in flight.
-- By `orders` and `order_story` of queries/reading.sql (commands `orders` and `show`, status page).
CREATE OR REPLACE VIEW giftbridge.order_list AS
SELECT o.id, o.shop, o.shop_order_id, CASE WHEN f.order_id IS NULL THEN o.status ELSE 'submitting' END AS status,
    -- It is not sold, and nothing more happens to it automatically.
    a.order_id IS NOT NULL AS needs_attention,
    jsonb_array_length(o.items) AS items,
    o.order_reference, cardinality(o.voucher_codes) AS codes, o.error, o.attempts, o.priority,
    o.created_at, o.updated_at, o.completed_at, o.submit_after, coalesce(d.due_at, f.lease_until) AS due_at, o.in_doubt_since,
    d.lane, d.is_lookup, o.was_in_doubt, o.expires_at
FROM giftbridge.orders AS o
LEFT JOIN giftbridge.due AS d ON d.order_id = o.id
LEFT JOIN giftbridge.in_flight AS f ON f.order_id = o.id
LEFT JOIN giftbridge.attention AS a ON a.order_id = o.id;
COMMENT ON VIEW giftbridge.order_list IS 'One row per order, without codes and personal data.';

-- Why a shop's orders are not sent, by all or some of the workers: it was paused by an operator; its key is set aside; the vendor's
-- address is unreachable. `paused`: by all living workers. One row per shop with such an obstacle.
-- By the views queue and order_story.
CREATE OR REPLACE VIEW giftbridge.shop_pauses AS
WITH living AS (
    SELECT a.shop, a.worker, a.account || '@' || a.api_host AS account, a.api_host
    FROM giftbridge.accounts AS a JOIN giftbridge.status AS w ON w.worker = a.worker
    WHERE giftbridge.worker_state(w.state, w.heartbeat_at) IN ('starting', 'running')
)
SELECT s.name AS shop, s.paused OR coalesce(b.is_stopped, false) AS paused,
    coalesce(s.pause_reason, b.reason) AS pause_reason,
    CASE WHEN s.paused THEN s.paused_until ELSE b.probe_at END AS paused_until,
    s.paused AS by_operator
FROM giftbridge.shops AS s
LEFT JOIN (
    SELECT l.shop, bool_and(a.shop IS NOT NULL OR u.worker IS NOT NULL) AS is_stopped,
        min(coalesce(a.reason, 'Unreachable since ' || to_char(u.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC: ' || u.reason)) AS reason,
        min(greatest(a.probe_at, u.probe_at)) AS probe_at
    FROM living AS l
    LEFT JOIN giftbridge.set_aside AS a ON a.shop = l.shop AND a.account = l.account
    LEFT JOIN giftbridge.unreachable AS u ON u.worker = l.worker AND u.api_host = l.api_host
    GROUP BY l.shop HAVING bool_or(a.shop IS NOT NULL OR u.worker IS NOT NULL)
) AS b ON b.shop = s.name
WHERE s.paused OR b.shop IS NOT NULL;
COMMENT ON VIEW giftbridge.shop_pauses IS 'Why a shop''s orders are not sent.';

-- One row per order with everything that decides what happens to it next (Swift: OrderOutlook): the state of the order, its shop, its
-- allowance and its worker. No codes, no personal data; `error` as in order_list. Meant for single orders, by id.
-- By queries/reading.sql (command `show`, status page).
CREATE OR REPLACE VIEW giftbridge.order_story AS
SELECT l.id, l.shop, l.shop_order_id, l.status, l.needs_attention, l.items, l.order_reference, l.codes, l.error, l.attempts,
    l.priority, l.created_at, l.updated_at, l.completed_at, l.submit_after, l.due_at, l.in_doubt_since,
    now() AS looked_at,
    coalesce(pause.paused, false) AS shop_paused, pause.paused_until AS shop_paused_until, pause.pause_reason AS shop_pause_reason,
    allowance.remaining AS allowance_left, allowance.next_at AS allowance_next_at,
    line.ahead,
    -- Time until it has been sent and answered. Other shops of the allowance send equally many orders meanwhile.
    CASE WHEN l.status = 'pending' AND l.due_at <= now() AND NOT coalesce(pause.paused, false) THEN (
        SELECT giftbridge.drain_seconds(t.allowance, sum(turns.before)::bigint + 1, l.due_at)
        FROM (
            SELECT CASE WHEN u.shop = l.shop THEN line.ahead ELSE (
                SELECT count(*) FROM (
                    SELECT FROM giftbridge.due AS other WHERE other.shop = u.shop AND other.due_at <= now() LIMIT line.ahead + 1
                ) AS others) END AS before
            FROM giftbridge.shop_state AS u JOIN giftbridge.shops AS x ON x.name = u.shop
            WHERE u.allowance = t.allowance AND (u.shop = l.shop OR NOT x.paused)
        ) AS turns
    ) END AS turn_seconds,
    f.worker AS held_by, giftbridge.worker_state(w.state, w.heartbeat_at) AS holder_state, f.kind AS held_for,
    EXISTS (
        SELECT FROM giftbridge.status AS v WHERE giftbridge.worker_state(v.state, v.heartbeat_at) IN ('starting', 'running')
    ) AS worker_runs,
    o.customer_email = 'erased@erased.invalid' AS erased,
    l.is_lookup, o.was_in_doubt
FROM giftbridge.order_list AS l
JOIN giftbridge.orders AS o ON o.id = l.id
JOIN giftbridge.shop_state AS t ON t.shop = l.shop
LEFT JOIN giftbridge.shop_pauses AS pause ON pause.shop = l.shop
CROSS JOIN LATERAL giftbridge.allowance(t.allowance, now()) AS allowance
LEFT JOIN LATERAL (
    -- Its position in the shop's queue: what a claim would take before it.
    SELECT count(*) AS ahead FROM giftbridge.due AS before
    WHERE before.shop = l.shop AND before.due_at <= greatest(l.due_at, now())
        AND (before.lane, before.due_at, before.order_id) < (l.lane, l.due_at, l.id)
) AS line ON l.status = 'pending'
LEFT JOIN giftbridge.in_flight AS f ON f.order_id = l.id
LEFT JOIN giftbridge.status AS w ON w.worker = f.worker;
COMMENT ON VIEW giftbridge.order_story IS 'One row per order with everything that decides what happens to it next; no codes, no personal data.';

-- One row per shop: waiting orders, orders that need attention, the remaining allowance, and the estimated time for the backlog.
-- For operators and monitors (command `status`, status page, metrics): no codes, no personal data.
--
-- eta_seconds: estimated time to clear the orders due now. Shops of an allowance take turns, so each of the others sends equally many
-- orders meanwhile. Null: not known, because the shop is paused, no worker is running, or none has begun yet.
CREATE OR REPLACE VIEW giftbridge.queue AS
WITH waiting AS (
    SELECT d.shop, count(*) FILTER (WHERE d.lane <= 100) AS fresh, count(*) FILTER (WHERE d.lane > 100) AS again,
        count(*) FILTER (WHERE d.due_at <= now()) AS due, min(d.due_at) FILTER (WHERE d.due_at <= now()) AS due_since
    FROM giftbridge.due AS d GROUP BY d.shop
), doubts AS (
    -- Only among orders that are sent again; the others were never in doubt.
    SELECT d.shop, count(d.since) AS in_doubt, min(d.since) AS since
    FROM (
        -- One look-up per order, so that finished orders are never scanned.
        SELECT e.shop, (SELECT o.in_doubt_since FROM giftbridge.orders AS o WHERE o.id = e.order_id) AS since
        FROM giftbridge.due AS e WHERE e.lane > 100
    ) AS d GROUP BY d.shop
), sending AS (
    SELECT f.shop, count(*) AS submitting FROM giftbridge.in_flight AS f GROUP BY f.shop
), attention AS (
    SELECT a.shop, count(*) FILTER (WHERE a.status = 'rejected') AS rejected, count(*) FILTER (WHERE a.status = 'failed') AS failed,
        count(*) FILTER (WHERE a.status = 'in_doubt') AS in_doubt, min(a.since) FILTER (WHERE a.status = 'in_doubt') AS since
    FROM giftbridge.attention AS a GROUP BY a.shop
), finished AS (
    SELECT j.shop, count(DISTINCT j.order_id) AS completed
    FROM giftbridge.journal AS j WHERE j.finished_at > now() - interval '1 hour' AND j.outcome = 'completed' GROUP BY j.shop
)
SELECT s.name AS shop,
    coalesce(waiting.fresh, 0) + coalesce(waiting.again, 0) - coalesce(doubts.in_doubt, 0) AS pending,
    coalesce(sending.submitting, 0) AS submitting,
    coalesce(doubts.in_doubt, 0) + coalesce(attention.in_doubt, 0) AS in_doubt,
    coalesce(attention.rejected, 0) AS rejected,
    coalesce(attention.failed, 0) AS failed,
    coalesce(finished.completed, 0) AS completed_last_hour,
    oldest.seconds AS oldest_pending_seconds,
    allowance.remaining AS allowance_left,
    CASE
        WHEN coalesce(waiting.due, 0) = 0 THEN 0
        WHEN NOT coalesce(pause.paused, false) AND EXISTS (
            SELECT FROM giftbridge.status AS w WHERE giftbridge.worker_state(w.state, w.heartbeat_at) IN ('starting', 'running')
        ) THEN giftbridge.drain_seconds(t.allowance, turns.requests, turns.since)
    END::double precision AS eta_seconds,
    coalesce(pause.paused, false) AS paused,
    pause.pause_reason,
    pause.paused_until,
    coalesce(attention.rejected, 0) + coalesce(attention.failed, 0) + coalesce(attention.in_doubt, 0) AS needs_attention,
    coalesce(attention.in_doubt, 0) AS needs_decision,
    extract(epoch FROM now() - least(doubts.since, attention.since))::double precision AS oldest_in_doubt_seconds,
    t.codes_ignored_at, t.codes_respelled_at
FROM giftbridge.shops AS s
JOIN giftbridge.shop_state AS t ON t.shop = s.name
CROSS JOIN LATERAL giftbridge.allowance(t.allowance, now()) AS allowance
LEFT JOIN giftbridge.shop_pauses AS pause ON pause.shop = s.name
LEFT JOIN waiting ON waiting.shop = s.name
LEFT JOIN doubts ON doubts.shop = s.name
LEFT JOIN sending ON sending.shop = s.name
LEFT JOIN attention ON attention.shop = s.name
LEFT JOIN finished ON finished.shop = s.name
LEFT JOIN LATERAL (
    SELECT extract(epoch FROM now() - min(o.created_at))::double precision AS seconds FROM giftbridge.orders AS o
    WHERE o.id = (SELECT min(d.order_id) FROM giftbridge.due AS d WHERE d.shop = s.name AND d.lane <= 100 AND d.due_at <= now())
) AS oldest ON waiting.due > 0
LEFT JOIN LATERAL (
    SELECT sum(least(other.due, waiting.due))::bigint AS requests, min(other.due_since) AS since
    FROM waiting AS other JOIN giftbridge.shop_state AS u ON u.shop = other.shop
    WHERE u.allowance = t.allowance AND NOT EXISTS (SELECT FROM giftbridge.shops AS x WHERE x.name = u.shop AND x.paused)
) AS turns ON waiting.due > 0;
COMMENT ON VIEW giftbridge.queue IS 'One row per shop: waiting orders, orders that need attention, remaining allowance (null: no limit), estimated time for the backlog (null: not known).';

-- Each shop's settings for the vendor: its address and allowance, the payment methods of the shop and of the newest 2,000 orders, and
-- those orders' delivery methods that are neither in online_methods nor in offline_methods. No codes, no personal data.
-- By queries/check.sql (command `check`), and by queries/reading.sql for the shops' names.
CREATE OR REPLACE VIEW giftbridge.shop_setup AS
SELECT s.name, s.api_url, coalesce(pause.paused, false) AS paused, pause.pause_reason, s.assign_codes, t.allowance, limits.rate_limit, limits.rate_window,
    s.site_id, t.codes_ignored_at, t.codes_respelled_at,
    (SELECT array_agg(DISTINCT used.method ORDER BY used.method) FROM (
        SELECT s.payment_method AS method UNION ALL
        SELECT o.payment_method FROM giftbridge.orders AS o WHERE o.shop = s.name AND o.id > newest.id - 2000
    ) AS used WHERE used.method IS NOT NULL) AS payment_methods,
    (SELECT array_agg(DISTINCT o.delivery_method ORDER BY o.delivery_method) FROM giftbridge.orders AS o
     WHERE o.shop = s.name AND o.id > newest.id - 2000 AND o.delivery_method <> ALL (s.online_methods || s.offline_methods)
    ) AS unknown_delivery_methods,
    s.db_role IS NULL AND giftbridge.has_closed_shops() AS is_closed
FROM giftbridge.shops AS s
JOIN giftbridge.shop_state AS t ON t.shop = s.name
JOIN giftbridge.allowances AS limits ON limits.name = t.allowance
LEFT JOIN giftbridge.shop_pauses AS pause ON pause.shop = s.name
CROSS JOIN (SELECT coalesce(max(o.id), 0) AS id FROM giftbridge.orders AS o) AS newest;
COMMENT ON VIEW giftbridge.shop_setup IS 'Each shop''s settings for the vendor, for giftbridge check.';

-- Whether this database is where it was installed, for status, page and giftbridge check. It is a clone in another cluster, or as
-- another database of the same one.
CREATE OR REPLACE VIEW giftbridge.installation_state AS
SELECT NOT EXISTS (
        SELECT FROM pg_control_system() AS c, pg_database AS d
        WHERE d.datname = current_database() AND c.system_identifier = i.system_identifier AND d.oid = i.database_oid) AS is_clone,
    coalesce(i.promoted_at, CASE WHEN k.timeline_id > i.timeline THEN now() END) AS promoted_at
FROM giftbridge.installation AS i, pg_control_checkpoint() AS k;
COMMENT ON VIEW giftbridge.installation_state IS 'Whether this database is a copy, which does not sell, and since when a standby is known to have been promoted.';

-- Orders completed within the last hour, by minutes ago; minutes without any are omitted. Only counts, no orders.
-- By queries/reading.sql (status page).
CREATE OR REPLACE VIEW giftbridge.sold_by_minute AS
SELECT floor(extract(epoch FROM now() - j.finished_at) / 60)::integer AS minutes_ago, count(DISTINCT j.order_id) AS sold
FROM giftbridge.journal AS j WHERE j.finished_at > now() - interval '1 hour' AND j.outcome = 'completed'
GROUP BY 1;
COMMENT ON VIEW giftbridge.sold_by_minute IS 'Number of orders completed within the last hour, by minutes ago.';

-- One row per voucher code of a completed order. Treat them like cash: for the shop, never for monitors.
--
-- A view reads with its owner's rights, without row-level security, but current_user is the reader, which decides which shops are
-- visible. It is a security barrier, so that no function of the reader gets another shop's code before that is decided.
-- (security_invoker would need PostgreSQL 15.)
CREATE OR REPLACE VIEW giftbridge.vouchers WITH (security_barrier) AS
SELECT o.id AS order_id, o.shop, o.shop_order_id, voucher.position::integer AS position,
    (o.items -> (voucher.position - 1)::integer ->> 'id')::integer AS item_id, voucher.code
FROM giftbridge.orders AS o
CROSS JOIN LATERAL unnest(o.voucher_codes) WITH ORDINALITY AS voucher (code, position)
WHERE o.status = 'completed'
    AND EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = o.shop AND giftbridge.is_open_to(s.db_role));
COMMENT ON VIEW giftbridge.vouchers IS 'One row per voucher code: order, position of the item in the order (from 1), voucher type, code.';

-- One row per worker process, as seen from outside: giftbridge.status with the state that the worker last reported, or `dead` without
-- a heartbeat for a minute.
-- For operators and monitors (command `status`, status page, metrics); no secrets.
CREATE OR REPLACE VIEW giftbridge.workers AS
SELECT s.worker, s.host, s.pid, s.version,
    giftbridge.worker_state(s.state, s.heartbeat_at) AS state,
    s.started_at, s.heartbeat_at,
    extract(epoch FROM now() - s.heartbeat_at)::double precision AS heartbeat_seconds,
    s.in_flight, s.completed, s.rejected, s.retried, s.in_doubt, s.listening, s.last_error, s.last_error_at
FROM giftbridge.status AS s;
COMMENT ON VIEW giftbridge.workers IS 'One row per worker process; state dead: no heartbeat for a minute.';
