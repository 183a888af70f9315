-- Seconds until a claim may find something to do; null: nothing is waiting.
SELECT extract(epoch FROM giftbridge.next_due())::double precision AS seconds
