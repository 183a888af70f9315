-- $1 shop, $2 until the vendor's window closes
SELECT giftbridge.allowance_spent($1, $2)
