-- $1 order
SELECT giftbridge.resolve_unsold($1)
