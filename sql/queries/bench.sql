-- What the benchmark does to a database of its own. Each statement follows its name; Swift knows it as SQL.Bench.<name>.

-- name: allowance
-- $1 requests in any $2 seconds.
UPDATE giftbridge.shops SET rate_limit = $1::integer, rate_window = make_interval(secs => $2::double precision)
WHERE name = 'default'

-- name: checkpoint
CHECKPOINT

-- name: checks_off
-- Filling the tables with a million rows is not what is measured.
ALTER TABLE giftbridge.orders DISABLE TRIGGER USER

-- name: checks_on
ALTER TABLE giftbridge.orders ENABLE TRIGGER USER

-- name: clear
-- All at once, so that the trigger that keeps open orders from being truncated finds none.
DO $$
BEGIN
    TRUNCATE giftbridge.due, giftbridge.in_flight, giftbridge.attention, giftbridge.lookups, giftbridge.codes, giftbridge.journal;
    TRUNCATE giftbridge.orders;
END
$$

-- name: create_database
CREATE DATABASE giftbridge_bench TEMPLATE template0 ENCODING 'UTF8'

-- name: create_second_database
CREATE DATABASE giftbridge_bench_second TEMPLATE template0 ENCODING 'UTF8'

-- name: cycle_claim
-- Claims $1 orders as a worker does: their orders, tokens, references and codes as arrays, and how many.
SELECT coalesce(array_agg(c.order_id), '{}')::text AS ids, coalesce(array_agg(c.token), '{}')::text AS tokens,
    coalesce(array_agg(c.shop_order_id), '{}')::text AS order_references, coalesce(array_agg(c.assigned_codes::text), '{}')::text AS codes,
    count(*)::integer AS n
FROM giftbridge.claim('benchmark', $1::integer, '120 s', '{default}', '{0}', ARRAY[$1::integer]) AS c

-- name: cycle_settle
-- Settles as sold what cycle_claim claimed: $1 orders, $2 tokens, $3 references, $4 codes, $5 how many. How many it was.
SELECT count(*) AS orders FROM giftbridge.settle(
    $1::bigint[], $2::uuid[], array_fill('completed'::text, ARRAY[$5::integer]), array_fill('completed'::text, ARRAY[$5::integer]),
    array_fill(true, ARRAY[$5::integer]), array_fill(NULL::interval, ARRAY[$5::integer]), array_fill(200, ARRAY[$5::integer]),
    array_fill(NULL::text, ARRAY[$5::integer]), array_fill(NULL::text, ARRAY[$5::integer]),
    array_fill('{"message":"Order processed successfully!"}'::text, ARRAY[$5::integer]), $3::text[], $4::text[],
    array_fill('exact'::text, ARRAY[$5::integer]), array_fill(NULL::text, ARRAY[$5::integer]), array_fill(NULL::interval, ARRAY[$5::integer]),
    array_fill(NULL::boolean, ARRAY[$5::integer]), '60 s', 10, false) AS settled
WHERE settled.is_applied

-- name: cycle_worker
-- What a worker says of itself before its first claim.
SELECT giftbridge.heartbeat('benchmark', 'localhost', 0, '', 'running', 0, 0, 0, 0, 0, false, NULL, NULL),
    giftbridge.tell_accounts('benchmark', '{default}', '{00000000}', '{localhost}', '{NULL}')

-- name: drop_database
DROP DATABASE IF EXISTS giftbridge_bench WITH (FORCE)

-- name: drop_second_database
DROP DATABASE IF EXISTS giftbridge_bench_second WITH (FORCE)

-- name: fill_finished
-- $1 orders that are sold, each with its journal row, with the triggers off.
WITH sold AS (
    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method,
        status, attempts, order_reference, voucher_codes, created_at, updated_at, completed_at)
    SELECT 'finished-' || n, '[{"id": 1, "price": 100.10}]'::jsonb, 'bob.example@example.com', 1,
        'ann.example@example.com', 1, 'completed', 1, 'finished-' || n, ARRAY['CODE' || n],
        now() - interval '30 days', now() - interval '30 days', now() - interval '30 days'
    FROM generate_series(1, $1::integer) AS n
    RETURNING id, shop, voucher_codes[1] AS code
), codes AS (
    INSERT INTO giftbridge.codes (order_id, position, code, is_assigned) SELECT sold.id, 1, sold.code, true FROM sold
)
INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at, finished_at,
    http_status, outcome, response)
SELECT sold.id, sold.id, gen_random_uuid(), sold.shop, 'sale', 1, 'benchmark', '00000000', 'localhost', 'key 00000000', now() - interval '30 days',
    now() - interval '30 days', 200, 'completed', '{"message":"Order processed successfully!"}'
