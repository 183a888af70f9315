-- Claims $1 orders as a worker does: their orders, tokens, references and codes as arrays, and how many.
SELECT coalesce(array_agg(c.order_id), '{}')::text AS ids, coalesce(array_agg(c.token), '{}')::text AS tokens,
    coalesce(array_agg(c.shop_order_id), '{}')::text AS order_references, coalesce(array_agg(c.assigned_codes::text), '{}')::text AS codes,
    count(*)::integer AS n
FROM giftbridge.claim('benchmark', $1::integer, '120 s', '{default}', '{0}', ARRAY[$1::integer]) AS c
