-- Workers that are not stopped: those with a heartbeat within the last minute, and the dead
SELECT count(*) FILTER (WHERE s.heartbeat_at > now() - interval '1 minute') AS living,
    count(*) FILTER (WHERE s.heartbeat_at <= now() - interval '1 minute') AS dead
FROM giftbridge.status AS s WHERE s.state <> 'stopped'
