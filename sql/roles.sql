-- The roles of Giftbridge: groups without a login. Applied by `giftbridge migrate --roles`, and by every later `giftbridge
-- migrate` of a database that has them; safe to repeat. An administrator makes logins that are members of them:
--
--     CREATE ROLE shop_login LOGIN PASSWORD '…' IN ROLE giftbridge_shop;
--
-- Roles belong to the whole server, their permissions to this database. Functions are given without arguments, as no name is overloaded.
DO $$
DECLARE
    v_role name;
BEGIN
    FOREACH v_role IN ARRAY '{giftbridge_worker,giftbridge_shop,giftbridge_monitor}'::name[] LOOP
        IF to_regrole(v_role) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION
                -- A concurrent migration of another database of this server has created it.
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                        MESSAGE = format('role %s does not exist, and %s may not create it: ask an administrator to run '
                            'CREATE ROLE giftbridge_worker; CREATE ROLE giftbridge_shop; CREATE ROLE giftbridge_monitor; '
                            'then migrate again', v_role, current_user);
            END;
        END IF;
    END LOOP;
END
$$;

-- Revokes permissions of earlier versions, and those granted by hand, so that exactly the following remain.
REVOKE ALL ON SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL TABLES IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
GRANT USAGE ON SCHEMA giftbridge TO giftbridge_worker, giftbridge_shop, giftbridge_monitor;
-- Every command first reads the schema's version.
GRANT SELECT ON giftbridge.migrations TO giftbridge_worker, giftbridge_shop, giftbridge_monitor;

-- The worker changes orders through functions only, so row-level security does not concern it. The second statement is for operators,
-- whose commands may use the worker's login. prune and adopt are for the schema's owner only.
GRANT EXECUTE ON FUNCTION giftbridge.identity, giftbridge.tell_accounts, giftbridge.look, giftbridge.claim, giftbridge.settle, giftbridge.rescue,
    giftbridge.set_idle, giftbridge.heartbeat, giftbridge.take_place TO giftbridge_worker;
GRANT EXECUTE ON FUNCTION giftbridge.retry, giftbridge.cancel, giftbridge.resolve_sold, giftbridge.resolve_unsold, giftbridge.verify,
    giftbridge.look_up, giftbridge.pause, giftbridge.resume TO giftbridge_worker;

-- A shop writes input columns, reads its own rows (row-level security in the migration), and never writes status or results.
-- Column by column, because the permission to UPDATE the whole table would include locking it.
GRANT SELECT (name, payment_method, online_methods, offline_methods, paused) ON giftbridge.shops TO giftbridge_shop;
GRANT SELECT,
    INSERT (shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name, customer_address1,
        customer_address2, customer_postcode, customer_town, customer_county, delivery_method, delivery_email, delivery_date,
        delivery_first_name, delivery_last_name, delivery_address1, delivery_address2, delivery_postcode, delivery_town,
        delivery_county, payment_method, priority, submit_after, expires_at),
    UPDATE (shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name, customer_address1,
        customer_address2, customer_postcode, customer_town, customer_county, delivery_method, delivery_email, delivery_date,
        delivery_first_name, delivery_last_name, delivery_address1, delivery_address2, delivery_postcode, delivery_town,
        delivery_county, payment_method, priority, submit_after, expires_at)
    ON giftbridge.orders TO giftbridge_shop;
GRANT SELECT ON giftbridge.vouchers TO giftbridge_shop;
GRANT EXECUTE ON FUNCTION giftbridge.retry, giftbridge.cancel TO giftbridge_shop;

-- The monitor sees the status: no orders, codes, journal or personal data. The worker's status page and the operator's commands also
-- show orders and journal, through views without codes and personal data.
GRANT SELECT ON giftbridge.status, giftbridge.queue, giftbridge.workers, giftbridge.sold_by_minute, giftbridge.installation_state
    TO giftbridge_worker, giftbridge_monitor;
-- Views call functions with their reader's permissions.
GRANT EXECUTE ON FUNCTION giftbridge.allowance, giftbridge.drain_seconds TO giftbridge_worker, giftbridge_monitor;
GRANT SELECT ON giftbridge.order_list, giftbridge.order_story, giftbridge.attempts, giftbridge.shop_setup TO giftbridge_worker;
