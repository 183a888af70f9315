-- $1 names; those of which the server has no role
SELECT r.name FROM unnest($1::text[]) AS r (name) WHERE to_regrole(r.name) IS NULL
