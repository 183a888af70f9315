-- $1 submission, $2 reason
SELECT giftbridge.setup_fault($1, $2)
