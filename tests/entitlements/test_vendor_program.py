"""Our half of the provisioning protocol against the accounting program of the sandbox, over real sockets (M25)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import Outside
from entitlements import HttpProvisioner, company_of
from foundation.settings import Settings
from sandbox.accounting import Config, build
from tests.conftest import Transact
from tests.entitlements.scenes import Scene, a_letter, a_scene, an_activation

pytestmark = pytest.mark.sockets


class QuietHandler(WSGIRequestHandler):
    """Tests read answers, not logs."""

    def log(self, *_anything: object) -> None:
        """Say nothing."""


@pytest.fixture
def program(app: Flask, outside: Outside, tmp_path: Path) -> Iterator[str]:
    """The address of a running accounting program, which the application is built to ask."""
    assert outside is not None
    settings: Settings = app.extensions["gettone.settings"]
    config = Config(
        data=tmp_path / "accounting.sqlite",
        shop_url="http://127.0.0.1:9",
        secret=settings.provisioning_secret,
        rates={},
        delivering=False,
    )
    server = make_server("127.0.0.1", 0, build(config), threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    app.extensions["gettone.provisioner"] = HttpProvisioner(address, settings.provisioning_secret)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def scene(tx: Transact) -> Scene:
    with tx() as session:
        return a_scene(session)


def order(program: str, **orders: bool | float | list[str]) -> dict[str, object]:
    """Tell the program how to behave next; answers its counts."""
    answer = requests.post(f"{program}/_control", json=orders, timeout=5)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def state_of(tx: Transact, scene: Scene, company_id: UUID) -> str:
    with tx() as session:
        return company_of(session, company_id, scene.studio.id)[0].state


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        (["ok"], "READY"),
        (["refuse"], "REJECTED"),
        (["lost"], "READY"),
        (["error500", "lost"], "READY"),
        (["error500", "refuse"], "REJECTED"),
    ],
)
def test_whatever_the_program_does_one_company_comes_of_it(
    program: str,
    scene: Scene,
    tx: Transact,
    run_jobs: Callable[[], int],
    behaviour: list[str],
    state: str,
) -> None:
    order(program, next=behaviour)
    with tx() as session:
        company_id = an_activation(session, scene)
    for _ in range(len(behaviour) + 1):
        run_jobs()
    assert state_of(tx, scene, company_id) == state
    counts = order(program)["companies"]
    assert isinstance(counts, dict)
    assert counts["created_twice"] == 0


def test_a_program_that_is_down_is_asked_until_it_is_back(
    program: str, scene: Scene, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    """R12: closed for a while, then open: every activation arrives, none twice."""
    order(program, down=True)
    with tx() as session:
        companies = [
            an_activation(session, scene, 0),
            an_activation(session, scene, 1, vat_number="02780790107", tax_code="02780790107"),
        ]
    run_jobs()
    run_jobs()
    assert [state_of(tx, scene, company_id) for company_id in companies] == ["PROVISIONING"] * 2
    order(program, down=False)
    run_jobs()
    assert [state_of(tx, scene, company_id) for company_id in companies] == ["READY"] * 2
    assert order(program)["companies"] == {"ready": 2, "pending": 0, "failed": 0, "created_twice": 0}


@pytest.mark.parametrize(("behaviour", "state"), [("late", "READY"), ("late_refuse", "REJECTED")])
def test_a_callback_that_was_lost_is_found_by_asking(
    program: str, scene: Scene, tx: Transact, run_jobs: Callable[[], int], behaviour: str, state: str
) -> None:
    order(program, next=[behaviour], callback_delay=0)
    with tx() as session:
        company_id = an_activation(session, scene)
    run_jobs()
    assert state_of(tx, scene, company_id) == "PROVISIONING"
    # The program settles the company and calls an address where nobody is.
    requests.post(f"{program}/_control/flush", timeout=20)
    run_jobs()
    assert state_of(tx, scene, company_id) == state


def test_a_callback_and_a_question_apply_the_same_end_once(
    program: str, scene: Scene, tx: Transact, run_jobs: Callable[[], int], app: Flask
) -> None:
    order(program, next=["late"], callback_delay=0)
    with tx() as session:
        company_id = an_activation(session, scene)
    run_jobs()
    requests.post(f"{program}/_control/flush", timeout=20)
    a_letter(app, "company.ready", {"id": str(company_id), "remote_id": "KC-000001"})
    run_jobs()
    assert state_of(tx, scene, company_id) == "READY"
    with tx() as session:
        assert company_of(session, company_id, scene.studio.id)[0].remote_id == "KC-000001"


def test_a_program_that_cannot_be_reached_is_no_answer() -> None:
    answer = HttpProvisioner("http://127.0.0.1:9", "whsec_c2VjcmV0").create("company-x", {"id": "x"})
    assert answer.__class__.__name__ == "NoAnswer"
