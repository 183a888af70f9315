-- Settles as sold what cycle_claim.sql claimed: $1 orders, $2 tokens, $3 references, $4 codes, $5 how many. How many it was.
SELECT count(*) AS orders FROM giftbridge.settle(
    $1::bigint[], $2::uuid[], array_fill('completed'::text, ARRAY[$5::integer]), array_fill('completed'::text, ARRAY[$5::integer]),
    array_fill(true, ARRAY[$5::integer]), array_fill(NULL::interval, ARRAY[$5::integer]), array_fill(200, ARRAY[$5::integer]),
    array_fill(NULL::text, ARRAY[$5::integer]), array_fill(NULL::text, ARRAY[$5::integer]),
    array_fill('{"message":"Order processed successfully!"}'::text, ARRAY[$5::integer]), $3::text[], $4::text[],
    array_fill('exact'::text, ARRAY[$5::integer]), array_fill(NULL::text, ARRAY[$5::integer]), array_fill(NULL::interval, ARRAY[$5::integer]),
    array_fill(NULL::boolean, ARRAY[$5::integer]), '60 s', 10, false) AS settled
WHERE settled.is_applied
