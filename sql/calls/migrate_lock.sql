-- One migration at a time: two `giftbridge migrate` wait for one another. Given back at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('giftbridge.migrate'))
