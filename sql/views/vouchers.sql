-- One row per voucher code of a completed order. Bearer money: for the shop, never for monitors.
--
-- A view reads with its owner's rights, past row-level security, but current_user in it is whoever asks: it says which shops are
-- theirs. A security barrier, so that no function of the asker's is handed another shop's code before that is decided.
-- (security_invoker would be PostgreSQL 15.)
CREATE OR REPLACE VIEW giftbridge.vouchers WITH (security_barrier) AS
SELECT o.id AS order_id, o.shop, o.shop_order_id, voucher.position::integer AS position,
    (o.items -> (voucher.position - 1)::integer ->> 'id')::integer AS item_id, voucher.code
FROM giftbridge.orders AS o
CROSS JOIN LATERAL unnest(o.voucher_codes) WITH ORDINALITY AS voucher (code, position)
WHERE o.status = 'completed'
    AND EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = o.shop AND giftbridge.is_open_to(s.db_role));
COMMENT ON VIEW giftbridge.vouchers IS 'One row per voucher code: order, position of the item in the order (from 1), voucher type, code.';
