create function mine_version_ins() returns trigger language plpgsql as $$
declare tx bigint := nullif(current_setting('versiongen.tx', true), '')::bigint; junk text; r record; l bigint; lop smallint; same boolean; hj text; mj text; ss text;
begin
 select n.*, exists (select from new_rows offset 1) as v_multi into r from new_rows n limit 1;
 if not found then return null; end if;
 if not r.v_multi then
  -- one row (the common case): plain statements by primary key, no joins
  select v.transaction_id, v.operation_type into l, lop from mine_version v where v.id = r.id order by v.transaction_id desc limit 1;
  
  if l = tx then
   update mine_version v set mine_no = r.mine_no, name = r.name, status = r.status, region = r.region, latitude = r.latitude, longitude = r.longitude, major = r.major, ore_grade = r.ore_grade, note = r.note, permit = r.permit, deleted_ind = r.deleted_ind, create_user = r.create_user, create_timestamp = r.create_timestamp, update_user = r.update_user, update_timestamp = r.update_timestamp, operation_type = case when lop = 2 then 1 else lop end where v.id = r.id and v.transaction_id = tx;
   return null;
  end if;
  -- none yet, or another transaction with a later id committed a version of this row first: take a (fresh) id, now that the row is locked
  if tx is null or l > tx then insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true); end if;
  if l is not null then update mine_version v set end_transaction_id = tx where v.id = r.id and v.transaction_id = l; end if;
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) values (r.id, r.mine_no, r.name, r.status, r.region, r.latitude, r.longitude, r.major, r.ore_grade, r.note, r.permit, r.deleted_ind, r.create_user, r.create_timestamp, r.update_user, r.update_timestamp, tx, 0);
  return null;
 end if;
 -- many rows: set based. The plans are cached for the session and may have been made for another row count or an empty
 -- version table, so only index nested loops are allowed while these statements are planned
 hj := current_setting('enable_hashjoin'); mj := current_setting('enable_mergejoin'); ss := current_setting('enable_seqscan');
 junk := set_config('enable_hashjoin', 'off', true) || set_config('enable_mergejoin', 'off', true) || set_config('enable_seqscan', 'off', true);
 if tx is null then
  -- first write of this transaction: the id is taken while every touched row is locked, so it is above all their versions
  with t as (insert into transaction(issued_at, remote_addr, user_id) select timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint where exists (select from new_rows) returning id, set_config('versiongen.tx', id::text, true)),
  c as (update mine_version x set end_transaction_id = t.id from t, new_rows n, lateral (select v.ctid as lctid, v.transaction_id as ltx from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l where x.ctid = l.lctid)
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, t.id, 0 from t, new_rows n;
  junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
  return null;
 end if;
 for i in 1..2 loop
  with w as materialized (select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, l.lctid, l.ltx from new_rows n left join lateral (select v.ctid as lctid, v.transaction_id as ltx from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l on true where true),
  g as materialized (select coalesce(max(ltx), 0) as m from w),
  c as (update mine_version x set end_transaction_id = tx from w where x.ctid = w.lctid and w.ltx < tx and (select m from g) <= tx),
  z as (insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select w.id, w.mine_no, w.name, w.status, w.region, w.latitude, w.longitude, w.major, w.ore_grade, w.note, w.permit, w.deleted_ind, w.create_user, w.create_timestamp, w.update_user, w.update_timestamp, tx, 0 from w where (select m from g) <= tx
   on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = case when v.operation_type = 2 then 1 else v.operation_type end)
  select null from g where m > tx into junk;
  exit when not found;
  -- another transaction with a later id committed a version of one of these rows: go on under a fresh id
  insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true);
 end loop;
 junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
 return null;
end $$;
create function mine_version_upd() returns trigger language plpgsql as $$
declare tx bigint := nullif(current_setting('versiongen.tx', true), '')::bigint; junk text; r record; l bigint; lop smallint; same boolean; hj text; mj text; ss text;
begin
 select n.*, exists (select from new_rows offset 1) as v_multi into r from new_rows n limit 1;
 if not found then return null; end if;
 if not r.v_multi then
  -- one row (the common case): plain statements by primary key, no joins
  select v.transaction_id, v.operation_type, record_image_eq(row(r.mine_no, r.name, r.status, r.region, r.latitude, r.longitude, r.major, r.ore_grade, r.note, r.permit, r.deleted_ind, r.create_user, r.create_timestamp, r.update_user, r.update_timestamp), row(v.mine_no, v.name, v.status, v.region, v.latitude, v.longitude, v.major, v.ore_grade, v.note, v.permit, v.deleted_ind, v.create_user, v.create_timestamp, v.update_user, v.update_timestamp)) into l, lop, same from mine_version v where v.id = r.id order by v.transaction_id desc limit 1;
  if same and lop <> 2 then return null; end if;
  if l = tx then
   update mine_version v set mine_no = r.mine_no, name = r.name, status = r.status, region = r.region, latitude = r.latitude, longitude = r.longitude, major = r.major, ore_grade = r.ore_grade, note = r.note, permit = r.permit, deleted_ind = r.deleted_ind, create_user = r.create_user, create_timestamp = r.create_timestamp, update_user = r.update_user, update_timestamp = r.update_timestamp, operation_type = case when lop = 0 then 0 else 1 end where v.id = r.id and v.transaction_id = tx;
   return null;
  end if;
  -- none yet, or another transaction with a later id committed a version of this row first: take a (fresh) id, now that the row is locked
  if tx is null or l > tx then insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true); end if;
  if l is not null then update mine_version v set end_transaction_id = tx where v.id = r.id and v.transaction_id = l; end if;
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) values (r.id, r.mine_no, r.name, r.status, r.region, r.latitude, r.longitude, r.major, r.ore_grade, r.note, r.permit, r.deleted_ind, r.create_user, r.create_timestamp, r.update_user, r.update_timestamp, tx, 1);
  return null;
 end if;
 -- many rows: set based. The plans are cached for the session and may have been made for another row count or an empty
 -- version table, so only index nested loops are allowed while these statements are planned
 hj := current_setting('enable_hashjoin'); mj := current_setting('enable_mergejoin'); ss := current_setting('enable_seqscan');
 junk := set_config('enable_hashjoin', 'off', true) || set_config('enable_mergejoin', 'off', true) || set_config('enable_seqscan', 'off', true);
 if tx is null then
  -- first write of this transaction: the id is taken while every touched row is locked, so it is above all their versions
  with w as materialized (select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, l.lctid from new_rows n left join lateral (select v.ctid as lctid, v.transaction_id as ltx, v.operation_type as lop, v.mine_no as l_mine_no, v.name as l_name, v.status as l_status, v.region as l_region, v.latitude as l_latitude, v.longitude as l_longitude, v.major as l_major, v.ore_grade as l_ore_grade, v.note as l_note, v.permit as l_permit, v.deleted_ind as l_deleted_ind, v.create_user as l_create_user, v.create_timestamp as l_create_timestamp, v.update_user as l_update_user, v.update_timestamp as l_update_timestamp from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l on true where (l.ltx is null or l.lop = 2 or record_image_ne(row(n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp), row(l.l_mine_no, l.l_name, l.l_status, l.l_region, l.l_latitude, l.l_longitude, l.l_major, l.l_ore_grade, l.l_note, l.l_permit, l.l_deleted_ind, l.l_create_user, l.l_create_timestamp, l.l_update_user, l.l_update_timestamp)))),
  t as (insert into transaction(issued_at, remote_addr, user_id) select timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint where exists (select from w) returning id, set_config('versiongen.tx', id::text, true)),
  c as (update mine_version x set end_transaction_id = t.id from t, w where x.ctid = w.lctid)
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select w.id, w.mine_no, w.name, w.status, w.region, w.latitude, w.longitude, w.major, w.ore_grade, w.note, w.permit, w.deleted_ind, w.create_user, w.create_timestamp, w.update_user, w.update_timestamp, t.id, 1 from t, w;
  junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
  return null;
 end if;
 for i in 1..2 loop
  with w as materialized (select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, l.lctid, l.ltx from new_rows n left join lateral (select v.ctid as lctid, v.transaction_id as ltx, v.operation_type as lop, v.mine_no as l_mine_no, v.name as l_name, v.status as l_status, v.region as l_region, v.latitude as l_latitude, v.longitude as l_longitude, v.major as l_major, v.ore_grade as l_ore_grade, v.note as l_note, v.permit as l_permit, v.deleted_ind as l_deleted_ind, v.create_user as l_create_user, v.create_timestamp as l_create_timestamp, v.update_user as l_update_user, v.update_timestamp as l_update_timestamp from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l on true where (l.ltx is null or l.lop = 2 or record_image_ne(row(n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp), row(l.l_mine_no, l.l_name, l.l_status, l.l_region, l.l_latitude, l.l_longitude, l.l_major, l.l_ore_grade, l.l_note, l.l_permit, l.l_deleted_ind, l.l_create_user, l.l_create_timestamp, l.l_update_user, l.l_update_timestamp)))),
  g as materialized (select coalesce(max(ltx), 0) as m from w),
  c as (update mine_version x set end_transaction_id = tx from w where x.ctid = w.lctid and w.ltx < tx and (select m from g) <= tx),
  z as (insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select w.id, w.mine_no, w.name, w.status, w.region, w.latitude, w.longitude, w.major, w.ore_grade, w.note, w.permit, w.deleted_ind, w.create_user, w.create_timestamp, w.update_user, w.update_timestamp, tx, 1 from w where (select m from g) <= tx
   on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = case when v.operation_type = 0 then 0 else 1 end)
  select null from g where m > tx into junk;
  exit when not found;
  -- another transaction with a later id committed a version of one of these rows: go on under a fresh id
  insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true);
 end loop;
 junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
 return null;
end $$;
create function mine_version_del() returns trigger language plpgsql as $$
declare tx bigint := nullif(current_setting('versiongen.tx', true), '')::bigint; junk text; r record; l bigint; lop smallint; same boolean; hj text; mj text; ss text;
begin
 select n.*, exists (select from old_rows offset 1) as v_multi into r from old_rows n limit 1;
 if not found then return null; end if;
 if not r.v_multi then
  -- one row (the common case): plain statements by primary key, no joins
  select v.transaction_id, v.operation_type into l, lop from mine_version v where v.id = r.id order by v.transaction_id desc limit 1;
  
  if l = tx then
   update mine_version v set mine_no = r.mine_no, name = r.name, status = r.status, region = r.region, latitude = r.latitude, longitude = r.longitude, major = r.major, ore_grade = r.ore_grade, note = r.note, permit = r.permit, deleted_ind = r.deleted_ind, create_user = r.create_user, create_timestamp = r.create_timestamp, update_user = r.update_user, update_timestamp = r.update_timestamp, operation_type = 2 where v.id = r.id and v.transaction_id = tx;
   return null;
  end if;
  -- none yet, or another transaction with a later id committed a version of this row first: take a (fresh) id, now that the row is locked
  if tx is null or l > tx then insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true); end if;
  if l is not null then update mine_version v set end_transaction_id = tx where v.id = r.id and v.transaction_id = l; end if;
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) values (r.id, r.mine_no, r.name, r.status, r.region, r.latitude, r.longitude, r.major, r.ore_grade, r.note, r.permit, r.deleted_ind, r.create_user, r.create_timestamp, r.update_user, r.update_timestamp, tx, 2);
  return null;
 end if;
 -- many rows: set based. The plans are cached for the session and may have been made for another row count or an empty
 -- version table, so only index nested loops are allowed while these statements are planned
 hj := current_setting('enable_hashjoin'); mj := current_setting('enable_mergejoin'); ss := current_setting('enable_seqscan');
 junk := set_config('enable_hashjoin', 'off', true) || set_config('enable_mergejoin', 'off', true) || set_config('enable_seqscan', 'off', true);
 if tx is null then
  -- first write of this transaction: the id is taken while every touched row is locked, so it is above all their versions
  with t as (insert into transaction(issued_at, remote_addr, user_id) select timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint where exists (select from old_rows) returning id, set_config('versiongen.tx', id::text, true)),
  c as (update mine_version x set end_transaction_id = t.id from t, old_rows n, lateral (select v.ctid as lctid, v.transaction_id as ltx from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l where x.ctid = l.lctid)
  insert into mine_version(id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, t.id, 2 from t, old_rows n;
  junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
  return null;
 end if;
 for i in 1..2 loop
  with w as materialized (select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, l.lctid, l.ltx from old_rows n left join lateral (select v.ctid as lctid, v.transaction_id as ltx from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l on true where true),
  g as materialized (select coalesce(max(ltx), 0) as m from w),
  c as (update mine_version x set end_transaction_id = tx from w where x.ctid = w.lctid and w.ltx < tx and (select m from g) <= tx),
  z as (insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select w.id, w.mine_no, w.name, w.status, w.region, w.latitude, w.longitude, w.major, w.ore_grade, w.note, w.permit, w.deleted_ind, w.create_user, w.create_timestamp, w.update_user, w.update_timestamp, tx, 2 from w where (select m from g) <= tx
   on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = 2)
  select null from g where m > tx into junk;
  exit when not found;
  -- another transaction with a later id committed a version of one of these rows: go on under a fresh id
  insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true);
 end loop;
 junk := set_config('enable_hashjoin', hj, true) || set_config('enable_mergejoin', mj, true) || set_config('enable_seqscan', ss, true);
 return null;
end $$;

-- key change: one queued event per changed key only (WHEN is evaluated before queueing); fires before the statement triggers
create function mine_version_key() returns trigger language plpgsql as $$
declare tx bigint := nullif(current_setting('versiongen.tx', true), '')::bigint; l bigint; junk text;
begin
 if tx is null then insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true); end if;
 select max(transaction_id) into l from mine_version where id in (old.id, new.id);
 if l > tx then insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true); end if;
 update mine_version set end_transaction_id = tx where id in (old.id, new.id) and end_transaction_id is null and transaction_id < tx;
 insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) values (old.id, old.mine_no, old.name, old.status, old.region, old.latitude, old.longitude, old.major, old.ore_grade, old.note, old.permit, old.deleted_ind, old.create_user, old.create_timestamp, old.update_user, old.update_timestamp, tx, 2)
 on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = 2;
 insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) values (new.id, new.mine_no, new.name, new.status, new.region, new.latitude, new.longitude, new.major, new.ore_grade, new.note, new.permit, new.deleted_ind, new.create_user, new.create_timestamp, new.update_user, new.update_timestamp, tx, 0)
 on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = 1;
 return null;
