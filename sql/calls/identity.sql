SELECT i.is_clone, i.is_promoted, i.sequences_set FROM giftbridge.identity() AS i
