from collections.abc import Iterator

import pytest

from tests.sandbox.stripe.stand import Account, Receiver, receiving, simulating


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def account(receiver: Receiver) -> Iterator[Account]:
    with simulating(receiver=receiver) as found:
        yield found
