-- What `GET /Users/{id}` has to read: the row of a user by its key.
\set n random(1, :users - 1)
select id, version, created_at, updated_at, active, body, unmapped
from users
where org_id = '{org}' and scim_connection_id = '{connection}'
  and id = ('{id_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid;
