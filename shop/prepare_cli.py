"""`flask prepare`: the schema at its newest; in a sandbox also the demo's catalogue and people. Quick when repeated."""

from pathlib import Path

import click

from foundation.database import transaction
from foundation.settings import Settings, current_settings
from shop.accounts.demo_companies import COMPANY_OWNERS, demo_companies
from shop.accounts.demo_people import DEMO_PASSWORD, PEOPLE, DemoPerson, demo_people
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.demo_orders import demo_orders

DEMO_CATALOGUE = Path(__file__).with_name("demo_catalogue.toml")


@click.command("prepare")
@click.option("--no-orders", is_flag=True, help="Leave the demo's orders and transfers out.")
def prepare(no_orders: bool) -> None:  # noqa: FBT001 - click names its options so
    """Bring the database up to date; in a sandbox add the demo and say how to try it."""
    from foundation.migrate import upgrade  # noqa: PLC0415 - a web worker never imports Alembic

    upgrade()
    settings = current_settings()
    if settings.sandbox:
        _fill(settings, with_orders=not no_orders)
        click.echo(_greeting([*PEOPLE, *COMPANY_OWNERS]))


def _fill(settings: Settings, *, with_orders: bool = True) -> None:
    checked = check_catalogue(DEMO_CATALOGUE.read_text())
    if checked.catalogue is None:
        for mistake in checked.mistakes:
            click.echo(str(mistake), err=True)
        raise SystemExit(1)
    with transaction() as session:
        import_catalogue(session, checked.catalogue)
        demo_people(session, settings.seller)
        demo_companies(session, DEMO_PASSWORD)
        if with_orders:
            demo_orders(session, settings.seller)


def _greeting(people: list[DemoPerson]) -> str:
    width = max(len(person.email) for person in people)
    logins = [f"  {person.email:<{width}}  {person.role}" for person in people]
    return "\n".join(
        [
            f"Demo logins, password {DEMO_PASSWORD}:",
            *logins,
            "  finance and admin are asked for a second factor: the page shows the code",
            "",
            "Try first:",
            "  1. sign in as owner@studio-rossi.example, put coupons into the cart and pay by card",
            "  2. open Coupon, activate one and watch the company appear in the accounting program",
            "  3. sign in as titolare@officina-azzurra.example, a company, and choose Studio Rossi in the directory",
            "  4. sign in as finance@demo.example: one transfer waits, one names no order, one was too much",
        ]
    )