FROM sold

-- name: fill_waiting
-- $1 orders that wait.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
SELECT 'waiting-' || n, '[{"id": 1, "price": 100.10}]'::jsonb, 'bob.example@example.com', 1, 'ann.example@example.com', 1
FROM generate_series(1, $1::integer) AS n

-- name: forget_workers
-- Process ids come again: only the worker that runs next shall be found.
DELETE FROM giftbridge.status

-- name: hint_off
-- Takes the NOTIFY of an insert away, however its trigger is called.
DO $$
DECLARE
    v_name name;
BEGIN
    FOR v_name IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = 'giftbridge.orders'::regclass AND tgfoid = 'giftbridge.orders_hint'::regproc
    LOOP
        EXECUTE format('ALTER TABLE giftbridge.orders DISABLE TRIGGER %I', v_name);
    END LOOP;
END
$$

-- name: hold_snapshot
-- In a transaction that stays open: nothing that dies from now on can be removed.
SELECT count(*) FROM giftbridge.shops

-- name: insert_for_shops
-- insert_orders, spread over $3 shops of shops_insert.
INSERT INTO giftbridge.orders (shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name,
    customer_address1, customer_postcode, customer_town, delivery_method, delivery_email, delivery_first_name,
    delivery_last_name, payment_method)
SELECT 'bench ' || (n % $3::integer + 1), $1 || n, '[{"id": 1, "price": 100.10, "to": "Ann Example", "from": "Bob Example", "message": "Happy birthday, and many happy returns of the day"}]'::jsonb,
    'bob.example@example.com', 'Bob', 'Example', '12 Long Street', 'AB1 2CD', 'Exampletown', 1, 'ann.example@example.com',
    'Ann', 'Example', 1
FROM generate_series(1, $2::integer) AS n

-- name: insert_orders
-- $1 prefix of the orders' numbers, $2 how many: orders of one item whose request is about 600 bytes, in one statement.
INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, customer_last_name,
    customer_address1, customer_postcode, customer_town, delivery_method, delivery_email, delivery_first_name,
    delivery_last_name, payment_method)
SELECT $1 || n, '[{"id": 1, "price": 100.10, "to": "Ann Example", "from": "Bob Example", "message": "Happy birthday, and many happy returns of the day"}]'::jsonb,
    'bob.example@example.com', 'Bob', 'Example', '12 Long Street', 'AB1 2CD', 'Exampletown', 1, 'ann.example@example.com',
    'Ann', 'Example', 1
FROM generate_series(1, $2::integer) AS n

-- name: is_listening
-- Whether the worker with process id $1 is up.
SELECT EXISTS (SELECT FROM giftbridge.status WHERE pid = $1::integer AND state = 'running' AND listening) AS is_up

-- name: is_open
-- Whether any order is not at its end.
SELECT EXISTS (SELECT FROM giftbridge.due) OR EXISTS (SELECT FROM giftbridge.in_flight) OR EXISTS (SELECT FROM giftbridge.attention) AS is_open

-- name: listen
LISTEN giftbridge_bench

-- name: notify
NOTIFY giftbridge_bench

-- name: orders
SELECT shop_order_id, status, order_reference, array_to_string(voucher_codes, ',') AS codes FROM giftbridge.orders

-- name: pages_full
-- Rows that are filled in leave no room on their pages, as at the end of an order's life: what fillfactor keeps free is used up
-- by the order's own changes then.
DO $$
BEGIN
    ALTER TABLE giftbridge.orders SET (fillfactor = 100);
END
$$

-- name: pages_roomy
-- As migrations/ has them.
DO $$
BEGIN
    ALTER TABLE giftbridge.orders SET (fillfactor = 80);
END
$$

-- name: pause
SELECT giftbridge.pause('default', 'benchmark')

-- name: resume
SELECT giftbridge.resume('default')

-- name: settings
-- What durability rests on, and the server's version.
SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version')

-- name: shop
-- No allowance: the benchmark's peer has none, and the speed is what is measured.
UPDATE giftbridge.shops SET rate_limit = NULL, payment_method = 1 WHERE name = 'default'

-- name: shops_delete
DELETE FROM giftbridge.shops WHERE name LIKE 'bench %'

-- name: shops_insert
-- $1 shops with an allowance each that is never used up.
INSERT INTO giftbridge.shops (name, payment_method, rate_limit, rate_group)
SELECT 'bench ' || n, 1, 100000, 'bench ' || n FROM generate_series(1, $1::integer) AS n

-- name: vacuum
VACUUM (ANALYZE) giftbridge.orders, giftbridge.codes, giftbridge.due, giftbridge.in_flight, giftbridge.journal
