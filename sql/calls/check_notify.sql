-- $1 what to say
SELECT pg_notify('giftbridge_check', $1)
