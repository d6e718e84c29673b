-- What a look-up by `userName` has to read: the row of a user by the key of its name.
\set n random(1, :users - 1)
select id, version, created_at, updated_at, active, body, unmapped
from users
where org_id = '{org}' and scim_connection_id = '{connection}'
  and user_name_key = 'user-' || lpad(:n::text, 7, '0') || '@example.com';
