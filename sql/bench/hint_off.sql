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
