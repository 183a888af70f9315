-- What makes claim and settle cheaper without changing what they promise.

-- A journal row more than doubles when its answer is written. With room for that on its page it is a HOT update, which leaves the
-- three indexes alone; the finished rows fill the page.
ALTER TABLE giftbridge.submissions SET (fillfactor = 40);

-- The state chart as before, in a shape that PostgreSQL reads quickly: it reads a trigger's condition anew for every statement.
DROP TRIGGER orders_transition ON giftbridge.orders;
CREATE TRIGGER orders_transition BEFORE UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND OLD.status || '>' || NEW.status <> ALL (
        -- A late success is the truth, whatever was thought meanwhile: completed may follow every open or refused state.
        '{pending>submitting,pending>cancelled,pending>completed,submitting>completed,submitting>rejected,submitting>failed,submitting>pending,submitting>in_doubt,in_doubt>submitting,in_doubt>completed,in_doubt>pending,rejected>completed,rejected>pending,failed>completed,failed>pending}'::text[]))
    EXECUTE FUNCTION giftbridge.orders_refuse_transition();
