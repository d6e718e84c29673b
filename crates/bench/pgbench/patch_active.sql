-- What a PATCH of `active` has to write: the user, and the audit row and event of the change, in one
-- transaction. The users are of the second half: the gateway changes the first.
\set i :i + 1
\set n :client_id * 10000000 + :i
\set user random(:users / 2, :users - 1)
begin;
update users set active = not active, version = version + 1, updated_at = :now, body = :body,
                 search = :search::jsonb
where org_id = '{org}' and scim_connection_id = '{connection}'
  and id = ('{id_prefix}' || lpad(to_hex(:user::bigint), 12, '0'))::uuid;
insert into audit_log (org_id, id, at, actor, action, target, request_id)
values ('{org}', ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :now, :actor,
        'user.deactivated', :target, '{org}');
insert into event_sequences (org_id, last) values ('{org}', 1)
on conflict (org_id) do update set last = event_sequences.last + excluded.last
returning last \gset
insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor, request_id,
                    data, position)
values ('{org}', :last, ('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid,
        'user.deactivated', '{connection}', :now, :actor, '{org}', :data, null);
commit;
