-- $1 the shop's order id, $2 the bridge's id (null: none), $3 shop (null: any). The shop's own number first.
SELECT o.id FROM giftbridge.order_list AS o
WHERE (o.id = $2 OR o.shop_order_id = $1) AND ($3::text IS NULL OR o.shop = $3)
ORDER BY o.shop_order_id IS NOT DISTINCT FROM $1 DESC, o.id
