-- The roles of Giftbridge: groups without a login. Applied by `giftbridge migrate --roles`, and by every later `giftbridge
-- migrate` of a database that has them; safe to repeat. An administrator makes logins that are members of them:
--
--     CREATE ROLE shop_login LOGIN PASSWORD '…' IN ROLE giftbridge_shop;
--
-- Roles belong to the whole server, their rights to this database. Functions stand here by name alone: there is one of each.
DO $$
DECLARE
    v_role name;
BEGIN
    FOREACH v_role IN ARRAY '{giftbridge_worker,giftbridge_shop,giftbridge_monitor}'::name[] LOOP
        IF to_regrole(v_role) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION
                -- A migration of another database of this server was faster.
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                        MESSAGE = format('there is no role %s, and %s may not create one: have an administrator run '
                            'CREATE ROLE giftbridge_worker; CREATE ROLE giftbridge_shop; CREATE ROLE giftbridge_monitor; '
                            'then migrate again', v_role, current_user);
            END;
        END IF;
    END LOOP;
END
$$;

-- Exactly what follows: rights of an earlier version, or given by mistake, end here.
REVOKE ALL ON SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL TABLES IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA giftbridge FROM giftbridge_worker, giftbridge_shop, giftbridge_monitor;
GRANT USAGE ON SCHEMA giftbridge TO giftbridge_worker, giftbridge_shop, giftbridge_monitor;
-- Every command asks for the schema's version first.
GRANT SELECT ON giftbridge.migrations TO giftbridge_worker, giftbridge_shop, giftbridge_monitor;

-- The worker changes orders through functions only; row-level security is not its business. The second line is for the operator,
-- whose commands may use the worker's login. Not prune and adopt: they are the owner's.
GRANT EXECUTE ON FUNCTION giftbridge.identity, giftbridge.tell_accounts, giftbridge.look, giftbridge.claim, giftbridge.settle, giftbridge.rescue,
    giftbridge.set_idle, giftbridge.heartbeat TO giftbridge_worker;
GRANT EXECUTE ON FUNCTION giftbridge.retry, giftbridge.cancel, giftbridge.resolve_sold, giftbridge.resolve_unsold, giftbridge.verify,
    giftbridge.look_up, giftbridge.pause, giftbridge.resume TO giftbridge_worker;

-- A shop writes input columns, reads its own rows (row-level security in the migration), and never writes status or results.
-- Column by column: a right to UPDATE the whole table would be a right to lock it.
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

-- The monitor sees how things are: no order, no code, no journal, no personal data. The worker's status page shows orders and the
-- journal besides, as the operator's commands do, through views without codes and personal data.
GRANT SELECT ON giftbridge.status, giftbridge.queue, giftbridge.workers, giftbridge.sold_by_minute
    TO giftbridge_worker, giftbridge_monitor;
-- Views call functions in their reader's name.
GRANT EXECUTE ON FUNCTION giftbridge.allowance, giftbridge.drain_seconds TO giftbridge_worker, giftbridge_monitor;
GRANT SELECT ON giftbridge.order_list, giftbridge.order_story, giftbridge.attempts, giftbridge.shop_setup TO giftbridge_worker;
