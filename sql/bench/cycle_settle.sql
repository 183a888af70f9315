-- Settles as sold what cycle_claim.sql claimed: $1 submissions, $2 references, $3 codes, $4 how many. How many it was.
SELECT count(*) AS orders FROM giftbridge.settle(
    $1::bigint[], array_fill('completed'::text, ARRAY[$4::integer]), array_fill('completed'::text, ARRAY[$4::integer]),
    array_fill(true, ARRAY[$4::integer]), array_fill(NULL::interval, ARRAY[$4::integer]), array_fill(false, ARRAY[$4::integer]),
    array_fill(200, ARRAY[$4::integer]), array_fill(NULL::text, ARRAY[$4::integer]), array_fill(NULL::text, ARRAY[$4::integer]),
    array_fill('{"message":"Order processed successfully!"}'::text, ARRAY[$4::integer]), $2::text[], $3::text[]) AS settled
WHERE settled.applied
