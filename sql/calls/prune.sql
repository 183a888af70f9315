-- $1 how old
SELECT giftbridge.prune($1) AS erased
