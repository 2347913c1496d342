from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from foundation.preparation import Preparation, PreparationFailed, schema_is_newest


def test_programs_need_not_wait_where_the_tables_are_those_of_this_code(committed_url: str) -> None:
    assert schema_is_newest(committed_url)


def test_programs_wait_for_a_database_without_tables_or_with_older_ones(committed_url: str) -> None:
    empty = make_url(committed_url).set(database="postgres").render_as_string(hide_password=False)
    assert not schema_is_newest(empty)
    assert not schema_is_newest("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    with psycopg.connect(committed_url.replace("+psycopg", "", 1)) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '0001'")
    assert not schema_is_newest(committed_url)


def test_a_preparation_that_fails_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log" / "prepare.log"
    preparation = Preparation({"DATABASE_URL": "no address", "MODE": "sandbox"}, log)
    with pytest.raises(PreparationFailed, match="Could not parse"):
        preparation.ensure_done()
    assert "Could not parse" in log.read_text()
