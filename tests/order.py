"""Whole programs first: a module that starts processes or a browser takes long, and at the end would be waited for.

Among their like the modules stay in the random order of pytest-randomly; xdist hands them out as they stand here.
"""

import pytest

_LONGEST_FIRST = ("browser", "race", "sockets")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move modules by the slowest mark any of their tests carries; the order within stays."""
    ranks: dict[str, int] = {}
    for item in items:
        module = item.nodeid.partition("::")[0]
        ranks[module] = min(ranks.get(module, len(_LONGEST_FIRST)), _rank(item))
    items.sort(key=lambda item: ranks[item.nodeid.partition("::")[0]])


def _rank(item: pytest.Item) -> int:
    marks = (place for place, mark in enumerate(_LONGEST_FIRST) if item.get_closest_marker(mark))
    return next(marks, len(_LONGEST_FIRST))
