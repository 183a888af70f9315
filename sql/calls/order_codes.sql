-- $1 order. For people who may read vouchers.
SELECT v.code FROM giftbridge.vouchers AS v WHERE v.order_id = $1 ORDER BY v.position
