"""The world a benchmark runs in: a private PostgreSQL with fsync on, migrated, stocked, and filled with the past."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import create_engine, text

from app import Outside, create_app
from entitlements import STUDIO, MemoryProvisioner, new_party
from foundation.database import database, transaction
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from foundation.migrate import upgrade
from foundation.postgres import ensure_running, stop
from shop import MemoryGateway
from shop.catalogue import check_catalogue, import_catalogue

DEMO_CATALOGUE = Path(__file__).resolve().parent.parent / "shop" / "demo_catalogue.toml"
FULL = {"companies": 100_000, "orders": 1_000_000}
SMALL = {"companies": 1_000, "orders": 10_000}

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
           now() - interval '300 days', 'KC-' || tax_code, 'AA-0000', 1 FROM parties WHERE kind = 'COMPANY'
    """,
    """
    INSERT INTO licences (id, party_id, family, product, plan, access_mode, limits, cause_kind, cause_id, created_at)
    SELECT gen_random_uuid(), id, 'ACCOUNTING', 'LITE', 'LITE', 'FULL', '{}', 'migration', id, now() FROM companies
    """,
    """
    INSERT INTO licence_terms (id, licence_id, starts_on, ends_on, anchor_on, net_cents, price_book_version,
                               cause_kind, cause_id, recorded_at)
    SELECT gen_random_uuid(), id, current_date - 300, current_date + 65, current_date - 300, 4900, 1, 'migration',
           cause_id, now() - interval '300 days' FROM licences
    """,
    """
    INSERT INTO payer_periods (id, company_id, payer_party_id, payer, from_at, recorded_at, cause_kind, cause_id)
    SELECT gen_random_uuid(), id, :studio, 'STUDIO', now() - interval '300 days', now() - interval '300 days',
           'migration', id FROM companies
    """,
    """
    INSERT INTO orders (id, number, rf_reference, buyer_party_id, state, payment_method, currency, net_cents, vat_cents,
                        gross_cents, quote, price_book_version, billing, purchase_order_ref, contact_email, locale,
                        placed_at, expires_at, paid_at, fulfilled_at, version)
    SELECT gen_random_uuid(), 'ORD-2020-' || lpad(n::text, 7, '0'), 'RFOLD' || n, :studio, 'FULFILLED', 'stripe', 'EUR',
           4900, 1078, 5978, '{"vat": []}', 1, '{}', '', 'a@example.it', 'it', now() - interval '2 years',
           now() - interval '2 years', now() - interval '2 years', now() - interval '2 years', 1
    FROM generate_series(1, :orders) n
    """,
    """
    INSERT INTO order_lines (id, order_id, position, sku, names, kind, quantity, for_party_id, unit_net_cents, net_cents,
                             vat_cents, vat_code, gives)
    SELECT gen_random_uuid(), id, 1, 'OLD', '{}', 'coupon_pack', 1, buyer_party_id, 4900, 4900, 1078, 'IVA22', '{}'
    FROM orders
    """,
    """
    INSERT INTO payments (id, source, external_id, method, amount_cents, currency, livemode, received_at, recorded_at)
    SELECT gen_random_uuid(), 'stripe', 'old_' || number, 'stripe', 5978, 'EUR', false, placed_at, placed_at FROM orders
    """,
    """
    INSERT INTO events (type, at, recorded_at, party_id, subject_kind, subject_id, data)
    SELECT 'order.fulfilled', placed_at, placed_at, buyer_party_id, 'order', id, '{}' FROM orders
    """,
)


@dataclass(frozen=True, slots=True)
class World:
    """Where the legs run: the server's directory and URL, the application on it, and the studio that buys."""

    home: Path
    url: str
    app: Flask
    studio_id: UUID
    gateway: MemoryGateway


@contextmanager
def world(companies: int, orders: int) -> Iterator[World]:
    """A fresh server holding this much of the past; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="gettone-bench-"))
    home.chmod(0o755)
    try:
        url = ensure_running(home / "postgres")
        gateway = MemoryGateway()
        outside = Outside(gateway=gateway, provisioner=MemoryProvisioner(), mailer=MemoryMailer())
        app = create_app(environment(url), outside)
        with app.app_context():
            upgrade()
            studio_id = _stock()
        _remember(url, studio_id, companies, orders)
        yield World(home, url, app, studio_id, gateway)
        with app.app_context():
            database.engine.dispose()
    finally:
        stop(home / "postgres", "immediate")
        shutil.rmtree(home, ignore_errors=True)


def environment(url: str) -> dict[str, str]:
    """The settings of every program of the benchmark."""
    return {"DATABASE_URL": url, "SHOP_ENV": "bench", "PATH": os.environ["PATH"]}


def _stock() -> UUID:
    checked = check_catalogue(DEMO_CATALOGUE.read_text())
    assert checked.catalogue is not None
    with transaction() as session:
        import_catalogue(session, checked.catalogue)
        studio = new_party(STUDIO, "Studio Bench", id=new_id(), vat_number="00743110157", tax_code="00743110157")
        studio.email = "bench@example.it"
        session.add(studio)
        return studio.id


def _remember(url: str, studio_id: UUID, companies: int, orders: int) -> None:
    """Fill the tables with the past as the owner, set-based, then let the planner know."""
    engine = create_engine(url)
    sizes = {"studio": studio_id, "companies": companies, "orders": orders}
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        for statement in _PAST:
            connection.execute(text(statement), sizes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
