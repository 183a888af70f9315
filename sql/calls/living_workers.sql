-- Workers that have not stopped: the living and the dead
SELECT count(*) FILTER (WHERE w.state <> 'dead') AS living, count(*) FILTER (WHERE w.state = 'dead') AS dead
FROM giftbridge.workers AS w WHERE w.state <> 'stopped'
