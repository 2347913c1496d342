"""Commands of the letterbox: `flask webhooks replay`, `flask stripe reconcile`. Exit: 0 done, 1 refused, 2 misuse."""

import json
from dataclasses import asdict

import click
from flask import Flask
from flask.cli import AppGroup

from foundation.commands import refuse
from foundation.database import transaction
from shop import GatewayUnavailable, pending_payments
from webhooks.inbox import reopen_letters
from webhooks.janitor import clean
from webhooks.stripe_letters import gateway

webhooks = AppGroup("webhooks", help="Letters from outside.")
stripe = AppGroup("stripe", help="Payments at Stripe.")


def install(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(webhooks)
    app.cli.add_command(stripe)


@webhooks.command("replay")
@click.option("--source", type=click.Choice(["stripe", "bank", "provisioning"]), default=None)
@click.option("--id", "external_id", default=None, help="One letter, by its sender's id.")
@click.option("--handled", is_flag=True, help="Also letters that have been handled.")
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def replay_command(source: str | None, external_id: str | None, *, handled: bool, dry_run: bool, as_json: bool) -> None:
    """Open stored letters once more; what they say is applied once, however often they are opened."""
    with transaction() as session:
        count = reopen_letters(session, source, external_id, handled=handled, dry_run=dry_run)
    if external_id is not None and count == 0:
        refuse(f"No such letter to open: {external_id}.", "letter_not_found", as_json=as_json)
    click.echo(json.dumps({"letters": count, "dry_run": dry_run}) if as_json else f"letters: {count}")


@stripe.command("reconcile")
@click.option("--dry-run", is_flag=True, help="Only count what would be asked about.")
@click.option("--json", "as_json", is_flag=True)
def reconcile_command(*, dry_run: bool, as_json: bool) -> None:
    """Do the janitor's round now: undelivered events, pending and unknown attempts, missing fees, open refunds."""
    if dry_run:
        with transaction() as session:
            result = pending_payments(session)
    else:
        try:
            done = clean(gateway())
        except GatewayUnavailable:
            refuse("Stripe does not answer; nothing is lost, try again later.", "unavailable", as_json=as_json)
        result = {"fetched": done.fetched, **asdict(done.settled)}
    if as_json:
        click.echo(json.dumps(result))
        return
    for name, count in result.items():
        click.echo(f"{name}: {count}")
