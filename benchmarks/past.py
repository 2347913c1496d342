"""The past a shop is filled with before it is measured: companies with licences and payers, and years of old orders."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import create_engine, text

_PAST = (
    """
    INSERT INTO parties (id, kind, name, sort_name, vat_number, tax_code, address, version, created_at)
    SELECT gen_random_uuid(), 'COMPANY', 'Azienda ' || n, 'azienda ' || n, lpad(n::text, 11, '0'),
           lpad(n::text, 11, '0'), '{}', 1, now() - interval '1 year' FROM generate_series(1, :companies) n
    """,
    """
    INSERT INTO companies (id, tax_code, state, profile, requested_by_party_id, requested_on, requested_at, ready_at,
                           remote_id, support_code, version)
    SELECT id, tax_code, 'READY', '{}', :studio, current_date - 300, now() - interval '300 days',
           now() - interval '300 days', 'KC-' || tax_code, 'AA-0000', 1
    FROM parties WHERE kind = 'COMPANY' AND name LIKE 'Azienda %'
    """,
    """
    INSERT INTO licences (id, party_id, family, product, plan, access_mode, limits, kind, sku, names, gives, quantity,
                          state, cause_kind, cause_id, created_at)
    SELECT gen_random_uuid(), id, 'ACCOUNTING', 'LITE', 'LITE', 'FULL', '{}', 'plan', 'LITE-1', '{}', '{}', 1,
           'ACTIVE', 'migration', id, now() FROM companies WHERE support_code = 'AA-0000'
    """,
    """
    INSERT INTO licence_terms (id, licence_id, starts_on, ends_on, anchor_on, action, net_cents, unit_net_cents,
                               vat_code, price_book_version, cause_kind, cause_id, recorded_at)
    SELECT gen_random_uuid(), id, current_date - 300, current_date + 65, current_date - 300, 'START', 4900, 4900,
           'IVA22', 1, 'migration', cause_id, now() - interval '300 days' FROM licences WHERE cause_kind = 'migration'
    """,
    """
    INSERT INTO payer_periods (id, company_id, payer_party_id, payer, from_at, recorded_at, cause_kind, cause_id)
    SELECT gen_random_uuid(), id, :studio, 'STUDIO', now() - interval '300 days', now() - interval '300 days',
           'migration', id FROM companies WHERE support_code = 'AA-0000'
    """,
    # A very large studio: two thousand clients, the first ones by id, which is how a shop is asked for them.
    """
    INSERT INTO studio_links (id, studio_id, company_id, linked_at, permissions, cause_kind, cause_id)
    SELECT gen_random_uuid(), :studio, id, now() - interval '300 days', '{"areas": {"*": "write"}}', 'migration', id
    FROM (SELECT id FROM companies WHERE support_code = 'AA-0000' ORDER BY id LIMIT 2000) followed
    """,
    # Ids carry their time, as the product's own do: the newest orders are the newest here too.
    """
    INSERT INTO orders (id, number, rf_reference, buyer_party_id, state, payment_method, currency, net_cents, vat_cents,
                        gross_cents, quote, services, price_book_version, billing, purchase_order_ref, contact_email,
                        locale, placed_at, expires_at, paid_at, fulfilled_at, version)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
           'OLD-' || lpad(n::text, 7, '0'), 'RFOLD' || n, :studio, 'FULFILLED', 'stripe', 'EUR', 4900, 1078, 5978,
           '{"vat": []}', '[]', 1, '{}', '', 'a@example.it', 'it', at, at, at, at, 1
    FROM (SELECT n, now() - interval '2 years' + n * (interval '23 months' / :orders) AS at
          FROM generate_series(1, :orders) n) old
    """,
    """
    INSERT INTO order_lines (id, order_id, position, sku, names, kind, quantity, for_party_id, unit_net_cents, net_cents,
                             vat_cents, vat_code, gives)
    SELECT gen_random_uuid(), id, 1, 'OLD', '{"it": "Dieci coupon"}', 'coupon_pack', 1, buyer_party_id, 4900, 4900, 1078,
           'IVA22', '{"kind": "coupons", "units": 10}' FROM orders
    """,
    """
    INSERT INTO payments (id, source, external_id, method, amount_cents, currency, livemode, received_at, recorded_at)
    SELECT gen_random_uuid(), 'stripe', 'old_' || number, 'stripe', 5978, 'EUR', false, placed_at, placed_at FROM orders
    """,
    """
    INSERT INTO payment_allocations (id, payment_id, order_id, ordinal, amount_cents, reason, allocated_at)
    SELECT gen_random_uuid(), p.id, o.id, 0, 5978, 'payment', o.placed_at
    FROM orders o JOIN payments p ON p.external_id = 'old_' || o.number
    """,
    """
    INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
    SELECT 'order.fulfilled', placed_at, placed_at, buyer_party_id, 'order', id, '{}' FROM orders
    """,
)
# Two accounts for the reference's bookings.
_ACCOUNTS = """
    INSERT INTO ledger_accounts (id, kind, unit, owner_id, label) VALUES
      ('00000000-0000-0000-0000-00000000000a', 'bench_a', 'EUR', gen_random_uuid(), ''),
      ('00000000-0000-0000-0000-00000000000b', 'bench_b', 'EUR', gen_random_uuid(), '')
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much past there is."""

    companies: int
    orders: int

    @property
    def hundredth(self) -> "Size":
        """A hundred times less."""
        return Size(max(self.companies // 100, 100), max(self.orders // 100, 100))


FULL = Size(companies=100_000, orders=1_000_000)
QUICK = Size(companies=2_000, orders=20_000)


def remember(url: str, studio_id: UUID, size: Size) -> None:
    """Fill the tables as their owner, set-based; then let the planner know and the disk rest."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    sizes = {"studio": studio_id, "companies": size.companies, "orders": size.orders}
    with engine.connect() as connection:
        connection.execute(text("SET synchronous_commit = off"))
        for statement in (*_PAST, _ACCOUNTS):
            connection.execute(text(statement), {name: sizes[name] for name in sizes if f":{name}" in statement})
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    engine.dispose()
