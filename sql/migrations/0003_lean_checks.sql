-- The same rules in fewer words. PostgreSQL reads a table's checks and its triggers' conditions anew for every statement, constants
-- above all: of what it costs to claim and settle one order that was a third.

-- What an order has in which state, and that there are no other states.
ALTER TABLE giftbridge.orders
    DROP CONSTRAINT orders_status_known,
    DROP CONSTRAINT orders_completed_has_time,
    DROP CONSTRAINT orders_result_only_when_completed,
    DROP CONSTRAINT orders_completed_has_codes,
    DROP CONSTRAINT orders_submitting_has_submission,
    DROP CONSTRAINT orders_due_while_open,
    DROP CONSTRAINT orders_in_doubt_since,
    DROP CONSTRAINT orders_explained,
    ADD CONSTRAINT orders_fit_status CHECK (CASE
        WHEN submission_id IS NOT NULL THEN status = 'submitting' AND due_at IS NOT NULL AND completed_at IS NULL
        WHEN completed_at IS NOT NULL THEN status = 'completed' AND due_at IS NULL AND in_doubt_since IS NULL
        WHEN in_doubt_since IS NOT NULL THEN status = 'in_doubt' AND error IS NOT NULL
        WHEN due_at IS NOT NULL THEN status = 'pending'
        ELSE status = 'cancelled' OR (status IN ('rejected', 'failed') AND error IS NOT NULL) END),
    ADD CONSTRAINT orders_result_when_completed CHECK (
        (completed_at IS NULL) = (voucher_codes IS NULL) AND (completed_at IS NOT NULL OR order_reference IS NULL));

-- The function has the state chart, and is asked but for the two changes of every order: from open to submitting, and from
-- submitting to completed. By these columns, as orders_fit_status ties them to the status.
DROP TRIGGER orders_transition ON giftbridge.orders;
CREATE TRIGGER orders_transition BEFORE UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status
        AND (OLD.due_at IS NULL OR NEW.submission_id IS NULL)
        AND (OLD.submission_id IS NULL OR NEW.completed_at IS NULL))
    EXECUTE FUNCTION giftbridge.orders_refuse_transition();

-- Nothing is due of what is finished or waits for a person.
DROP TRIGGER orders_announce ON giftbridge.orders;
CREATE TRIGGER orders_announce AFTER UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.due_at IS NULL AND NEW.status <> 'cancelled')
    EXECUTE FUNCTION giftbridge.orders_announce();
