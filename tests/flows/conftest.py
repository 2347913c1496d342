"""Every story leaves books in order: after each of them every invariant is checked."""

from collections.abc import Iterator

import pytest

from foundation.audit import verify, violations_of
from foundation.database import transaction


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
