-- Checks whether this database still belongs to the cluster in which it was installed or adopted.
-- is_clone: it is in another cluster, or is another database of the same one: a restored or copied database, which must not sell
-- before giftbridge.adopt(). is_promoted: the same cluster on a new timeline: a standby was promoted, and its last commits may be lost.
-- Sequences that are behind their tables, as after a partial restore, are corrected.
-- Called by the worker at its start. Result: one row.
CREATE OR REPLACE FUNCTION giftbridge.identity(OUT is_clone boolean, OUT is_promoted boolean, OUT sequences_set text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_timeline CONSTANT integer := (SELECT c.timeline_id FROM pg_control_checkpoint() AS c);
    v_serial   record;
    v_last     bigint;
    v_highest  bigint;
BEGIN
    SELECT s.is_clone INTO is_clone FROM giftbridge.installation_state AS s;
    is_promoted := NOT is_clone AND v_timeline > (SELECT i.timeline FROM giftbridge.installation AS i);
    sequences_set := '{}';
    IF is_clone THEN
        RETURN;
    END IF;
    IF is_promoted THEN
        UPDATE giftbridge.installation AS i SET timeline = v_timeline, promoted_at = now();
    END IF;
    FOR v_serial IN SELECT * FROM (VALUES ('orders'), ('actions')) AS t (name) LOOP
        EXECUTE format('SELECT last_value FROM giftbridge.%I', v_serial.name || '_id_seq') INTO v_last;
        EXECUTE format('SELECT coalesce(max(id), 0) FROM giftbridge.%I', v_serial.name) INTO v_highest;
        IF v_highest > v_last THEN
            PERFORM setval(format('giftbridge.%I', v_serial.name || '_id_seq'), v_highest + 1000);
            sequences_set := sequences_set || v_serial.name;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION giftbridge.identity() IS 'Whether this database still belongs to the cluster that it was installed in.';
