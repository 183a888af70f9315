-- One row per order with all that decides what happens to it next (Swift: OrderOutlook): its own state, its shop's, its rate
-- group's, its worker's. No codes, no personal data; `error` as in order_list. To be asked for single orders, by id.
-- By calls/order_story.sql (command `show`, status page).
CREATE OR REPLACE VIEW giftbridge.order_story AS
SELECT l.id, l.shop, l.shop_order_id, l.status, l.needs_person, l.items, l.order_reference, l.codes, l.error, l.attempts,
    l.priority, l.created_at, l.updated_at, l.completed_at, l.submit_after, l.due_at, l.in_doubt_since,
    now() AS looked_at,
    s.paused AS shop_paused, s.paused_until AS shop_paused_until, s.pause_reason AS shop_pause_reason,
    allowance.remaining AS allowance_left, allowance.next_at AS allowance_next_at,
    line.ahead,
    -- Until its turn has come and been answered: as many orders of each other shop of the group leave meanwhile.
    CASE WHEN l.status = 'pending' AND l.due_at <= now() AND NOT s.paused THEN (
        SELECT giftbridge.drain_seconds(s.rate_group, sum(turns.before)::bigint + 1, l.due_at)
        FROM (
            SELECT CASE WHEN t.name = l.shop THEN line.ahead ELSE (
                SELECT count(*) FROM (
                    SELECT FROM giftbridge.orders AS other
                    WHERE other.status = 'pending' AND other.shop = t.name AND other.due_at <= now() LIMIT line.ahead + 1
                ) AS others) END AS before
            FROM giftbridge.shops AS t WHERE t.rate_group = s.rate_group AND (t.name = l.shop OR NOT t.paused)
        ) AS turns
    ) END AS turn_seconds,
    holder.worker AS held_by, holder.state AS holder_state,
    EXISTS (
        SELECT FROM giftbridge.status AS w WHERE giftbridge.worker_state(w.state, w.heartbeat_at) IN ('starting', 'running')
    ) AS worker_runs,
    o.customer_email = 'erased@erased.invalid' AS erased
FROM giftbridge.order_list AS l
JOIN giftbridge.orders AS o ON o.id = l.id
JOIN giftbridge.shops AS s ON s.name = l.shop
CROSS JOIN LATERAL giftbridge.allowance(s.rate_group, now()) AS allowance
LEFT JOIN LATERAL (
    -- Its place in the shop's line: what a claim would take before it.
    SELECT count(*) AS ahead FROM giftbridge.orders AS before
    WHERE before.status = 'pending' AND before.shop = l.shop AND before.due_at <= greatest(l.due_at, now())
        AND (- before.priority::integer, before.due_at, before.id) < (- l.priority::integer, l.due_at, l.id)
) AS line ON l.status = 'pending'
LEFT JOIN LATERAL (
    SELECT j.worker, giftbridge.worker_state(w.state, w.heartbeat_at) AS state
    FROM giftbridge.submissions AS j LEFT JOIN giftbridge.status AS w ON w.worker = j.worker WHERE j.id = o.submission_id
) AS holder ON l.status = 'submitting';
COMMENT ON VIEW giftbridge.order_story IS 'One row per order with all that decides what happens to it next; no codes, no personal data.';
