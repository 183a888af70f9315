-- Records that this database belongs to this cluster, so that a restored or copied database can sell, and that what a promotion may
-- have lost was looked into. For the schema's owner.
CREATE OR REPLACE FUNCTION giftbridge.adopt() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE giftbridge.installation AS i
    SET system_identifier = c.system_identifier, database_oid = d.oid, timeline = k.timeline_id, adopted_at = now(), promoted_at = NULL
    FROM pg_control_system() AS c, pg_control_checkpoint() AS k, pg_database AS d WHERE d.datname = current_database();
    PERFORM giftbridge.act('adopt', NULL, NULL, NULL, NULL, NULL);
END
$$;
COMMENT ON FUNCTION giftbridge.adopt() IS 'Records that this database belongs to this cluster, so that a restored or copied database can sell.';
