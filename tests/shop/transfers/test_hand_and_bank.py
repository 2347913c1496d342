"""A person confirms a transfer by hand while the bank tells it: nobody waits for the other in a circle."""

import threading

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from foundation import clock
from foundation.database import apart, transaction
from shop import lock_order
from shop.transfers.bank_lines import lock_account
from tests.banking import ACCOUNT, finance_people
from tests.committed import committed_app, committed_url  # noqa: F401
from tests.factories import a_studio
from tests.signing import post, sign_in
from tests.stories import an_order, stock_the_shop


def test_a_person_locks_the_account_before_the_order_like_the_bank(committed_app: Flask) -> None:  # noqa: F811
    client, answers = committed_app.test_client(), []
    with committed_app.app_context(), transaction() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
        (person,) = finance_people(session, 1)
    sign_in(client, person)
    form = {"ordine": order.number, "importo": "10,00", "giorno": clock.today().isoformat()}

    def confirm() -> None:
        answers.append(post(client, "/desk/finanza/conferma-a-mano", **form).status_code)

    with committed_app.app_context(), apart() as bank:
        lock_account(bank, ACCOUNT)
        by_hand = threading.Thread(target=confirm)
        by_hand.start()
        by_hand.join(1)
        assert by_hand.is_alive(), "the bank has the account"
        bank.execute(text("SET LOCAL lock_timeout = '500ms'"))
        held = None
        try:
            lock_order(bank, order.id)
        except OperationalError as problem:
            held = problem
        bank.rollback()
    by_hand.join(20)
    assert held is None, "the person holds the order and waits for the account: a circle"
    assert answers == [303]
