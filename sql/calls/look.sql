-- $1 worker, $2 at most so many lanes
SELECT * FROM giftbridge.look($1, $2::integer)
