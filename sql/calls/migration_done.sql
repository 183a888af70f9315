-- $1 version, $2 name
INSERT INTO giftbridge.migrations (version, name) VALUES ($1::integer, $2)
