-- One array per column, one element per submission: ids, outcomes, statuses, counted, due in, new codes, HTTP statuses,
-- errors, journal errors, responses, references, codes
SELECT * FROM giftbridge.settle($1, $2, $3, $4, $5, $6, $7::integer[], $8, $9, $10, $11, $12)
