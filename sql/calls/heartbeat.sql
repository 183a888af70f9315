SELECT giftbridge.heartbeat($1, $2, $3::integer, $4, $5, $6::integer, $7, $8, $9, $10, $11, $12, $13)
