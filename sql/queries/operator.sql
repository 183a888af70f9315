-- What an operator does, by command or on the status page. Each statement follows its name; Swift knows it as SQL.Operator.<name>.

-- name: retry
-- $1 order
SELECT giftbridge.retry($1)

-- name: cancel
-- $1 order, $2 also one that was in doubt, $3 reason (null: none given)
SELECT giftbridge.cancel($1, $2, $3)

-- name: verify
-- $1 order
SELECT giftbridge.verify($1)

-- name: look_up
-- $1 order
SELECT giftbridge.look_up($1)

-- name: resolve_sold
-- $1 order, $2 reference, $3 codes (null: those that were sent)
SELECT giftbridge.resolve_sold($1, $2, $3)

-- name: resolve_unsold
-- $1 order
SELECT giftbridge.resolve_unsold($1)

-- name: pause
-- $1 shop, $2 reason (null: none given)
SELECT giftbridge.pause($1, $2)

-- name: resume
-- $1 shop
SELECT giftbridge.resume($1)

-- name: prune
-- $1 how old
SELECT giftbridge.prune($1) AS erased

-- name: adopt
SELECT giftbridge.adopt()
