-- $1 order, $2 also one that was in doubt, $3 reason (null: none given)
SELECT giftbridge.cancel($1, $2, $3)
