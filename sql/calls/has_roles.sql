-- Whether `migrate --roles` was run in this database: then its roles are kept up to date.
SELECT coalesce(has_schema_privilege(to_regrole('giftbridge_worker'), 'giftbridge', 'USAGE'), false) AS installed
