-- The tables of schema giftbridge, their constraints and indexes: version 1 of the schema, and so far the only one, as
-- nothing is released. Functions, triggers and views live in files of their own and are installed again by every
-- `giftbridge migrate`.
--
-- The tables that an order passes through (docs/guarantees.md):
--     orders     what the shop wrote, and the result; updated once
--     codes      the voucher codes of its items, written when it is inserted, permanent
--     due        one narrow row while it waits for something that Giftbridge does automatically
--     in_flight  one row while a request is in flight, committed before the request is sent: the write-ahead entry
--     journal    one row per finished attempt; rows are only appended
--     attention  one row while an operator or the shop has to act
-- So a claim and a settle insert and delete narrow rows, and no index of `orders` has a column that changes.

CREATE TABLE giftbridge.installation (
    is_only           boolean     NOT NULL DEFAULT true,
    secret            bytea       NOT NULL,
    system_identifier bigint      NOT NULL,
    database_oid      oid         NOT NULL,
    timeline          integer     NOT NULL,
    adopted_at        timestamptz NOT NULL DEFAULT now(),
    promoted_at       timestamptz,
    CONSTRAINT installation_pkey PRIMARY KEY (is_only),
    CONSTRAINT installation_is_one CHECK (is_only),
    CONSTRAINT installation_secret_long_enough CHECK (length(secret) = 32)
);
COMMENT ON TABLE giftbridge.installation IS 'One row: the secret that voucher codes are derived from, and the PostgreSQL cluster that this database belongs to.';
COMMENT ON COLUMN giftbridge.installation.is_only IS 'Ensures that there is only one row.';
COMMENT ON COLUMN giftbridge.installation.secret IS 'Key of the derived voucher codes, made by the first migrate. Read only by functions that run with their owner''s rights.';
COMMENT ON COLUMN giftbridge.installation.system_identifier IS 'pg_control_system() of the cluster that sells from this database; giftbridge adopt updates it.';
COMMENT ON COLUMN giftbridge.installation.database_oid IS 'pg_database.oid: a copy of the database within the cluster has another.';
COMMENT ON COLUMN giftbridge.installation.timeline IS 'The cluster''s timeline when a worker last started; it grows with every promotion of a standby.';
COMMENT ON COLUMN giftbridge.installation.adopted_at IS 'When the schema was installed, or last adopted.';
COMMENT ON COLUMN giftbridge.installation.promoted_at IS 'When a worker saw that a standby had been promoted; null: never, or giftbridge adopt has run since.';

