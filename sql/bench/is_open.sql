-- Whether any order is not at its end.
SELECT EXISTS (SELECT FROM giftbridge.due) OR EXISTS (SELECT FROM giftbridge.in_flight) OR EXISTS (SELECT FROM giftbridge.attention) AS is_open
