-- In a transaction that stays open: nothing that dies from now on can be removed.
SELECT count(*) FROM giftbridge.shops
