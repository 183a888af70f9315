-- $1 order, $2 reference, $3 codes (null: those that were sent)
SELECT giftbridge.resolve_sold($1, $2, $3)
