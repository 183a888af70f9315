-- Refuses items that the vendor could never sell (vendor page create-order, field `items`).
-- Called by orders_check, whose search_path it has. Takes no locks. Result: the items, with every price a JSON number.
CREATE OR REPLACE FUNCTION giftbridge.items_check(p_items jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_item    jsonb;
    v_at      text;
    v_unknown jsonb;
    v_field   text;
    v_number  numeric;
    v_longest integer;
    v_codes   text[] := '{}';
BEGIN
    IF p_items IS NULL OR jsonb_typeof(p_items) <> 'array' OR jsonb_array_length(p_items) = 0 THEN
        PERFORM giftbridge.refuse_order('items', 'must be a JSON array of one or more items');
    ELSIF jsonb_array_length(p_items) > 100 THEN
        PERFORM giftbridge.refuse_order('items', format('must have at most 100 items, not %s: insert several orders', jsonb_array_length(p_items)));
    END IF;
    IF octet_length(p_items::text) > 262144 THEN
        PERFORM giftbridge.refuse_order('items', 'must not be larger than 256 kB of JSON');
    END IF;
    FOR i IN 0 .. jsonb_array_length(p_items) - 1 LOOP
        v_item := p_items -> i;
        v_at := format('items[%s]', i);
        IF jsonb_typeof(v_item) <> 'object' THEN
            PERFORM giftbridge.refuse_order(v_at, 'must be a JSON object');
        END IF;
        v_unknown := v_item - '{id,price,to,from,message,code,persons}'::text[];
        IF v_unknown <> '{}' THEN
            v_field := (SELECT key FROM jsonb_object_keys(v_unknown) AS key LIMIT 1);
            PERFORM giftbridge.refuse_order(v_at, format('has a field %I that the vendor does not know: the fields are id, price, to, from, message, code and persons', left(v_field, 40)));
        END IF;

        IF jsonb_typeof(v_item -> 'id') IS DISTINCT FROM 'number' OR (v_item ->> 'id') !~ '^[0-9]{1,10}$'
            OR (v_item ->> 'id')::bigint NOT BETWEEN 1 AND 2147483647 THEN
            PERFORM giftbridge.refuse_order(v_at || '.id', 'is required and must be the id of a voucher type, a positive integer');
        END IF;

        IF jsonb_typeof(v_item -> 'price') <> 'null' THEN
            IF jsonb_typeof(v_item -> 'price') = 'string' AND (v_item ->> 'price') ~ '^[0-9]{1,9}([.][0-9]+)?$' THEN
                -- PHP and Python's Decimal write exact numbers as strings; they are sent as numbers.
                p_items := jsonb_set(p_items, ARRAY[i::text, 'price'], to_jsonb((v_item ->> 'price')::numeric));
            ELSIF jsonb_typeof(v_item -> 'price') <> 'number' THEN
                PERFORM giftbridge.refuse_order(v_at || '.price', 'must be a number, such as 19.99 or "19.99"');
            END IF;
            v_number := (v_item ->> 'price')::numeric;
            IF v_number <= 0 OR scale(v_number) > 2 OR v_number >= 100000000 THEN
                PERFORM giftbridge.refuse_order(v_at || '.price', 'must be a positive number with at most two decimals, below 100000000');
            END IF;
        END IF;

        IF jsonb_typeof(v_item -> 'persons') <> 'null' AND (jsonb_typeof(v_item -> 'persons') <> 'number'
            OR (v_item ->> 'persons') !~ '^[0-9]{1,6}$' OR (v_item ->> 'persons')::integer < 1) THEN
            PERFORM giftbridge.refuse_order(v_at || '.persons', 'must be an integer of 1 or more');
        END IF;

        FOREACH v_field IN ARRAY '{to,from,message,code}'::text[] LOOP
            v_longest := CASE v_field WHEN 'message' THEN 20000 ELSE 1000 END;
            IF jsonb_typeof(v_item -> v_field) NOT IN ('string', 'null') THEN
                PERFORM giftbridge.refuse_order(format('%s.%s', v_at, v_field), 'must be a JSON string');
            ELSIF length(v_item ->> v_field) > v_longest THEN
                PERFORM giftbridge.refuse_order(format('%s.%s', v_at, v_field), format('is longer than %s characters', v_longest));
            END IF;
        END LOOP;

        IF jsonb_typeof(v_item -> 'code') = 'string' THEN
            IF (v_item ->> 'code') !~ '^[A-Za-z0-9]+$' OR length(v_item ->> 'code') > 64 THEN
                PERFORM giftbridge.refuse_order(v_at || '.code', 'must be 1 to 64 letters and digits (A-Z, a-z, 0-9)');
            ELSIF upper(v_item ->> 'code') = ANY (v_codes) THEN
                PERFORM giftbridge.refuse_order(v_at || '.code', 'is used twice in the order: voucher codes must be unique');
            END IF;
            v_codes := v_codes || upper(v_item ->> 'code');
        END IF;
    END LOOP;
    RETURN p_items;
END
$$;
COMMENT ON FUNCTION giftbridge.items_check(jsonb) IS 'Refuses items that could never be sold.';
