"""Commands of the shop: `flask catalogue`, `orders`, `users`, `prepare`. Exit: 0 done, 1 refused, 2 wrong use."""

import json

import click
from flask import Flask
from flask.cli import AppGroup
from stdnum import iban as iban_numbers

from foundation import clock
from foundation.commands import refuse
from foundation.database import transaction
from foundation.doctor import examines
from foundation.events import events_about
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.accounts.users_cli import users_commands
from shop.catalogue import NoPriceBook, catalogue_commands, current_price_book
from shop.orders.closing import cancel_order
from shop.orders.order_book import OrderNotFound, OrderSearch, lines_of, order_by_number, orders_of
from shop.orders.order_states import ORDER_STATES, IllegalOrderStep, next_order_state
from shop.prepare_cli import prepare

orders = AppGroup("orders", help="Orders.")
_COMMAND_LINE = Principal(user_id=None, party_id=None, role="admin")


def install(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(catalogue_commands)
    app.cli.add_command(orders)
    app.cli.add_command(users_commands)
    app.cli.add_command(prepare)


@examines("catalogue")
def _catalogue() -> str | None:
    with transaction() as session:
        try:
            current_price_book(session, clock.today())
        except NoPriceBook:
            return "nothing is on sale: import a price book, `flask catalogue import FILE`."
    return None


@examines("bank account")
def _bank_account() -> str | None:
    iban = current_settings().seller.iban
    return None if iban_numbers.is_valid(iban) else "SELLER_IBAN is not an IBAN: nobody could pay by transfer."


@orders.command("list")
@click.option("--state", type=click.Choice(ORDER_STATES), default=None)
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def list_command(state: str | None, limit: int, *, as_json: bool) -> None:
    """List orders, newest first."""
    with transaction() as session:
        found = orders_of(session, OrderSearch(None, state, limit=limit), in_brief=True)
    if as_json:
        click.echo(json.dumps([{"number": o.number, "state": o.state, "gross_cents": o.gross_cents} for o in found]))
        return
    for order in found:
        click.echo(f"{order.number}\t{order.state}\t{order.payment_method}\t{order.gross_cents}")


@orders.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True)
def show_command(number: str, *, as_json: bool) -> None:
    """Print an order, its lines and its timeline."""
    with transaction() as session:
        try:
            order = order_by_number(session, number, None)
        except OrderNotFound:
            refuse(f"No order {number}.", "order_not_found", as_json=as_json)
        lines = [
            {"sku": line.sku, "quantity": line.quantity, "net_cents": line.net_cents}
            for line in lines_of(session, order.id)
        ]
        timeline = [
            {"at": event.at.isoformat(), "type": event.type} for event in events_about(session, "order", order.id)
        ]
    whole = {
        "number": order.number,
        "state": order.state,
        "gross_cents": order.gross_cents,
        "lines": lines,
        "timeline": timeline,
    }
    if as_json:
        click.echo(json.dumps(whole))
        return
    click.echo(f"{order.number}  {order.state}  {order.gross_cents} cents")
    for line in lines:
        click.echo(f"  {line['quantity']} x {line['sku']}  {line['net_cents']} cents net")
    for event in timeline:
        click.echo(f"  {event['at']}  {event['type']}")


@orders.command("cancel")
@click.argument("number")
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def cancel_command(number: str, *, dry_run: bool, as_json: bool) -> None:
    """Cancel an order that waits for its payment."""
    try:
        with transaction() as session:
            order = order_by_number(session, number, None, lock=True)
            done = next_order_state(order.state, "cancel") != order.state
            if not dry_run:
                cancel_order(session, order, _COMMAND_LINE)
    except OrderNotFound:
        refuse(f"No order {number}.", "order_not_found", as_json=as_json)
    except IllegalOrderStep as problem:
        refuse(f"{number} is {problem.state}: it cannot be cancelled.", "illegal_order_step", as_json=as_json)
    if as_json:
        click.echo(json.dumps({"number": number, "cancelled": done, "dry_run": dry_run}))
        return
    click.echo("was cancelled already" if not done else "would be cancelled" if dry_run else "cancelled")
