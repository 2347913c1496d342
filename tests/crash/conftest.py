"""The world in which scenes play, and the application of this process in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from foundation.database import database
from tests.crash.scenes import scene_app
from tests.crash.world import World, a_world


@pytest.fixture
def world(tmp_path: Path, worker_id: str) -> Iterator[World]:
    """A database and stand-ins of their own."""
    with a_world(f"gettone_scene_{worker_id}", tmp_path) as found:
        yield found


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    """The application of this process, in that world."""
    found = scene_app(dict(world.environment))
    yield found
    with found.app_context():
        database.engine.dispose()
