-- The tables of schema giftbridge, their constraints, indexes and triggers.
-- Functions and views live in files of their own (functions/, views/) and are installed anew by every `giftbridge migrate`.

CREATE TABLE giftbridge.shops (
    name            text        NOT NULL,
    payment_method  integer,
    online_methods  integer[]   NOT NULL DEFAULT '{1}',
    offline_methods integer[]   NOT NULL DEFAULT '{}',
    assign_codes    boolean     NOT NULL DEFAULT true,
    code_prefix     text        NOT NULL DEFAULT '',
    rate_limit      integer     DEFAULT 60,
    rate_window     interval    NOT NULL DEFAULT '60 s',
    rate_group      text        NOT NULL,
    api_url         text,
    db_role         name,
    paused          boolean     NOT NULL DEFAULT false,
    paused_until    timestamptz,
    pause_reason    text,
    setup_faults    integer     NOT NULL DEFAULT 0,
    setup_fault_at  timestamptz,
    throttled_until timestamptz,
    CONSTRAINT shops_pkey PRIMARY KEY (name),
    CONSTRAINT shops_name_valid CHECK (name ~ '^[[:alnum:]][[:alnum:] ._-]*$' AND length(name) <= 63),
    CONSTRAINT shops_code_prefix_alphanumeric CHECK (code_prefix ~ '^[A-Za-z0-9]{0,16}$'),
    CONSTRAINT shops_rate_limit_positive CHECK (rate_limit > 0),
    CONSTRAINT shops_rate_window_positive CHECK (rate_window > '0 s' AND rate_window <= '1 day'),
    CONSTRAINT shops_rate_group_not_empty CHECK (rate_group <> ''),
    CONSTRAINT shops_methods_apart CHECK (NOT online_methods && offline_methods),
    CONSTRAINT shops_pause_explained CHECK (paused OR (paused_until IS NULL AND pause_reason IS NULL))
);
COMMENT ON TABLE giftbridge.shops IS 'One row per web shop. Its secret key is never here: the worker has it as GIFTBRIDGE_API_KEY or GIFTBRIDGE_API_KEY_<SHOP>.';
COMMENT ON COLUMN giftbridge.shops.name IS 'The shop''s name; its key''s variable is made of it.';
COMMENT ON COLUMN giftbridge.shops.payment_method IS 'Vendor payment method used where an order has none.';
COMMENT ON COLUMN giftbridge.shops.online_methods IS 'Vendor delivery methods that need delivery_email.';
COMMENT ON COLUMN giftbridge.shops.offline_methods IS 'Vendor delivery methods that need delivery_address1 and delivery_postcode.';
COMMENT ON COLUMN giftbridge.shops.assign_codes IS 'Give every item without a code a random one before the first request: the only lever against a double sale.';
COMMENT ON COLUMN giftbridge.shops.code_prefix IS 'Alphanumeric prefix of the codes that the bridge makes.';
COMMENT ON COLUMN giftbridge.shops.rate_limit IS 'Requests that the vendor allows in any rate_window; null: no limit.';
COMMENT ON COLUMN giftbridge.shops.rate_window IS 'The window of rate_limit, wherever it begins.';
COMMENT ON COLUMN giftbridge.shops.rate_group IS 'Shops with one group share one allowance; default: the shop''s own name.';
COMMENT ON COLUMN giftbridge.shops.api_url IS 'Base URL of the vendor for this shop; null: the worker''s GIFTBRIDGE_API_URL.';
COMMENT ON COLUMN giftbridge.shops.db_role IS 'The one role (with its members) whose orders these are; null: every role that may insert.';
COMMENT ON COLUMN giftbridge.shops.paused IS 'Nothing is sent: by giftbridge.pause, or after a set-up fault.';
COMMENT ON COLUMN giftbridge.shops.pause_reason IS 'Why the shop is paused, and what to do.';
COMMENT ON COLUMN giftbridge.shops.paused_until IS 'Set by a set-up fault: when one order probes whether it is mended. Null while paused: until giftbridge.resume.';
COMMENT ON COLUMN giftbridge.shops.setup_faults IS 'Set-up faults in a row; the delay until the next probe grows with it.';
COMMENT ON COLUMN giftbridge.shops.setup_fault_at IS 'When the last set-up fault was counted; answers to requests claimed before do not count again.';
COMMENT ON COLUMN giftbridge.shops.throttled_until IS 'The vendor answered 429: nothing of this rate group leaves before.';

