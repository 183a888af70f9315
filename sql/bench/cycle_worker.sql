-- What a worker says of itself before its first claim.
SELECT giftbridge.heartbeat('benchmark', 'localhost', 0, '', 'running', 0, 0, 0, 0, 0, false, NULL, NULL),
    giftbridge.tell_accounts('benchmark', '{default}', '{00000000}', '{localhost}', '{NULL}')
