-- $1 worker, $2 shops, $3 fingerprints of their keys, $4 hosts, $5 why there is no key (null: there is)
SELECT giftbridge.tell_accounts($1, $2, $3, $4, $5)
