-- What `POST /Users` has to write: the user with its key columns and address, the count of its
-- connection, and the audit row and event of the change, in one transaction. Ids grow, as UUIDv7
-- do: there is a counter of the transactions of each client.
\set i :i + 1
\set n :client_id * 10000000 + :i
begin;
insert into users (org_id, scim_connection_id, id, user_name_key, external_id, display_name_key,
                   active, version, created_at, updated_at, body, unmapped, search)
values ('{org}', '{connection}', ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid,
        '{new_prefix}' || :n, '{new_prefix}' || :n, :display_name, true, 1, :now, :now,
        :body, null, :search::jsonb)
on conflict (org_id, scim_connection_id, user_name_key) do nothing;
insert into user_emails (org_id, scim_connection_id, value_key, user_id)
values ('{org}', '{connection}', '{new_prefix}' || :n || '@example.com',
        ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid);
update directory_counts set users = users + 1
where org_id = '{org}' and scim_connection_id = '{connection}';
insert into audit_log (org_id, id, at, actor, action, target, request_id)
values ('{org}', ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :now, :actor,
        'user.created', :target, '{org}');
insert into event_sequences (org_id, last) values ('{org}', 1)
on conflict (org_id) do update set last = event_sequences.last + excluded.last
returning last \gset
insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor, request_id,
                    data, position)
values ('{org}', :last, ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, 'user.created',
        '{connection}', :now, :actor, '{org}', :data, null);
commit;
