-- One row per voucher code of a completed order. Bearer money: for the shop, never for monitors.
CREATE OR REPLACE VIEW giftbridge.vouchers AS
SELECT o.id AS order_id, o.shop, o.shop_order_id, voucher.position::integer AS position,
    (o.items -> (voucher.position - 1)::integer ->> 'id')::integer AS item_id, voucher.code
FROM giftbridge.orders AS o
CROSS JOIN LATERAL unnest(o.voucher_codes) WITH ORDINALITY AS voucher (code, position)
WHERE o.status = 'completed';
COMMENT ON VIEW giftbridge.vouchers IS 'One row per voucher code: order, position of the item in the order (from 1), voucher type, code.';
