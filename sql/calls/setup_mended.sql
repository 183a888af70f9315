-- $1 shop
SELECT giftbridge.setup_mended($1)
