SELECT to_regclass('giftbridge.migrations') IS NOT NULL AS installed
