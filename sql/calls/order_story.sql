-- $1 order. Times as seconds since 1970.
SELECT t.id, t.shop, t.shop_order_id, t.status, t.needs_attention, t.items, t.order_reference, t.codes, t.error, t.attempts,
    extract(epoch FROM t.created_at)::double precision AS created_at, extract(epoch FROM t.updated_at)::double precision AS updated_at,
    extract(epoch FROM t.completed_at)::double precision AS completed_at, extract(epoch FROM t.due_at)::double precision AS due_at,
    extract(epoch FROM t.submit_after)::double precision AS submit_after,
    extract(epoch FROM t.in_doubt_since)::double precision AS in_doubt_since,
    extract(epoch FROM t.looked_at)::double precision AS looked_at,
    t.shop_paused, extract(epoch FROM t.shop_paused_until)::double precision AS shop_paused_until, t.shop_pause_reason,
    t.allowance_left, extract(epoch FROM t.allowance_next_at)::double precision AS allowance_next_at,
    t.ahead, t.turn_seconds, t.held_by, t.holder_state, t.held_for, t.worker_runs, t.erased, t.is_lookup, t.was_in_doubt, t.was_refused, t.verifications
FROM giftbridge.order_story AS t WHERE t.id = $1
