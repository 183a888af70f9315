-- One row per order, without codes and personal data: for operators, the support desk and the status page. Not for monitors:
-- `error` may be the vendor's words, which have codes and e-mail addresses blotted out, but may repeat a name.
-- By calls/orders.sql (command `orders`, status page) and calls/order_story.sql.
CREATE OR REPLACE VIEW giftbridge.order_list AS
SELECT o.id, o.shop, o.shop_order_id, o.status,
    -- Nothing happens to it by itself any more, and it is not sold.
    o.status IN ('rejected', 'failed') OR (o.status = 'in_doubt' AND o.due_at IS NULL) AS needs_person,
    jsonb_array_length(o.items) AS items,
    o.order_reference, cardinality(o.voucher_codes) AS codes, o.error, o.attempts, o.priority,
    o.created_at, o.updated_at, o.completed_at, o.submit_after, o.due_at, o.in_doubt_since
FROM giftbridge.orders AS o;
COMMENT ON VIEW giftbridge.order_list IS 'One row per order, without codes and personal data.';
