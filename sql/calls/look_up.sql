-- $1 order
SELECT giftbridge.look_up($1)
