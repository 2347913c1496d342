"""Commands of the rights office: `flask coupons list|export`. They only read. Exit: 0 done, 1 refused, 2 wrong use."""

import csv
import json
import sys
from collections.abc import Iterator
from typing import TextIO

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.coupons.coupon_states import COUPON_STATES
from entitlements.coupons.shelves import ShelfRow, StockFilter, shelf_of, whole_shelf
from entitlements.parties import STUDIO, Party
from foundation import clock
from foundation.database import transaction
from foundation.spreadsheets import neutral

coupons = AppGroup("coupons", help="Coupons in stock.")
_COLUMNS = ("code", "type", "state", "held", "activate_by", "company", "issued_on", "net_cents", "owner")

_of = click.option("--of", "vat_number", default=None, help="Only this studio's, by VAT number.")
_state = click.option("--state", type=click.Choice(sorted(COUPON_STATES)), default=None)


def install(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(coupons)


@coupons.command("list")
@_of
@_state
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def list_command(vat_number: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """List coupons, studio by studio, oldest first."""
    with transaction() as session:
        found: list[dict[str, object]] = []
        for studio in _studios(session, vat_number):
            page = shelf_of(session, studio.id, StockFilter(state), limit=limit - len(found))
            found += [_row(one, studio) for one in page]
            if len(found) >= limit:
                break
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found:
        click.echo(f"{row['code']}\t{row['type']}\t{row['state']}\t{row['company'] or '-'}\t{row['owner']}")


@coupons.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True, atomic=True), default="-")
@_of
@_state
@click.option("--json", "as_json", is_flag=True, help="Answer how many were written, in JSON.")
def export_command(file: TextIO, vat_number: str | None, state: str | None, *, as_json: bool) -> None:
    """Write coupons to FILE as comma-separated values (to the screen without FILE)."""
    with transaction() as session:
        rows = [
            _row(one, studio)
            for studio in _studios(session, vat_number)
            for one in whole_shelf(session, studio.id, StockFilter(state))
        ]
    writer = csv.DictWriter(file, _COLUMNS)
    writer.writeheader()
    writer.writerows({name: neutral(str(value)) for name, value in row.items()} for row in rows)
    click.echo(json.dumps({"coupons": len(rows)}) if as_json else f"coupons: {len(rows)}", err=file.name == "-")


def _studios(session: Session, vat_number: str | None) -> Iterator[Party]:
    query = select(Party).where(Party.kind == STUDIO).order_by(Party.id)
    if vat_number is None:
        yield from session.scalars(query)
        return
    studio = session.scalars(query.where(Party.vat_number == vat_number)).one_or_none()
    if studio is None:
        click.echo(f"No studio has the VAT number {vat_number}.", err=True)
        sys.exit(1)
    yield studio


def _row(one: ShelfRow, studio: Party) -> dict[str, object]:
    coupon = one.coupon
    return {
        "code": coupon.code,
        "type": coupon.coupon_type,
        "state": coupon.state,
        "held": coupon.held_by_case is not None,
        "activate_by": coupon.activate_by_on.isoformat() if coupon.activate_by_on else "",
        "company": one.company_name or "",
        "issued_on": clock.rome_day(coupon.minted_at).isoformat(),
        "net_cents": coupon.net_cents,
        "owner": studio.name,
    }
