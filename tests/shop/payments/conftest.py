"""The stand for letters from Stripe serves the tests of payments as well."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app import Outside
from tests.conftest import Transact
from tests.webhooks.stand import Stand, a_stand


@pytest.fixture
def stand(client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int]) -> Stand:
    """A stocked shop, one studio, and a Stripe that shows what the test says."""
    return a_stand(client, outside, tx, run_jobs)