end $$;
create trigger mine_version_key after update of id on mine for each row when (old.id <> new.id) execute function mine_version_key();

create trigger mine_version_ins after insert on mine referencing new table as new_rows for each statement execute function mine_version_ins();
create trigger mine_version_upd after update on mine referencing new table as new_rows for each statement execute function mine_version_upd();
create trigger mine_version_del after delete on mine referencing old table as old_rows for each statement execute function mine_version_del();

-- TRUNCATE has no transition tables and, in an AFTER trigger, no rows left: copy them before
create function mine_version_trunc() returns trigger language plpgsql as $$
declare tx bigint := nullif(current_setting('versiongen.tx', true), '')::bigint; junk text;
begin
 if not exists (select from mine) then return null; end if;
 -- the AccessExclusiveLock is held: a freshly taken id is above every id recorded
 if tx is null or exists (select from mine n, lateral (select v.transaction_id as ltx from mine_version v where v.id = n.id order by v.transaction_id desc limit 1) l where l.ltx > tx) then
  insert into transaction(issued_at, remote_addr, user_id) values (timezone('utc', now()), host(inet_client_addr()), nullif(current_setting('versiongen.user_id', true), '')::bigint) returning id into tx; junk := set_config('versiongen.tx', tx::text, true);
 end if;
 update mine_version v set end_transaction_id = tx from mine n where v.id = n.id and v.end_transaction_id is null and v.transaction_id < tx;
 insert into mine_version as v (id, mine_no, name, status, region, latitude, longitude, major, ore_grade, note, permit, deleted_ind, create_user, create_timestamp, update_user, update_timestamp, transaction_id, operation_type) select n.id, n.mine_no, n.name, n.status, n.region, n.latitude, n.longitude, n.major, n.ore_grade, n.note, n.permit, n.deleted_ind, n.create_user, n.create_timestamp, n.update_user, n.update_timestamp, tx, 2 from mine n
 on conflict (id, transaction_id) do update set mine_no = excluded.mine_no, name = excluded.name, status = excluded.status, region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, major = excluded.major, ore_grade = excluded.ore_grade, note = excluded.note, permit = excluded.permit, deleted_ind = excluded.deleted_ind, create_user = excluded.create_user, create_timestamp = excluded.create_timestamp, update_user = excluded.update_user, update_timestamp = excluded.update_timestamp, operation_type = 2;
 return null;
end $$;
create trigger mine_version_trunc before truncate on mine for each statement execute function mine_version_trunc();
