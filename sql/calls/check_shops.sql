SELECT s.name, s.api_url, s.paused, s.pause_reason, s.assign_codes, s.allowance, s.rate_limit,
    extract(epoch FROM s.rate_window)::double precision AS rate_window, allowance.remaining AS allowance_left,
    s.payment_methods, s.unknown_delivery_methods
FROM giftbridge.shop_setup AS s CROSS JOIN LATERAL giftbridge.allowance(s.allowance, now()) AS allowance
ORDER BY s.name
