-- $1 verify after, $2 most verifications
SELECT giftbridge.rescue($1, $2::integer) AS rescued
