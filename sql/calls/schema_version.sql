-- The highest migration that is installed.
SELECT coalesce(max(version), 0) AS version FROM giftbridge.migrations
