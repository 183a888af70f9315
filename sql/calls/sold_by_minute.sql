SELECT m.minutes_ago, m.sold FROM giftbridge.sold_by_minute AS m
