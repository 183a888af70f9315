-- What the worker needs and the current role may not: functions and views of schema giftbridge. Empty: nothing is missing.
SELECT format('EXECUTE on giftbridge.%s', p.proname) AS missing
FROM pg_proc AS p
WHERE p.pronamespace = 'giftbridge'::regnamespace AND NOT has_function_privilege(p.oid, 'EXECUTE')
    AND p.proname IN ('identity', 'tell_accounts', 'look', 'claim', 'settle', 'rescue', 'heartbeat')
UNION ALL
SELECT format('SELECT on giftbridge.%s', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relname IN ('queue', 'workers', 'migrations')
    AND NOT has_table_privilege(c.oid, 'SELECT')
ORDER BY missing