CREATE TABLE giftbridge.orders (
    id                  bigint      GENERATED ALWAYS AS IDENTITY,
    -- Written by the shop
    shop                text        NOT NULL DEFAULT 'default',
    shop_order_id       text,
    items               jsonb       NOT NULL,
    customer_email      text        NOT NULL,
    customer_first_name text,
    customer_last_name  text,
    customer_address1   text,
    customer_address2   text,
    customer_postcode   text,
    customer_town       text,
    customer_county     text,
    delivery_method     integer     NOT NULL,
    delivery_email      text,
    delivery_date       date,
    delivery_first_name text,
    delivery_last_name  text,
    delivery_address1   text,
    delivery_address2   text,
    delivery_postcode   text,
    delivery_town       text,
    delivery_county     text,
    payment_method      integer,
    priority            smallint    NOT NULL DEFAULT 0,
    submit_after        timestamptz NOT NULL DEFAULT now(),
    -- Written by the bridge, read by the shop
    status              text        NOT NULL DEFAULT 'pending',
    order_reference     text,
    voucher_codes       text[],
    error               text,
    attempts            integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    completed_at        timestamptz,
    -- The bridge's own
    due_at              timestamptz,
    submission_id       bigint,
    assigned_codes      text[],
    codes_renewed       boolean     NOT NULL DEFAULT false,
    sent_payment_method integer,
    in_doubt_since      timestamptz,
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT orders_shop_fkey FOREIGN KEY (shop) REFERENCES giftbridge.shops (name) ON UPDATE CASCADE,
    CONSTRAINT orders_shop_order_id_key UNIQUE (shop, shop_order_id),
    CONSTRAINT orders_status_known CHECK (status IN
        ('pending', 'submitting', 'completed', 'rejected', 'failed', 'in_doubt', 'cancelled')),
    CONSTRAINT orders_completed_has_time CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    CONSTRAINT orders_result_only_when_completed CHECK
        (status = 'completed' OR (order_reference IS NULL AND voucher_codes IS NULL)),
    CONSTRAINT orders_completed_has_codes CHECK (status <> 'completed' OR voucher_codes IS NOT NULL),
    CONSTRAINT orders_submitting_has_submission CHECK ((status = 'submitting') = (submission_id IS NOT NULL)),
    CONSTRAINT orders_due_while_open CHECK (CASE status
        WHEN 'pending' THEN due_at IS NOT NULL
        WHEN 'submitting' THEN due_at IS NOT NULL
        WHEN 'in_doubt' THEN true
        ELSE due_at IS NULL END),
    CONSTRAINT orders_in_doubt_since CHECK (CASE status
        WHEN 'in_doubt' THEN in_doubt_since IS NOT NULL
        WHEN 'submitting' THEN true
        ELSE in_doubt_since IS NULL END),
    CONSTRAINT orders_explained CHECK (status NOT IN ('rejected', 'failed', 'in_doubt') OR error IS NOT NULL)
)
-- Room for a few HOT updates on a page; a queue table's dead rows are cleared early and cheaply.
WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE giftbridge.orders IS 'What shops insert, and where the vendor''s answer appears.';
COMMENT ON COLUMN giftbridge.orders.id IS 'The bridge''s number of the order.';
COMMENT ON COLUMN giftbridge.orders.shop IS 'Whose order it is: giftbridge.shops.name.';
COMMENT ON COLUMN giftbridge.orders.shop_order_id IS 'The vendor''s order_id; unique per shop. Null: the bridge sends gb-<id>.';
COMMENT ON COLUMN giftbridge.orders.items IS 'The vouchers: an array of {id, price, to, from, message, code, persons}.';
COMMENT ON COLUMN giftbridge.orders.customer_email IS 'Who pays; the vendor''s customer.email.';
COMMENT ON COLUMN giftbridge.orders.customer_first_name IS 'The vendor''s customer.first_name.';
COMMENT ON COLUMN giftbridge.orders.customer_last_name IS 'The vendor''s customer.last_name.';
COMMENT ON COLUMN giftbridge.orders.customer_address1 IS 'The vendor''s customer.address1.';
COMMENT ON COLUMN giftbridge.orders.customer_address2 IS 'The vendor''s customer.address2.';
COMMENT ON COLUMN giftbridge.orders.customer_postcode IS 'The vendor''s customer.postcode.';
COMMENT ON COLUMN giftbridge.orders.customer_town IS 'The vendor''s customer.town.';
COMMENT ON COLUMN giftbridge.orders.customer_county IS 'The vendor''s customer.county.';
COMMENT ON COLUMN giftbridge.orders.delivery_method IS 'The vendor''s delivery.method; shops.online_methods and offline_methods say what it needs.';
COMMENT ON COLUMN giftbridge.orders.delivery_email IS 'Where the vouchers go; required with an online method.';
COMMENT ON COLUMN giftbridge.orders.delivery_date IS 'A future date delivers then; null, today or a past date: at once.';
COMMENT ON COLUMN giftbridge.orders.delivery_first_name IS 'The vendor''s delivery.first_name.';
COMMENT ON COLUMN giftbridge.orders.delivery_last_name IS 'The vendor''s delivery.last_name.';
COMMENT ON COLUMN giftbridge.orders.delivery_address1 IS 'The vendor''s delivery.address1; required with an offline method.';
COMMENT ON COLUMN giftbridge.orders.delivery_address2 IS 'The vendor''s delivery.address2.';
COMMENT ON COLUMN giftbridge.orders.delivery_postcode IS 'The vendor''s delivery.postcode; required with an offline method.';
COMMENT ON COLUMN giftbridge.orders.delivery_town IS 'The vendor''s delivery.town.';
COMMENT ON COLUMN giftbridge.orders.delivery_county IS 'The vendor''s delivery.county.';
COMMENT ON COLUMN giftbridge.orders.payment_method IS 'The vendor''s payment method; null: the shop''s.';
COMMENT ON COLUMN giftbridge.orders.priority IS 'Higher first.';
COMMENT ON COLUMN giftbridge.orders.submit_after IS 'Not sent to the vendor before.';
COMMENT ON COLUMN giftbridge.orders.status IS 'pending: waiting for its turn, submit_after or a retry; submitting: one worker holds it and its request may be on the way; completed: sold; rejected: invalid, to be mended by the shop; failed: given up, certainly not sold; in_doubt: may be sold, its answer is lost; cancelled: withdrawn before it was sent.';
COMMENT ON COLUMN giftbridge.orders.order_reference IS 'The order''s reference at Smart Gift; null for a sale that was proven without the vendor''s answer.';
COMMENT ON COLUMN giftbridge.orders.voucher_codes IS 'The voucher codes, one per item, in the items'' order. Bearer money.';
COMMENT ON COLUMN giftbridge.orders.error IS 'One sentence for a person.';
COMMENT ON COLUMN giftbridge.orders.attempts IS 'Submissions that count: a 429, a set-up fault or an order put back does not.';
COMMENT ON COLUMN giftbridge.orders.created_at IS 'When the order was inserted.';
COMMENT ON COLUMN giftbridge.orders.updated_at IS 'When the order last changed.';
COMMENT ON COLUMN giftbridge.orders.completed_at IS 'When the sale was known to the bridge; null: not sold.';
COMMENT ON COLUMN giftbridge.orders.due_at IS 'When the bridge acts on the order next by itself: pending: claim; submitting: lease end; in_doubt: verification; null: never.';
COMMENT ON COLUMN giftbridge.orders.submission_id IS 'The journal row whose request may be on the way: the fence of every settle.';
COMMENT ON COLUMN giftbridge.orders.assigned_codes IS 'Codes of the bridge''s own making, one element per item, null where the shop chose the code. Once sent, never changed.';
COMMENT ON COLUMN giftbridge.orders.codes_renewed IS 'No (more) new codes when one of the bridge''s own is taken: that happens once, and only where the vendor never answered a request with them.';
COMMENT ON COLUMN giftbridge.orders.sent_payment_method IS 'The payment method as first sent, so that a later request is the same when the shop''s default has changed.';
COMMENT ON COLUMN giftbridge.orders.in_doubt_since IS 'Since when a sale may have happened without the bridge knowing; kept while a verification is on the way.';

