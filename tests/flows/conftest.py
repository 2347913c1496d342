"""Every story leaves books in order: after each of them every invariant is checked."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import Outside
from entitlements import (
    MemoryProvisioner,
)
from foundation.audit import verify, violations_of
from foundation.database import transaction
from foundation.mail import MemoryMailer
from shop import MemoryGateway, Order, User
from tests.api.caller import caller
from tests.banking import Bank, Run, finance_people
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation, browser_of
from tests.factories import a_studio, a_user
from tests.flows.fallen_credit import a_fallen_order
from tests.flows.inviting import Street
from tests.flows.late_desk import LateTill, a_late_till
from tests.flows.refund_desk import Till
from tests.flows.renewal_payer import Payer
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT, Shop
from tests.signing import sign_in
from tests.stories import an_order, stock_the_shop


@pytest.fixture(autouse=True)
def _books_in_order(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the audit on what the story wrote, before it is rolled back."""
    if "app" not in request.fixturenames:
        yield
        return
    app = request.getfixturevalue("app")
    yield
    with app.app_context(), transaction() as session:
        violations = violations_of(verify(session))
    assert not violations, "the story left the books in disorder:\n  " + "\n  ".join(violations)


@pytest.fixture
def street(
    app: Flask,
    tx: Transact,
    outside: Outside,
    run_jobs: Callable[[], int],
    advance: Callable[[timedelta], None],
) -> Street:
    """A studio that invites, a client who has only a mail, and everything around them."""
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session, name="Studio Ferraris & Conti")
        owner = a_user(session, studio.id, name="Giulia Ferraris")
    assert isinstance(outside.mailer, MemoryMailer)
    assert isinstance(outside.gateway, MemoryGateway)
    assert isinstance(outside.provisioner, MemoryProvisioner)
    bank = Bank(app.test_client(), run_jobs)
    browser = browser_of(app, owner)
    return Street(
        app, tx, studio, owner, browser, outside.mailer, outside.gateway, outside.provisioner, bank, run_jobs, advance
    )


@pytest.fixture
def shop(client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int]) -> Shop:
    """A studio that follows a company and pays for it."""
    with tx() as session:
        scene = a_scene(session, quantity=1)
        company_id = an_activation(session, scene)
        studio_id = scene.studio.id
    run_jobs()
    return Shop(caller(client, "studio", studio_id), client, outside, tx, run_jobs, studio_id, company_id)


@pytest.fixture
def fallen(shop: Shop, advance: Callable[[timedelta], None]) -> dict[str, Any]:
    """An order whose quote fell just after its page was paid by card: its money is store credit."""
    return a_fallen_order(shop, advance)


@pytest.fixture
def payer(shop: Shop, advance: Callable[[timedelta], None]) -> Payer:
    """A base with a module and two seats, bought by the studio that pays for the company."""
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(SEAT, 2))
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
    browser = shop.client.application.test_client()
    sign_in(browser, owner)
    return Payer(shop, browser, shop.ends()[BASE], advance)


@pytest.fixture
def bank(client: FlaskClient, run_jobs: Run) -> Bank:
    """The bank."""
    return Bank(client, run_jobs)


@pytest.fixture
def order(tx: Transact) -> Order:
    """An order of ten coupons to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        return an_order(session, a_studio(session, name="Ferraris e Conti"), "LITE-10", method="bank_transfer")


@pytest.fixture
def letters(outside: Outside) -> MemoryMailer:
    """The letters sent during the test."""
    assert isinstance(outside.mailer, MemoryMailer)
    return outside.mailer


@pytest.fixture
def people(tx: Transact) -> list[User]:
    """Two people of finance."""
    with tx() as session:
        return finance_people(session)


@pytest.fixture
def desk(client: FlaskClient, people: list[User]) -> FlaskClient:
    """A browser in which the first person of finance is signed in."""
    sign_in(client, people[0])
    return client


@pytest.fixture
def pass_time(advance: Callable[[timedelta], None], run_jobs: Run) -> Callable[[timedelta], None]:
    """Let business time pass, and whatever came due be done."""

    def wait(step: timedelta) -> None:
        advance(step)
        run_jobs()

    return wait


@pytest.fixture
def till(app: Flask, outside: Outside, tx: Transact, bank: Bank) -> Till:
    """A till, in a shop with the demo catalogue."""
    with tx() as session:
        stock_the_shop(session)
    return Till(app, outside, tx, bank)


@pytest.fixture
def late(app: Flask, outside: Outside, tx: Transact, run_jobs: Run, advance: Callable[[timedelta], None]) -> LateTill:
    """A till to which card money comes too late."""
    return a_late_till(app, outside, tx, run_jobs, advance)
