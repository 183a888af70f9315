-- One array per column, one element per request: orders, tokens, outcomes, statuses, counted, due in, HTTP statuses, errors, journal errors,
-- responses, references, codes, matches, effects, waits, found; $17 verify after, $18 most verifications, $19 skip locked orders
SELECT * FROM giftbridge.settle($1, $2::uuid[], $3, $4, $5, $6, $7::integer[], $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::integer, $19)
