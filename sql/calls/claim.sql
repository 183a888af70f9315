-- $1 worker, $2 free slots, $3 lease, $4 verify after
SELECT * FROM giftbridge.claim($1, $2::integer, $3, $4)