CREATE TABLE giftbridge.shops (
    name            text        NOT NULL,
    payment_method  integer,
    online_methods  integer[]   NOT NULL DEFAULT '{1}',
    offline_methods integer[]   NOT NULL DEFAULT '{}',
    assign_codes    boolean     NOT NULL DEFAULT true,
    code_prefix     text        NOT NULL DEFAULT '',
    rate_limit      integer     DEFAULT 60,
    rate_window     interval    NOT NULL DEFAULT '60 s',
    rate_group      text,
    site_id         integer,
    callback_url    text,
    api_url         text,
    db_role         name,
    paused          boolean     NOT NULL DEFAULT false,
    paused_until    timestamptz,
    pause_reason    text,
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
COMMENT ON COLUMN giftbridge.shops.name IS 'The shop''s name; the variable of its key contains it. It cannot be changed once the shop has orders.';
COMMENT ON COLUMN giftbridge.shops.payment_method IS 'Vendor payment method for orders that have none.';
COMMENT ON COLUMN giftbridge.shops.online_methods IS 'Vendor delivery methods that need delivery_email.';
COMMENT ON COLUMN giftbridge.shops.offline_methods IS 'Vendor delivery methods that need delivery_address1 and delivery_postcode.';
COMMENT ON COLUMN giftbridge.shops.assign_codes IS 'Giftbridge assigns a code to every item without one when the order is inserted. This is the only protection against a double sale.';
COMMENT ON COLUMN giftbridge.shops.code_prefix IS 'Alphanumeric prefix of the assigned codes.';
COMMENT ON COLUMN giftbridge.shops.rate_limit IS 'Requests that the vendor allows in any rate_window; null: no limit.';
COMMENT ON COLUMN giftbridge.shops.rate_window IS 'Length of the window of rate_limit; the limit holds for every window of this length.';
COMMENT ON COLUMN giftbridge.shops.rate_group IS 'Shops with the same group share one allowance; null: shops with the same key share one.';
COMMENT ON COLUMN giftbridge.shops.site_id IS 'The vendor''s number of the company''s site, which POST /redeem/check needs; null: unknown, and orders in doubt cannot be looked up.';
COMMENT ON COLUMN giftbridge.shops.callback_url IS 'Reserved for results by HTTP; not used yet.';
COMMENT ON COLUMN giftbridge.shops.api_url IS 'Base URL of the vendor for this shop; null: the worker''s GIFTBRIDGE_API_URL.';
COMMENT ON COLUMN giftbridge.shops.db_role IS 'The role (with its members) that may use the shop''s orders; null: every role that may insert, as long as no shop has a db_role.';
COMMENT ON COLUMN giftbridge.shops.paused IS 'The shop''s orders are not sent until giftbridge.resume.';
COMMENT ON COLUMN giftbridge.shops.pause_reason IS 'Why the shop is paused.';
COMMENT ON COLUMN giftbridge.shops.paused_until IS 'When the pause ends; null while paused: when giftbridge.resume is called.';

CREATE TABLE giftbridge.allowances (
    name            text          NOT NULL,
    rate_limit      integer,
    rate_window     interval      NOT NULL,
    throttled_until timestamptz,
    free_at         timestamptz[] NOT NULL DEFAULT '{}',
    taken           integer[]     NOT NULL DEFAULT '{}',
    taken_again     integer[]     NOT NULL DEFAULT '{}',
    CONSTRAINT allowances_pkey PRIMARY KEY (name),
    CONSTRAINT allowances_arrays_fit CHECK (cardinality(free_at) = cardinality(taken) AND cardinality(taken) = cardinality(taken_again))
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE giftbridge.allowances IS 'One row per allowance: the requests that still count against the vendor''s rate limit. A claim locks the row while it counts.';
COMMENT ON COLUMN giftbridge.allowances.name IS '''group '' and shops.rate_group; or ''key '' and the key''s fingerprint; or, while that is unknown, ''shop '' and the shop''s name.';
COMMENT ON COLUMN giftbridge.allowances.rate_limit IS 'The strictest limit of its shops; null: no limit.';
COMMENT ON COLUMN giftbridge.allowances.rate_window IS 'The longest window of its shops.';
COMMENT ON COLUMN giftbridge.allowances.throttled_until IS 'No request is sent before, because the vendor answered 429.';
COMMENT ON COLUMN giftbridge.allowances.free_at IS 'When places of the allowance become free again, ascending.';
COMMENT ON COLUMN giftbridge.allowances.taken IS 'Number of places that become free at each time of free_at.';
COMMENT ON COLUMN giftbridge.allowances.taken_again IS 'Number of those that were taken by retries, verifications and look-ups.';

CREATE TABLE giftbridge.shop_state (
    shop               text        NOT NULL,
    allowance          text        NOT NULL,
    account            text,
    codes_ignored_at   timestamptz,
    codes_respelled_at timestamptz,
    passed_at          timestamptz,
    CONSTRAINT shop_state_pkey PRIMARY KEY (shop)
);
CREATE INDEX shop_state_allowance_idx ON giftbridge.shop_state (allowance);
COMMENT ON TABLE giftbridge.shop_state IS 'Giftbridge''s own data about each shop, kept apart from giftbridge.shops, whose rows other sessions may lock.';
COMMENT ON COLUMN giftbridge.shop_state.shop IS 'giftbridge.shops.name.';
COMMENT ON COLUMN giftbridge.shop_state.allowance IS 'giftbridge.allowances.name.';
COMMENT ON COLUMN giftbridge.shop_state.account IS 'Fingerprint of the shop''s key, as last reported by a worker; null: none reported yet.';
COMMENT ON COLUMN giftbridge.shop_state.codes_ignored_at IS 'When the vendor ignored the codes that were sent and used its own: orders of the shop are not verified by sending them again until giftbridge.resume.';
COMMENT ON COLUMN giftbridge.shop_state.codes_respelled_at IS 'When the vendor last spelled codes differently from what was sent.';
COMMENT ON COLUMN giftbridge.shop_state.passed_at IS 'When an order was last answered while a key of the shop was set aside.';

CREATE TABLE giftbridge.set_aside (
    shop       text        NOT NULL,
    account    text        NOT NULL,
    reason     text        NOT NULL,
    since      timestamptz NOT NULL,
    faults     integer     NOT NULL DEFAULT 1,
    fault_at   timestamptz NOT NULL,
    probe_at   timestamptz NOT NULL,
    last_order bigint      NOT NULL,
    CONSTRAINT set_aside_pkey PRIMARY KEY (shop, account)
);
COMMENT ON TABLE giftbridge.set_aside IS 'Keys that the vendor refused for a shop; workers with another key continue. One order at a time tests whether the fault is fixed.';
COMMENT ON COLUMN giftbridge.set_aside.shop IS 'giftbridge.shops.name.';
COMMENT ON COLUMN giftbridge.set_aside.account IS 'The key''s fingerprint and the host that refused it: fingerprint@host.';
COMMENT ON COLUMN giftbridge.set_aside.reason IS 'One sentence for an operator.';
COMMENT ON COLUMN giftbridge.set_aside.since IS 'When the first request was refused.';
COMMENT ON COLUMN giftbridge.set_aside.faults IS 'Refused test orders in a row, including the first request; the delay until the next one grows with it.';
COMMENT ON COLUMN giftbridge.set_aside.fault_at IS 'When the last request was refused; requests that were claimed before do not count again.';
COMMENT ON COLUMN giftbridge.set_aside.probe_at IS 'When one order may probe.';
COMMENT ON COLUMN giftbridge.set_aside.last_order IS 'The order that was refused last; if possible the next test order is another one.';

CREATE TABLE giftbridge.accounts (
    shop      text        NOT NULL,
    worker    text        NOT NULL,
    account   text        NOT NULL,
    api_host  text        NOT NULL,
    seen_at   timestamptz NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (shop, worker)
);
CREATE INDEX accounts_account_idx ON giftbridge.accounts (account);
COMMENT ON TABLE giftbridge.accounts IS 'The key and host that each worker has for each shop whose orders it has seen.';
COMMENT ON COLUMN giftbridge.accounts.shop IS 'giftbridge.shops.name.';
COMMENT ON COLUMN giftbridge.accounts.worker IS 'giftbridge.status.worker.';
COMMENT ON COLUMN giftbridge.accounts.account IS 'The key''s fingerprint: 8 hex digits of a salted hash.';
COMMENT ON COLUMN giftbridge.accounts.api_host IS 'Host and port of the vendor''s address.';
COMMENT ON COLUMN giftbridge.accounts.seen_at IS 'When the worker reported it.';

CREATE TABLE giftbridge.unreachable (
    worker   text        NOT NULL,
    api_host text        NOT NULL,
    reason   text        NOT NULL,
    since    timestamptz NOT NULL,
    failures integer     NOT NULL DEFAULT 1,
    failed_at timestamptz NOT NULL,
    probe_at timestamptz NOT NULL,
    CONSTRAINT unreachable_pkey PRIMARY KEY (worker, api_host)
);
COMMENT ON TABLE giftbridge.unreachable IS 'Vendor addresses that a worker cannot reach; one order at a time tests them.';
COMMENT ON COLUMN giftbridge.unreachable.worker IS 'giftbridge.status.worker.';
COMMENT ON COLUMN giftbridge.unreachable.api_host IS 'Host and port.';
COMMENT ON COLUMN giftbridge.unreachable.reason IS 'One sentence for an operator.';
COMMENT ON COLUMN giftbridge.unreachable.since IS 'When the first request failed.';
COMMENT ON COLUMN giftbridge.unreachable.failures IS 'Failed test orders in a row, including the first request.';
COMMENT ON COLUMN giftbridge.unreachable.failed_at IS 'When the last request failed; requests that were claimed before do not count again.';
COMMENT ON COLUMN giftbridge.unreachable.probe_at IS 'When one order may probe.';

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
    expires_at          timestamptz,
    -- Written by Giftbridge, read by the shop
    status              text        NOT NULL DEFAULT 'pending',
    order_reference     text,
    voucher_codes       text[],
    error               text,
    attempts            integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    completed_at        timestamptz,
    -- Written and read by Giftbridge
    in_doubt_since      timestamptz,
    was_in_doubt        boolean     NOT NULL DEFAULT false,
    was_refused         boolean     NOT NULL DEFAULT false,
    verifications       integer     NOT NULL DEFAULT 0,
    sent_to             text,
    sent_payment_method integer,
    setup_faults        integer     NOT NULL DEFAULT 0,
    setup_fault_at      timestamptz,
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    -- The number comes first because it distinguishes orders better than the shop does.
    CONSTRAINT orders_shop_order_id_key UNIQUE (shop_order_id, shop),
    -- Which columns are set in which state, and that there are no other states. Kept short, because PostgreSQL parses a table's
    -- checks for every statement.
    CONSTRAINT orders_fit_status CHECK (CASE status
        WHEN 'pending' THEN num_nonnulls(completed_at, in_doubt_since) = 0
        WHEN 'completed' THEN completed_at IS NOT NULL AND in_doubt_since IS NULL
        WHEN 'in_doubt' THEN in_doubt_since IS NOT NULL AND was_in_doubt AND error IS NOT NULL AND completed_at IS NULL
        WHEN 'cancelled' THEN num_nonnulls(completed_at, in_doubt_since) = 0
        ELSE status IN ('rejected', 'failed') AND error IS NOT NULL AND num_nonnulls(completed_at, in_doubt_since) = 0 END),
    CONSTRAINT orders_result_when_completed CHECK (completed_at IS NOT NULL OR (order_reference IS NULL AND voucher_codes IS NULL)),
    CONSTRAINT orders_priority_bounded CHECK (priority BETWEEN -100 AND 100)
)
-- Leaves room for the one update on the same page, so that it can be HOT; dead rows are removed early, when that is cheap.
WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE giftbridge.orders IS 'The orders that shops insert, and their results.';
COMMENT ON COLUMN giftbridge.orders.id IS 'The Giftbridge id of the order.';
COMMENT ON COLUMN giftbridge.orders.shop IS 'The shop: giftbridge.shops.name.';
COMMENT ON COLUMN giftbridge.orders.shop_order_id IS 'The vendor''s order_id; unique per shop. Null: gb-<id> is sent.';
COMMENT ON COLUMN giftbridge.orders.items IS 'The vouchers: an array of {id, price, to, from, message, code, persons}.';
COMMENT ON COLUMN giftbridge.orders.customer_email IS 'The buyer; the vendor''s customer.email.';
COMMENT ON COLUMN giftbridge.orders.customer_first_name IS 'The vendor''s customer.first_name.';
COMMENT ON COLUMN giftbridge.orders.customer_last_name IS 'The vendor''s customer.last_name.';
COMMENT ON COLUMN giftbridge.orders.customer_address1 IS 'The vendor''s customer.address1.';
COMMENT ON COLUMN giftbridge.orders.customer_address2 IS 'The vendor''s customer.address2.';
COMMENT ON COLUMN giftbridge.orders.customer_postcode IS 'The vendor''s customer.postcode.';
COMMENT ON COLUMN giftbridge.orders.customer_town IS 'The vendor''s customer.town.';
COMMENT ON COLUMN giftbridge.orders.customer_county IS 'The vendor''s customer.county.';
COMMENT ON COLUMN giftbridge.orders.delivery_method IS 'The vendor''s delivery.method; shops.online_methods and offline_methods define what it needs.';
COMMENT ON COLUMN giftbridge.orders.delivery_email IS 'The recipient of the vouchers; required with an online method.';
COMMENT ON COLUMN giftbridge.orders.delivery_date IS 'Date of the delivery; null or today: at once.';
COMMENT ON COLUMN giftbridge.orders.delivery_first_name IS 'The vendor''s delivery.first_name.';
COMMENT ON COLUMN giftbridge.orders.delivery_last_name IS 'The vendor''s delivery.last_name.';
COMMENT ON COLUMN giftbridge.orders.delivery_address1 IS 'The vendor''s delivery.address1; required with an offline method.';
COMMENT ON COLUMN giftbridge.orders.delivery_address2 IS 'The vendor''s delivery.address2.';
COMMENT ON COLUMN giftbridge.orders.delivery_postcode IS 'The vendor''s delivery.postcode; required with an offline method.';
COMMENT ON COLUMN giftbridge.orders.delivery_town IS 'The vendor''s delivery.town.';
COMMENT ON COLUMN giftbridge.orders.delivery_county IS 'The vendor''s delivery.county.';
COMMENT ON COLUMN giftbridge.orders.payment_method IS 'The vendor''s payment method; null: the shop''s.';
COMMENT ON COLUMN giftbridge.orders.priority IS '-100 to 100, higher first.';
COMMENT ON COLUMN giftbridge.orders.submit_after IS 'Earliest time to send the order to the vendor.';
COMMENT ON COLUMN giftbridge.orders.expires_at IS 'An order that was certainly not sold by then becomes failed instead of being sent; null: never.';
COMMENT ON COLUMN giftbridge.orders.status IS 'pending: waiting for its turn, submit_after or a retry, or being sent (the views say submitting then); completed: sold; rejected: invalid, to be corrected by the shop; failed: given up, certainly not sold; in_doubt: outcome unknown, it may have been sold; cancelled: withdrawn before it was sent.';
COMMENT ON COLUMN giftbridge.orders.order_reference IS 'The order''s reference at Smart Gift; null for a sale whose answer was lost.';
COMMENT ON COLUMN giftbridge.orders.voucher_codes IS 'The voucher codes, one per item, in the items'' order. Treat them like cash.';
COMMENT ON COLUMN giftbridge.orders.error IS 'What went wrong, or what is special about the sale, in one or more sentences.';
COMMENT ON COLUMN giftbridge.orders.attempts IS 'Counted attempts. An attempt that was answered with a 429 or a set-up fault, or that did not reach the vendor, is not counted.';
COMMENT ON COLUMN giftbridge.orders.created_at IS 'When the order was inserted.';
COMMENT ON COLUMN giftbridge.orders.updated_at IS 'When the order last changed.';
COMMENT ON COLUMN giftbridge.orders.completed_at IS 'When Giftbridge learnt of the sale; null: not sold.';
COMMENT ON COLUMN giftbridge.orders.in_doubt_since IS 'Since when the outcome is unknown; null: not in doubt.';
COMMENT ON COLUMN giftbridge.orders.was_in_doubt IS 'The order is or was in doubt. Never reset, because a later refusal does not prove that it was not sold.';
COMMENT ON COLUMN giftbridge.orders.was_refused IS 'The vendor refused the order itself at least once, and may have kept its codes: a taken code no longer proves a sale.';
COMMENT ON COLUMN giftbridge.orders.verifications IS 'Verifications and look-ups in a row that left the order in doubt.';
COMMENT ON COLUMN giftbridge.orders.sent_to IS 'The account (fingerprint@host) of the request that left the order in doubt; it is verified only there. Null: never in doubt, or giftbridge.verify allowed another account.';
COMMENT ON COLUMN giftbridge.orders.sent_payment_method IS 'The payment method of that request, so that a verification is the same request even if the shop''s default has changed.';
COMMENT ON COLUMN giftbridge.orders.setup_faults IS 'Number of answers that show a configuration fault while other orders passed; after three the order itself is at fault.';
COMMENT ON COLUMN giftbridge.orders.setup_fault_at IS 'When an answer last showed a configuration fault.';

CREATE TABLE giftbridge.codes (
    order_id    bigint   NOT NULL,
    position    smallint NOT NULL,
    code        text     NOT NULL,
    is_assigned boolean  NOT NULL,
    CONSTRAINT codes_pkey PRIMARY KEY (order_id, position)
);
CREATE INDEX codes_code_idx ON giftbridge.codes (upper(code));
COMMENT ON TABLE giftbridge.codes IS 'The voucher codes of items, written when the order is inserted. Treat them like cash: no shop may read this table.';
COMMENT ON COLUMN giftbridge.codes.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.codes.position IS 'The item''s position in the order, from 1.';
COMMENT ON COLUMN giftbridge.codes.code IS 'The code as it is sent.';
COMMENT ON COLUMN giftbridge.codes.is_assigned IS 'Assigned by Giftbridge; false: chosen by the shop.';

CREATE TABLE giftbridge.due (
    order_id   bigint      NOT NULL,
    shop       text        NOT NULL,
    lane       smallint    NOT NULL,
    due_at     timestamptz NOT NULL,
    expires_at timestamptz,
    is_lookup  boolean     NOT NULL DEFAULT false,
    CONSTRAINT due_pkey PRIMARY KEY (order_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX due_lane_idx ON giftbridge.due (shop, lane, due_at, order_id);
CREATE INDEX due_expires_idx ON giftbridge.due (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE giftbridge.due IS 'Orders that wait for an automatic step: the first request, a retry, a verification or a look-up.';
COMMENT ON COLUMN giftbridge.due.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.due.shop IS 'giftbridge.orders.shop.';
COMMENT ON COLUMN giftbridge.due.lane IS 'Orders of the same lane are claimed together, lowest lane first: the negated priority (-100 to 100) of orders without a counted attempt; 200: retries, verifications, look-ups; 201: verifications after a worker died, one at a time.';
COMMENT ON COLUMN giftbridge.due.due_at IS 'Earliest time of the step.';
COMMENT ON COLUMN giftbridge.due.expires_at IS 'giftbridge.orders.expires_at, while the order was never in doubt.';
COMMENT ON COLUMN giftbridge.due.is_lookup IS 'The next request asks the vendor whether the order''s codes exist.';

CREATE TABLE giftbridge.in_flight (
    order_id       bigint      NOT NULL,
    token          uuid        NOT NULL,
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    shop           text        NOT NULL,
    lane           smallint    NOT NULL,
    kind           text        NOT NULL,
    attempt        integer     NOT NULL,
    position       smallint,
    worker         text        NOT NULL,
    account        text        NOT NULL,
    api_host       text        NOT NULL,
    allowance      text        NOT NULL,
    payment_method integer,
    expires_at     timestamptz,
    claimed_at     timestamptz NOT NULL,
    lease_until    timestamptz NOT NULL,
    CONSTRAINT in_flight_pkey PRIMARY KEY (order_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX in_flight_lease_idx ON giftbridge.in_flight (lease_until);
COMMENT ON TABLE giftbridge.in_flight IS 'The write-ahead entries: one row per request in flight, committed before the request is sent. An order has at most one.';
COMMENT ON COLUMN giftbridge.in_flight.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.in_flight.token IS 'The fence: random, made by the claim; only its holder can settle the attempt.';
COMMENT ON COLUMN giftbridge.in_flight.id IS 'The attempt''s number in the journal.';
COMMENT ON COLUMN giftbridge.in_flight.shop IS 'giftbridge.orders.shop.';
COMMENT ON COLUMN giftbridge.in_flight.lane IS 'The lane from which the order was claimed.';
COMMENT ON COLUMN giftbridge.in_flight.kind IS 'sale, verification or lookup.';
COMMENT ON COLUMN giftbridge.in_flight.attempt IS 'The order''s counted attempts, including this one.';
COMMENT ON COLUMN giftbridge.in_flight.position IS 'For a look-up: the item whose code is looked up, from 1.';
COMMENT ON COLUMN giftbridge.in_flight.worker IS 'The worker that sends it: giftbridge.status.worker.';
COMMENT ON COLUMN giftbridge.in_flight.account IS 'Fingerprint of the key for the request.';
COMMENT ON COLUMN giftbridge.in_flight.api_host IS 'Host and port for the request.';
COMMENT ON COLUMN giftbridge.in_flight.allowance IS 'giftbridge.allowances.name.';
COMMENT ON COLUMN giftbridge.in_flight.payment_method IS 'Payment method of the request.';
COMMENT ON COLUMN giftbridge.in_flight.expires_at IS 'As in giftbridge.due.';
COMMENT ON COLUMN giftbridge.in_flight.claimed_at IS 'When it was claimed; from then on it counts against the allowance.';
COMMENT ON COLUMN giftbridge.in_flight.lease_until IS 'When the lease expires: then the worker counts as lost, and the order becomes in_doubt and is verified.';

CREATE TABLE giftbridge.journal (
    order_id    bigint      NOT NULL,
    id          bigint      NOT NULL,
    token       uuid        NOT NULL,
    shop        text        NOT NULL,
    kind        text        NOT NULL,
    attempt     integer     NOT NULL,
    worker      text        NOT NULL,
    account     text        NOT NULL,
    api_host    text        NOT NULL,
    allowance   text        NOT NULL,
    claimed_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    http_status integer,
    outcome     text        NOT NULL,
    error       text,
    response    text,
    reference   text,
    codes_hash  bytea,
    is_rescue   boolean     NOT NULL DEFAULT false,
    CONSTRAINT journal_kind_known CHECK (kind IN ('sale', 'verification', 'lookup')),
    CONSTRAINT journal_outcome_known CHECK (outcome IN ('completed', 'rejected', 'retry', 'in_doubt', 'released')),
    CONSTRAINT journal_response_bounded CHECK (length(response) <= 4096)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.2);
-- No primary key, because an attempt with a late result has two rows, and ids can repeat after a restore.
CREATE INDEX journal_order_idx ON giftbridge.journal (order_id, id);
-- Rows are appended in the order of time, so a summary per range of pages is enough to find the last hour.
CREATE INDEX journal_finished_idx ON giftbridge.journal USING brin (finished_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON TABLE giftbridge.journal IS 'Finished attempts; rows are only appended. giftbridge.submissions has these and those in flight.';
COMMENT ON COLUMN giftbridge.journal.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.journal.id IS 'The attempt''s number.';
COMMENT ON COLUMN giftbridge.journal.token IS 'The attempt''s fence.';
COMMENT ON COLUMN giftbridge.journal.shop IS 'giftbridge.orders.shop.';
COMMENT ON COLUMN giftbridge.journal.kind IS 'sale, verification or lookup.';
COMMENT ON COLUMN giftbridge.journal.attempt IS 'The order''s counted attempts, including this one.';
COMMENT ON COLUMN giftbridge.journal.worker IS 'The worker that sent it: giftbridge.status.worker.';
COMMENT ON COLUMN giftbridge.journal.account IS 'Fingerprint of the key of the request: 8 hex digits of a salted hash.';
COMMENT ON COLUMN giftbridge.journal.api_host IS 'Host and port of the request.';
COMMENT ON COLUMN giftbridge.journal.allowance IS 'giftbridge.allowances.name.';
COMMENT ON COLUMN giftbridge.journal.claimed_at IS 'When it was claimed; from then on it counted against the allowance.';
COMMENT ON COLUMN giftbridge.journal.finished_at IS 'When the outcome was written.';
COMMENT ON COLUMN giftbridge.journal.http_status IS 'The status of the vendor''s answer; null: there was none.';
COMMENT ON COLUMN giftbridge.journal.outcome IS 'completed; rejected; retry (certainly not sold); in_doubt (outcome unknown); released (returned to the queue unsent).';
COMMENT ON COLUMN giftbridge.journal.error IS 'What went wrong, in one sentence; null: nothing went wrong.';
COMMENT ON COLUMN giftbridge.journal.response IS 'First 4 kB of the vendor''s answer, without voucher codes and e-mail addresses; never a key.';
COMMENT ON COLUMN giftbridge.journal.reference IS 'The vendor''s reference in an accepted answer.';
COMMENT ON COLUMN giftbridge.journal.codes_hash IS 'SHA-256 of the codes in an accepted answer whose order no longer exists.';
COMMENT ON COLUMN giftbridge.journal.is_rescue IS 'Written when the lease had expired, not for an answer: a late answer is still to be recorded.';

CREATE TABLE giftbridge.lookups (
    order_id  bigint      NOT NULL,
    position  smallint    NOT NULL,
    is_found  boolean     NOT NULL,
    looked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT lookups_pkey PRIMARY KEY (order_id, position)
);
COMMENT ON TABLE giftbridge.lookups IS 'Answers of POST /redeem/check in the current or last look-up of an order.';
COMMENT ON COLUMN giftbridge.lookups.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.lookups.position IS 'The item, from 1.';
COMMENT ON COLUMN giftbridge.lookups.is_found IS 'Whether the vendor knows the item''s code.';
COMMENT ON COLUMN giftbridge.lookups.looked_at IS 'When the vendor answered.';

CREATE TABLE giftbridge.attention (
    order_id bigint      NOT NULL,
    shop     text        NOT NULL,
    status   text        NOT NULL,
    since    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT attention_pkey PRIMARY KEY (order_id),
    CONSTRAINT attention_status_known CHECK (status IN ('rejected', 'failed', 'in_doubt'))
);
CREATE INDEX attention_shop_idx ON giftbridge.attention (shop, status);
COMMENT ON TABLE giftbridge.attention IS 'Orders that need attention: rejected, failed, or in doubt where Giftbridge can do nothing more automatically.';
COMMENT ON COLUMN giftbridge.attention.order_id IS 'giftbridge.orders.id.';
COMMENT ON COLUMN giftbridge.attention.shop IS 'giftbridge.orders.shop.';
COMMENT ON COLUMN giftbridge.attention.status IS 'giftbridge.orders.status.';
COMMENT ON COLUMN giftbridge.attention.since IS 'Since when.';

CREATE TABLE giftbridge.actions (
    id       bigint      GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    shop     text,
    order_id bigint,
    reason   text,
    before   text,
    after    text,
    CONSTRAINT actions_pkey PRIMARY KEY (id)
);
CREATE INDEX actions_order_idx ON giftbridge.actions (order_id) WHERE order_id IS NOT NULL;
COMMENT ON TABLE giftbridge.actions IS 'Actions of operators and shops: one row per retry, cancel, resolve, verify, pause, resume, prune and adopt. Rows are only appended.';
COMMENT ON COLUMN giftbridge.actions.id IS 'Number of the action.';
COMMENT ON COLUMN giftbridge.actions.at IS 'When it was done.';
COMMENT ON COLUMN giftbridge.actions.actor IS 'The session''s user, or the role that it has set.';
COMMENT ON COLUMN giftbridge.actions.action IS 'The name of the SQL function.';
COMMENT ON COLUMN giftbridge.actions.shop IS 'The shop; null: none.';
COMMENT ON COLUMN giftbridge.actions.order_id IS 'The order; null: none.';
COMMENT ON COLUMN giftbridge.actions.reason IS 'The reason that was given.';
COMMENT ON COLUMN giftbridge.actions.before IS 'The order''s status, or other state, before the action.';
COMMENT ON COLUMN giftbridge.actions.after IS 'The order''s status, or other state, after the action; no codes, no personal data.';

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
COMMENT ON COLUMN giftbridge.status.state IS 'starting, running, draining (completes requests in flight) or stopped.';
COMMENT ON COLUMN giftbridge.status.started_at IS 'When the process started.';
COMMENT ON COLUMN giftbridge.status.heartbeat_at IS 'When its last heartbeat was written.';
COMMENT ON COLUMN giftbridge.status.in_flight IS 'Requests that the worker has in flight.';
COMMENT ON COLUMN giftbridge.status.completed IS 'Orders completed by this process since it started.';
COMMENT ON COLUMN giftbridge.status.rejected IS 'Orders rejected or failed, since it started.';
COMMENT ON COLUMN giftbridge.status.retried IS 'Attempts that were certainly no sale and whose order became pending again, since it started.';
COMMENT ON COLUMN giftbridge.status.in_doubt IS 'Attempts whose outcome is unknown, since it started.';
COMMENT ON COLUMN giftbridge.status.last_error IS 'The last thing that went wrong; no secrets, codes or personal data.';
COMMENT ON COLUMN giftbridge.status.last_error_at IS 'When that was.';
COMMENT ON COLUMN giftbridge.status.listening IS 'The worker''s LISTEN connection is up.';

CREATE UNLOGGED TABLE giftbridge.idle_workers (
    worker text NOT NULL,
    CONSTRAINT idle_workers_pkey PRIMARY KEY (worker)
);
COMMENT ON TABLE giftbridge.idle_workers IS 'Workers that wait for a notification; without a row no commit of a shop notifies. Unlogged: after a crash every worker connects and looks again.';
COMMENT ON COLUMN giftbridge.idle_workers.worker IS 'The worker''s name.';

INSERT INTO giftbridge.installation (secret, system_identifier, database_oid, timeline)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    (SELECT c.system_identifier FROM pg_control_system() AS c), (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()),
    (SELECT c.timeline_id FROM pg_control_checkpoint() AS c);
-- A shop's key is in GIFTBRIDGE_API_KEY_<NAME>: two shops must not share the variable.
CREATE UNIQUE INDEX shops_key_variable_idx ON giftbridge.shops (upper(regexp_replace(name COLLATE "C", '[^A-Za-z0-9]', '_', 'g')));
CREATE INDEX shops_closed_idx ON giftbridge.shops (name) WHERE db_role IS NOT NULL;
INSERT INTO giftbridge.shops (name) VALUES ('default');
INSERT INTO giftbridge.shop_state (shop, allowance) VALUES ('default', 'shop default');
INSERT INTO giftbridge.allowances (name, rate_limit, rate_window) VALUES ('shop default', 60, '60 s');

-- Which rows a role may use. Permissions are in roles.sql. The policies do not apply to the tables' owner, and so not to functions
-- that run with the owner's rights. The function's body is in functions/.
CREATE FUNCTION giftbridge.is_open_to(p_db_role name, p_role name DEFAULT current_user) RETURNS boolean
    LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
ALTER TABLE giftbridge.shops ENABLE ROW LEVEL SECURITY;
CREATE POLICY shops_read ON giftbridge.shops FOR SELECT USING (giftbridge.is_open_to(db_role));
ALTER TABLE giftbridge.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY orders_read ON giftbridge.orders FOR SELECT
    USING (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));
CREATE POLICY orders_insert ON giftbridge.orders FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));
CREATE POLICY orders_change ON giftbridge.orders FOR UPDATE
    USING (status IN ('pending', 'rejected', 'failed') AND EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop))
    WITH CHECK (EXISTS (SELECT FROM giftbridge.shops AS s WHERE s.name = shop));

-- Forward declarations: functions/ has their bodies.
CREATE FUNCTION giftbridge.shops_check() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.shops_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_check() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_enqueue() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_hint() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_announce() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.attention_announce() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';
CREATE FUNCTION giftbridge.orders_keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not installed''; END';

CREATE TRIGGER shops_check BEFORE INSERT OR UPDATE OR DELETE ON giftbridge.shops
    FOR EACH ROW EXECUTE FUNCTION giftbridge.shops_check();
CREATE TRIGGER shops_changed AFTER INSERT OR UPDATE OR DELETE ON giftbridge.shops
    FOR EACH ROW EXECUTE FUNCTION giftbridge.shops_changed();

CREATE TRIGGER orders_check_insert BEFORE INSERT ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_check();

-- Once per statement, however many rows: codes and due rows.
CREATE TRIGGER orders_enqueue AFTER INSERT ON giftbridge.orders REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION giftbridge.orders_enqueue();
-- At the end of the transaction, when it is known whether a worker is idle; once, for the first of its orders. The setting is the
-- transaction's own, and a savepoint takes it back together with the order.
CREATE CONSTRAINT TRIGGER orders_hint AFTER INSERT ON giftbridge.orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (current_setting('giftbridge.hint', true) IS DISTINCT FROM pg_current_xact_id()::text
        AND set_config('giftbridge.hint', pg_current_xact_id()::text, true) IS NOT NULL)
    EXECUTE FUNCTION giftbridge.orders_hint();

-- These three fire only where an input column is in the SET list: Giftbridge's own updates set none of them.
CREATE TRIGGER orders_check_update BEFORE UPDATE OF
    shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name, customer_address1,
    customer_address2, customer_postcode, customer_town, customer_county, delivery_method, delivery_email, delivery_date,
    delivery_first_name, delivery_last_name, delivery_address1, delivery_address2, delivery_postcode, delivery_town,
    delivery_county, payment_method, priority, submit_after, expires_at
    ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_check();
-- Runs after the check because of its name. A claim must not take an order that is being changed, and an order that is being sent
-- must not be changed.
CREATE TRIGGER orders_hold BEFORE UPDATE OF
    shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name, customer_address1,
    customer_address2, customer_postcode, customer_town, customer_county, delivery_method, delivery_email, delivery_date,
    delivery_first_name, delivery_last_name, delivery_address1, delivery_address2, delivery_postcode, delivery_town,
    delivery_county, payment_method, priority, submit_after, expires_at
    ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_hold();
CREATE TRIGGER orders_changed AFTER UPDATE OF shop, items, priority, submit_after, expires_at ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_changed();

-- The state chart is in the function, which is not called for the most common change, to completed.
CREATE TRIGGER orders_transition BEFORE UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.completed_at IS NULL)
    EXECUTE FUNCTION giftbridge.orders_refuse_transition();

-- One notification per finished order, and one per order in doubt when it needs attention.
CREATE TRIGGER orders_announce AFTER UPDATE OF status ON giftbridge.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status IN ('completed', 'rejected', 'failed'))
    EXECUTE FUNCTION giftbridge.orders_announce();
CREATE TRIGGER attention_announce AFTER INSERT ON giftbridge.attention
    FOR EACH ROW WHEN (NEW.status = 'in_doubt') EXECUTE FUNCTION giftbridge.attention_announce();

CREATE TRIGGER orders_keep BEFORE DELETE ON giftbridge.orders
    FOR EACH ROW EXECUTE FUNCTION giftbridge.orders_keep();
CREATE TRIGGER orders_keep_all BEFORE TRUNCATE ON giftbridge.orders
    FOR EACH STATEMENT EXECUTE FUNCTION giftbridge.orders_keep();
