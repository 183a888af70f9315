-- For monitors: one row per shop, by name. In step with the queue view; what is in doubt without a due time waits for a person.
SELECT q.shop, q.pending, q.submitting, q.in_doubt, q.rejected, q.failed, q.completed_last_hour,
    coalesce(q.oldest_pending_seconds, 0) AS oldest_pending_seconds, q.allowance_left, q.eta_seconds, q.paused,
    coalesce(extract(epoch FROM now() - doubt.since)::double precision, 0) AS oldest_in_doubt_seconds,
    coalesce(doubt.for_a_person, 0) AS for_a_person
FROM giftbridge.queue AS q
LEFT JOIN (
    SELECT l.shop, min(l.in_doubt_since) AS since, count(*) FILTER (WHERE l.due_at IS NULL) AS for_a_person
    FROM giftbridge.order_list AS l WHERE l.status = 'in_doubt' GROUP BY l.shop
) AS doubt ON doubt.shop = q.shop
ORDER BY q.shop
