-- $1 worker, $2 shops, $3 fingerprints of their keys, $4 hosts
SELECT giftbridge.tell_accounts($1, $2, $3, $4)
