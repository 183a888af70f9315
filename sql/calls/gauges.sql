-- For monitors: one row per shop, by name. In step with the queue view.
SELECT q.shop, q.pending, q.submitting, q.in_doubt, q.rejected, q.failed, q.completed_last_hour,
    coalesce(q.oldest_pending_seconds, 0) AS oldest_pending_seconds, q.allowance_left, q.eta_seconds, q.paused,
    coalesce(q.oldest_in_doubt_seconds, 0) AS oldest_in_doubt_seconds, q.needs_decision
FROM giftbridge.queue AS q
ORDER BY q.shop
