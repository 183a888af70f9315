-- What PostgreSQL does for $1 orders, and nothing else: claims them and settles them as sold, in one transaction. How many.
SELECT count(*) AS orders FROM (
    SELECT array_agg(c.submission_id) AS ids, array_agg(c.shop_order_id) AS order_references,
        array_agg(c.assigned_codes::text) AS codes, count(*)::integer AS n
    FROM giftbridge.claim('benchmark', $1::integer, '120 s', '60 s') AS c
) AS claimed
CROSS JOIN LATERAL giftbridge.settle(
    ids, array_fill('completed'::text, ARRAY[n]), array_fill('completed'::text, ARRAY[n]), array_fill(true, ARRAY[n]),
    array_fill(NULL::interval, ARRAY[n]), array_fill(false, ARRAY[n]), array_fill(200, ARRAY[n]),
    array_fill(NULL::text, ARRAY[n]), array_fill(NULL::text, ARRAY[n]),
    array_fill('{"message":"Order processed successfully!"}'::text, ARRAY[n]), order_references, codes) AS settled
WHERE n > 0 AND settled.applied
