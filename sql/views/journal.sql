-- The journal without the vendor's answers, which may repeat personal data; `error` as in order_list. By calls/order_journal.sql (command `show`, status page).
CREATE OR REPLACE VIEW giftbridge.journal AS
SELECT j.id, j.order_id, j.attempt, j.worker, j.claimed_at, j.finished_at, j.http_status, j.outcome, j.error
FROM giftbridge.submissions AS j;
COMMENT ON VIEW giftbridge.journal IS 'The journal without the vendor''s answers: one row per attempt.';
