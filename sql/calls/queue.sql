-- Times as seconds since 1970.
SELECT q.shop, q.pending, q.submitting, q.in_doubt, q.rejected, q.failed, q.needs_attention, q.completed_last_hour,
    q.oldest_pending_seconds, q.allowance_left, q.eta_seconds, q.paused, q.pause_reason,
    extract(epoch FROM q.paused_until)::double precision AS paused_until
FROM giftbridge.queue AS q ORDER BY q.shop
