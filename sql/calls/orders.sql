-- $1 shop, $2 state, $3 the shop's order id, $4 only what needs attention; null, or false: whichever. $5 at most so many, newest first.
-- Times as seconds since 1970.
SELECT l.id, l.shop, l.shop_order_id, l.status, l.needs_attention, l.items, l.order_reference, l.codes, l.error, l.attempts,
    extract(epoch FROM l.created_at)::double precision AS created_at, extract(epoch FROM l.updated_at)::double precision AS updated_at,
    extract(epoch FROM l.completed_at)::double precision AS completed_at, extract(epoch FROM l.due_at)::double precision AS due_at
FROM giftbridge.order_list AS l
WHERE ($1::text IS NULL OR l.shop = $1) AND ($2::text IS NULL OR l.status = $2)
    AND ($3::text IS NULL OR l.shop_order_id = $3)
    AND (NOT $4::boolean OR l.needs_attention)
ORDER BY l.id DESC LIMIT $5
