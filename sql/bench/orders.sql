SELECT shop_order_id, status, order_reference, array_to_string(voucher_codes, ',') AS codes FROM giftbridge.orders
