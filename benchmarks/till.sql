-- What settling a paid order of ten coupons writes: the payment, its allocation and booking, the sale in three
-- transfers, the grant, the pack, ten coupons, three events, two mails with their jobs, two due rows taken back, the
-- order itself.
\set pick random(1, :orders)
BEGIN;
SELECT id AS order_id, buyer_party_id AS party FROM orders WHERE number = 'OLD-' || lpad(:pick::text, 7, '0') FOR UPDATE \gset
INSERT INTO payments (id, source, external_id, method, amount_cents, currency, livemode, received_at, recorded_at)
  VALUES (gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'stripe', 5978, 'EUR', false, now(), now()) RETURNING id AS payment \gset
INSERT INTO payment_allocations (id, payment_id, order_id, ordinal, amount_cents, reason, allocated_at)
  VALUES (gen_random_uuid(), ':payment', ':order_id', 0, 5978, 'payment', now());
INSERT INTO ledger_transfers (id, debit_account_id, credit_account_id, amount, unit, cause_kind, cause_id, ordinal, at, recorded_at)
  SELECT gen_random_uuid(), '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b', 100, 'EUR', 'bench', gen_random_uuid(), n, now(), now()
  FROM generate_series(1, 3) n;
INSERT INTO grants (id, cause_kind, cause_id, ordinal, kind, quantity) VALUES (gen_random_uuid(), 'bench', gen_random_uuid(), 0, 'coupons', 1);
INSERT INTO coupon_packs (id, owner_party_id, sku, names, coupon_type, gives, quantity, net_cents, price_book_version, cause_kind, cause_id, minted_at)
  VALUES (gen_random_uuid(), ':party', 'BENCH', '{}', 'BENCH', '{}', 10, 4900, 1, 'bench', gen_random_uuid(), now()) RETURNING id AS pack \gset
INSERT INTO coupons (id, pack_id, owner_party_id, coupon_type, code, ordinal, state, net_cents, minted_at, changed_at)
  SELECT gen_random_uuid(), ':pack', ':party', 'BENCH', gen_random_uuid()::text, n, 'AVAILABLE', 490, now(), now() FROM generate_series(1, 10) n;
UPDATE orders SET state = 'FULFILLED', paid_at = now(), fulfilled_at = now(), version = version + 1 WHERE id = ':order_id';
INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
  SELECT 'bench', now(), now(), ':party', 'order', ':order_id', '{}' FROM generate_series(1, 3);
INSERT INTO mails (id, cause, recipient, template, locale, context, queued_at)
  SELECT gen_random_uuid(), gen_random_uuid()::text, 'a@example.it', 'bench', 'it', '{}', now() FROM generate_series(1, 2);
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
  SELECT 'bench', 'bench', '{}', 'succeeded' FROM generate_series(1, 2);
UPDATE due_rows SET cancelled_at = now() WHERE subject_id = ':order_id' AND done_at IS NULL;
COMMIT;
