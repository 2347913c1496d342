"""Published test vectors, read from the shared data beside the project and never copied into it."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "vectors"


def vectors(name: str) -> Any:  # noqa: ANN401 - the shape of each file is known to the test that reads it
    """The content of one vector file; the test is skipped, with the reason, where the shared data is absent."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"the shared data is not here: {path.name}")
    return json.loads(path.read_text(encoding="utf-8"))
