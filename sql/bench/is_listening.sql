-- Whether the worker with process id $1 is up.
SELECT EXISTS (SELECT FROM giftbridge.status WHERE pid = $1::integer AND state = 'running' AND listening) AS is_up
