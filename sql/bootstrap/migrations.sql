-- The table in which `giftbridge migrate` records its migrations. Run first, under its lock, in a schema of the current role.
COMMENT ON SCHEMA giftbridge IS 'Giftbridge: gift voucher orders from web shops to Smart Gift.';
CREATE TABLE IF NOT EXISTS giftbridge.migrations (
    version    integer     NOT NULL CONSTRAINT migrations_pkey PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE giftbridge.migrations IS 'The installed migrations; written by giftbridge migrate.';
COMMENT ON COLUMN giftbridge.migrations.version IS 'The number in front of the migration''s file name.';
COMMENT ON COLUMN giftbridge.migrations.name IS 'The rest of its name.';
COMMENT ON COLUMN giftbridge.migrations.applied_at IS 'When it was applied.';
