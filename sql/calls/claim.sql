-- $1 worker, $2 free slots, $3 lease, $4 shops, $5 lanes, $6 how many of each at most
SELECT * FROM giftbridge.claim($1, $2::integer, $3, $4, $5::smallint[], $6::integer[])
