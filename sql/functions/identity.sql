-- Checks whether this database still belongs to the cluster in which it was installed or adopted.
-- is_clone: it is in another cluster, or is another database of the same one: a restored or copied database, which must not sell
-- before giftbridge.adopt(). is_promoted: the same cluster on a new timeline: a standby was promoted, and its last commits may be lost.
-- Sequences that are behind their tables, as after a partial restore, are corrected.
-- Called by the worker at its start, and by `giftbridge check`. Result: one row.
CREATE OR REPLACE FUNCTION giftbridge.identity(OUT is_clone boolean, OUT is_promoted boolean, OUT sequences_set text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_known    giftbridge.installation;
    v_timeline CONSTANT integer := (SELECT c.timeline_id FROM pg_control_checkpoint() AS c);
    v_serial   record;
    v_last     bigint;
    v_highest  bigint;
BEGIN
    SELECT i.* INTO v_known FROM giftbridge.installation AS i;
    is_clone := NOT EXISTS (
        SELECT FROM pg_control_system() AS c, pg_database AS d
        WHERE d.datname = current_database() AND c.system_identifier = v_known.system_identifier AND d.oid = v_known.database_oid);
    is_promoted := NOT is_clone AND v_timeline > v_known.timeline;
    sequences_set := '{}';
    IF is_clone THEN
        RETURN;
    END IF;
    IF is_promoted THEN
        UPDATE giftbridge.installation AS i SET timeline = v_timeline;
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