-- One index per question of the claim; finished orders are in none of them.
-- The claim of one shop and priority, in the order of due time. The priority is negated so that all columns ascend and a
-- row comparison can step from lane to lane.
CREATE INDEX orders_pending_idx ON giftbridge.orders (shop, (- priority::integer), due_at, id) WHERE status = 'pending';
-- Rescue of ended leases, and verification.
CREATE INDEX orders_submitting_idx ON giftbridge.orders (due_at) WHERE status = 'submitting';
CREATE INDEX orders_in_doubt_idx ON giftbridge.orders (due_at) WHERE status = 'in_doubt';
-- What needs a person, for the queue view.
CREATE INDEX orders_refused_idx ON giftbridge.orders (shop, status) WHERE status IN ('rejected', 'failed');

CREATE TABLE giftbridge.submissions (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    order_id    bigint      NOT NULL,
    attempt     integer     NOT NULL,
    worker      text        NOT NULL,
    rate_group  text        NOT NULL,
    claimed_at  timestamptz NOT NULL,
    finished_at timestamptz,
    http_status integer,
    outcome     text,
    error       text,
    response    text,
    CONSTRAINT submissions_pkey PRIMARY KEY (id),
    CONSTRAINT submissions_order_fkey FOREIGN KEY (order_id) REFERENCES giftbridge.orders (id),
    CONSTRAINT submissions_outcome_known CHECK (outcome IN ('completed', 'rejected', 'retry', 'in_doubt', 'released')),
    CONSTRAINT submissions_finished_has_outcome CHECK ((outcome IS NULL) = (finished_at IS NULL)),
    CONSTRAINT submissions_response_bounded CHECK (length(response) <= 4096)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE giftbridge.submissions IS 'The journal: one row per attempt, committed before its request leaves. It is also the rate limiter''s memory.';
COMMENT ON COLUMN giftbridge.submissions.id IS 'The fence: an order is settled only by the submission that holds it.';
COMMENT ON COLUMN giftbridge.submissions.order_id IS 'The order: giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.submissions.attempt IS 'The order''s attempts that count, this one included.';
COMMENT ON COLUMN giftbridge.submissions.worker IS 'Whose request it is: giftbridge.status.worker.';
COMMENT ON COLUMN giftbridge.submissions.rate_group IS 'The rate group whose allowance this attempt used.';
COMMENT ON COLUMN giftbridge.submissions.claimed_at IS 'From here on the attempt counts against the allowance.';
COMMENT ON COLUMN giftbridge.submissions.finished_at IS 'When the outcome was written; null: in the air.';
COMMENT ON COLUMN giftbridge.submissions.http_status IS 'The status of the vendor''s answer; null: there was none.';
COMMENT ON COLUMN giftbridge.submissions.error IS 'One sentence for a person; null: nothing went wrong.';
COMMENT ON COLUMN giftbridge.submissions.outcome IS 'Null: in the air. completed, rejected, retry (certainly not sold), in_doubt, released (put back, never sent).';
COMMENT ON COLUMN giftbridge.submissions.response IS 'First 4 kB of the vendor''s answer, voucher codes blotted out; never a key.';
CREATE INDEX submissions_order_idx ON giftbridge.submissions (order_id);
CREATE INDEX submissions_allowance_idx ON giftbridge.submissions (rate_group, claimed_at);

CREATE TABLE giftbridge.status (
    worker        text        NOT NULL,
    host          text        NOT NULL,
    pid           integer     NOT NULL,
    version       text        NOT NULL,
    state         text        NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT now(),
    heartbeat_at  timestamptz NOT NULL DEFAULT now(),
    in_flight     integer     NOT NULL DEFAULT 0,
    completed     bigint      NOT NULL DEFAULT 0,
    rejected      bigint      NOT NULL DEFAULT 0,
    retried       bigint      NOT NULL DEFAULT 0,
    in_doubt      bigint      NOT NULL DEFAULT 0,
    last_error    text,
    last_error_at timestamptz,
    listening     boolean     NOT NULL DEFAULT false,
    CONSTRAINT status_pkey PRIMARY KEY (worker),
    CONSTRAINT status_state_known CHECK (state IN ('starting', 'running', 'draining', 'stopped'))
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE giftbridge.status IS 'One row per worker process. A heartbeat older than a minute is a dead worker.';
COMMENT ON COLUMN giftbridge.status.worker IS 'The worker''s name, as in giftbridge.submissions.worker.';
COMMENT ON COLUMN giftbridge.status.host IS 'The machine it runs on.';
COMMENT ON COLUMN giftbridge.status.pid IS 'Its process id there.';
COMMENT ON COLUMN giftbridge.status.version IS 'The version of its program.';
COMMENT ON COLUMN giftbridge.status.state IS 'starting, running, draining (finishes what is in the air) or stopped.';
COMMENT ON COLUMN giftbridge.status.started_at IS 'When the process started.';
COMMENT ON COLUMN giftbridge.status.heartbeat_at IS 'When it last said that it lives.';
COMMENT ON COLUMN giftbridge.status.in_flight IS 'Requests that the worker has in the air.';
COMMENT ON COLUMN giftbridge.status.completed IS 'Orders completed by this process since it started.';
COMMENT ON COLUMN giftbridge.status.rejected IS 'Orders rejected or failed, since it started.';
COMMENT ON COLUMN giftbridge.status.retried IS 'Submissions that were certainly no sale and whose order went back to pending, since it started.';
COMMENT ON COLUMN giftbridge.status.in_doubt IS 'Submissions whose answer was lost, since it started.';
COMMENT ON COLUMN giftbridge.status.last_error IS 'The last thing that went wrong; no secrets, codes or personal data.';
COMMENT ON COLUMN giftbridge.status.last_error_at IS 'When that was.';
COMMENT ON COLUMN giftbridge.status.listening IS 'The worker''s LISTEN connection is up.';

INSERT INTO giftbridge.shops (name, rate_group) VALUES ('default', 'default');

-- Forward declarations: functions/ holds their bodies.
CREATE FUNCTION giftbridge.shops_defaults() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_check() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_hint() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_announce() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';

CREATE TRIGGER shops_defaults BEFORE INSERT OR UPDATE ON giftbridge.shops
    FOR EACH ROW EXECUTE FUNCTION giftbridge.shops_defaults();

CREATE TRIGGER orders_check_insert BEFORE INSERT ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_check();

-- Fires only where an input column is in the SET list: claim and settle set none of them.
CREATE TRIGGER orders_check_update BEFORE UPDATE OF
    shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name, customer_address1,
    customer_address2, customer_postcode, customer_town, customer_county, delivery_method, delivery_email, delivery_date,
    delivery_first_name, delivery_last_name, delivery_address1, delivery_address2, delivery_postcode, delivery_town,
    delivery_county, payment_method, priority, submit_after
    ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_check();

-- The state chart. A condition, not a function: an allowed change costs next to nothing.
CREATE TRIGGER orders_transition BEFORE UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('pending', 'submitting'), ('pending', 'cancelled'),
        -- A late success is the truth, whatever was thought meanwhile.
        ('pending', 'completed'), ('rejected', 'completed'), ('failed', 'completed'),
        ('submitting', 'completed'), ('submitting', 'rejected'), ('submitting', 'failed'), ('submitting', 'pending'),
        ('submitting', 'in_doubt'),
        ('in_doubt', 'submitting'), ('in_doubt', 'completed'), ('in_doubt', 'pending'),
        ('rejected', 'pending'), ('failed', 'pending')))
    EXECUTE FUNCTION giftbridge.orders_refuse_transition();

