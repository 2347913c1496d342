-- What a pack bought by API writes, in as many commits as it needs: the key; the order; the attempt; its page; four
-- letters with their jobs; the money with the pack; what became of the letters. Not the job engine's own rows.
INSERT INTO idempotency_keys (scope, key, request_hash, leased_until, created_at)
  VALUES ('bench', gen_random_uuid()::text, '', now(), now()) RETURNING key AS key \gset
BEGIN;
SELECT id AS party FROM parties WHERE external_ref = 'CS-0001' \gset
INSERT INTO carts (id, party_id, state, version, changed_at)
  VALUES (gen_random_uuid(), ':party', 'ORDERED', 1, now()) RETURNING id AS cart \gset
INSERT INTO orders (id, number, rf_reference, cart_id, buyer_party_id, state, payment_method, currency, net_cents, vat_cents,
  gross_cents, quote, services, price_book_version, billing, purchase_order_ref, contact_email, locale, placed_at,
  expires_at, version)
  VALUES (gen_random_uuid(), gen_random_uuid()::text, gen_random_uuid()::text, ':cart', ':party', 'AWAITING_PAYMENT',
    'stripe', 'EUR', 2000, 440, 2440, '{}', '[]', 1, '{}', '', 'a@example.it', 'it', now(), now(), 1)
  RETURNING id AS order_id \gset
INSERT INTO order_lines (id, order_id, position, sku, names, kind, quantity, for_party_id, unit_net_cents, net_cents,
  vat_cents, vat_code, gives)
  VALUES (gen_random_uuid(), ':order_id', 1, 'B', '{"it": "B"}', 'invoice_pack', 1, ':party', 2000, 2000, 440, 'IVA22', '{}');
INSERT INTO terms_acceptances (id, order_id, clause, text_version, accepted_at)
  SELECT gen_random_uuid(), ':order_id', n::text, '1', now() FROM generate_series(1, 5) n;
INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts, done_at)
  SELECT gen_random_uuid(), 'bench', ':order_id', n::text, now(), '{}', 0, now() FROM generate_series(1, 3) n;
INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
  VALUES ('bench', now(), now(), ':party', 'order', ':order_id', '{}');
INSERT INTO mails (id, cause, recipient, template, locale, context, queued_at)
  VALUES (gen_random_uuid(), gen_random_uuid()::text, 'a@example.it', 'bench', 'it', '{}', now());
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('bench', 'bench', '{}', 'succeeded');
COMMIT;
BEGIN;
INSERT INTO payment_attempts (id, order_id, number, amount_cents, currency, parameters, expires_at, created_at)
  VALUES (gen_random_uuid(), ':order_id', 1, 2440, 'EUR', '{}', now(), now()) RETURNING id AS attempt \gset
INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
  VALUES ('bench', now(), now(), ':party', 'order', ':order_id', '{}');
COMMIT;
UPDATE payment_attempts SET session_id = gen_random_uuid()::text, url = '' WHERE id = ':attempt';
UPDATE idempotency_keys SET status = 201, body = '' WHERE scope = 'bench' AND key = ':key';
BEGIN;
INSERT INTO inbox_letters (id, source, external_id, type, payload, received_at)
  VALUES (gen_random_uuid(), 'bench', gen_random_uuid()::text, 'bench', '{}', now()) RETURNING id AS letter_id \gset
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('bench', 'bench', '{}', 'succeeded');
COMMIT;BEGIN;
INSERT INTO inbox_letters (id, source, external_id, type, payload, received_at)
  VALUES (gen_random_uuid(), 'bench', gen_random_uuid()::text, 'bench', '{}', now()) RETURNING id AS letter_id \gset
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('bench', 'bench', '{}', 'succeeded');
COMMIT;BEGIN;
INSERT INTO inbox_letters (id, source, external_id, type, payload, received_at)
  VALUES (gen_random_uuid(), 'bench', gen_random_uuid()::text, 'bench', '{}', now()) RETURNING id AS letter_id \gset
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('bench', 'bench', '{}', 'succeeded');
COMMIT;BEGIN;
INSERT INTO inbox_letters (id, source, external_id, type, payload, received_at)
  VALUES (gen_random_uuid(), 'bench', gen_random_uuid()::text, 'bench', '{}', now()) RETURNING id AS letter_id \gset
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('bench', 'bench', '{}', 'succeeded');
COMMIT;
BEGIN;
SELECT id FROM orders WHERE id = ':order_id' FOR UPDATE;
UPDATE payment_attempts SET paid_at = now() WHERE id = ':attempt';
INSERT INTO payments (id, source, external_id, method, amount_cents, currency, livemode, received_at, recorded_at)
  VALUES (gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'stripe', 2440, 'EUR', false, now(), now())
  RETURNING id AS payment \gset
INSERT INTO payment_allocations (id, payment_id, order_id, ordinal, amount_cents, reason, allocated_at)
  VALUES (gen_random_uuid(), ':payment', ':order_id', 0, 2440, 'payment', now());
INSERT INTO ledger_transfers (id, debit_account_id, credit_account_id, amount, unit, cause_kind, cause_id, ordinal, at, recorded_at)
  SELECT gen_random_uuid(), '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b', 100, 'EUR',
    'bench', gen_random_uuid(), n, now(), now() FROM generate_series(1, 4) n;
INSERT INTO grants (id, cause_kind, cause_id, ordinal, kind, quantity)
  VALUES (gen_random_uuid(), 'bench', gen_random_uuid(), 0, 'documents', 1);
INSERT INTO wallet_buckets (id, holder_party_id, meter, funding, granted, balance, sku, cause_kind, cause_id, created_at)
  SELECT gen_random_uuid(), id, 'documents', 'PAID', 100, 100, 'B', 'bench', gen_random_uuid(), now() FROM parties WHERE external_ref = 'CS-0002';
UPDATE orders SET state = 'FULFILLED', paid_at = now(), fulfilled_at = now(), version = version + 1 WHERE id = ':order_id';
INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
  SELECT 'bench', now(), now(), ':party', 'order', ':order_id', '{}' FROM generate_series(1, 3);
INSERT INTO mails (id, cause, recipient, template, locale, context, queued_at)
  SELECT gen_random_uuid(), gen_random_uuid()::text, 'a@example.it', 'bench', 'it', '{}', now() FROM generate_series(1, 2);
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
  SELECT 'bench', 'bench', '{}', 'succeeded' FROM generate_series(1, 2);
UPDATE due_rows SET cancelled_at = now() WHERE subject_id = ':order_id' AND done_at IS NULL;
COMMIT;
UPDATE inbox_letters SET handled_at = now(), verdict = 'bench' WHERE id = ':letter_id';
UPDATE inbox_letters SET handled_at = now(), verdict = 'bench' WHERE id = ':letter_id';
UPDATE inbox_letters SET handled_at = now(), verdict = 'bench' WHERE id = ':letter_id';
