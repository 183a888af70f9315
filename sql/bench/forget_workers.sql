-- Process ids come again: only the worker that runs next shall be found.
DELETE FROM giftbridge.status
