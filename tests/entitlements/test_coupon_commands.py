import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from click.testing import Result
from flask import Flask

from foundation import clock
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order, stock_the_shop


def run(app: Flask, *words: str) -> Result:
    """Run a command of `flask coupons`."""
    return app.test_cli_runner().invoke(args=["coupons", *words])


def two_studios(tx: Transact) -> None:
    """Two studios with coupons; the name of one is a formula."""
    with tx() as session:
        stock_the_shop(session)
        first = a_studio(session, name="Studio Rossi", vat_number="00743110157")
        second = a_studio(session, name="=SUM(A1)", vat_number="07643520567")
        a_paid_order(session, first, "LITE-1", 3)
        a_paid_order(session, second, "ORDINARY-1", 2)


def test_coupons_are_listed_by_studio_and_state_for_people_and_for_programs(app: Flask, tx: Transact) -> None:
    two_studios(tx)
    assert len(json.loads(run(app, "list", "--json").stdout)) == 5
    assert len(json.loads(run(app, "list", "--json", "--limit", "4").stdout)) == 4
    own = json.loads(run(app, "list", "--json", "--of", "00743110157", "--state", "AVAILABLE").stdout)
    assert {(row["type"], row["owner"], row["net_cents"]) for row in own} == {("LITE", "Studio Rossi", 4_900)}
    assert run(app, "list", "--state", "ACTIVE").stdout == ""
    assert run(app, "list").stdout.count("AVAILABLE") == 5


def test_a_coupon_is_of_the_day_in_rome_on_which_it_was_issued(
    app: Flask, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    """D4: half past eleven at night in Greenwich is the day after in Rome."""
    today = clock.now().replace(hour=23, minute=30)
    advance(today - clock.now() + timedelta(days=1))
    two_studios(tx)
    issued = {row["issued_on"] for row in json.loads(run(app, "list", "--json").stdout)}
    assert issued == {(today + timedelta(days=2)).date().isoformat()}


def test_coupons_are_exported_and_no_cell_is_a_formula(app: Flask, tx: Transact, tmp_path: Path) -> None:
    two_studios(tx)
    file = tmp_path / "coupons.csv"
    done = run(app, "export", str(file), "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"coupons": 5})
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert {row["owner"] for row in rows} == {"Studio Rossi", "'=SUM(A1)"}
    assert run(app, "export", str(file)).exit_code == 0


def test_what_is_not_there_is_refused_and_nonsense_is_wrong_use(app: Flask, tx: Transact) -> None:
    two_studios(tx)
    unknown = run(app, "list", "--of", "06363391001")
    assert (unknown.exit_code, "No studio has" in unknown.output) == (1, True)
    assert run(app, "list", "--state", "LOST").exit_code == 2
    assert run(app, "list", "--limit", "0").exit_code == 2