-- One notification per statement, however many rows.
CREATE TRIGGER orders_hint_insert AFTER INSERT ON giftbridge.orders
    FOR EACH STATEMENT EXECUTE FUNCTION giftbridge.orders_hint();
CREATE TRIGGER orders_hint_update AFTER UPDATE OF shop, priority, submit_after ON giftbridge.orders
    FOR EACH STATEMENT EXECUTE FUNCTION giftbridge.orders_hint();

-- One notification per order that is finished, or waits for a person.
CREATE TRIGGER orders_announce AFTER UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND (NEW.status IN ('completed', 'rejected', 'failed')
        OR (NEW.status = 'in_doubt' AND NEW.due_at IS NULL)))
    EXECUTE FUNCTION giftbridge.orders_announce();

-- Whose rows are whose. Privileges are another matter (roles.sql); the tables' owner, and so every function that runs with the
-- owner's rights, is above these policies.
CREATE FUNCTION giftbridge.is_open_to(p_db_role name, p_role name DEFAULT current_user) RETURNS boolean
    LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
ALTER TABLE giftbridge.shops ENABLE ROW LEVEL SECURITY;
CREATE POLICY shops_read ON giftbridge.shops FOR SELECT USING (giftbridge.is_open_to(db_role));
ALTER TABLE giftbridge.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY orders_read ON giftbridge.orders FOR SELECT
    USING (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));
CREATE POLICY orders_insert ON giftbridge.orders FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));
-- Also what SELECT … FOR UPDATE may lock: an order on its way is not among it, or a shop that holds such a lock would hold up
-- the settle of everybody's.
CREATE POLICY orders_change ON giftbridge.orders FOR UPDATE
    USING (status IN ('pending', 'rejected', 'failed') AND EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop))
    WITH CHECK (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));
