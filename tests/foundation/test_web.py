import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import Outside, create_app
from entitlements import MemoryProvisioner
from foundation.access import access_of, public
from foundation.database import database
from foundation.jobs import defer
from foundation.mail import MemoryMailer
from foundation.problems import FieldProblem, Told, tell
from shop import MemoryGateway
from tests.conftest import Transact
from tests.foundation.test_settings import PRODUCTION

STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
TOKEN = "watches-the-shop-" * 3
NO_SERVER = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
HEADERS = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Frame-Options",
    "X-Request-Id",
}


class TooFewCoins(Exception):
    """A domain error with fields, as rooms have them."""

    def __init__(self, held: int) -> None:
        super().__init__(held)
        self.held = held


def _with_troubles(url: str, **more: str) -> Flask:
    """The whole application, and under /troubles and /api/troubles a route for everything that can go wrong."""
    outside = Outside(gateway=MemoryGateway(), provisioner=MemoryProvisioner(), mailer=MemoryMailer())
    app = create_app({"DATABASE_URL": url, "SHOP_ENV": "test"} | more, outside)

    @public
    def refuse(status: int) -> str:
        abort(status)

    @public
    def break_down() -> str:
        raise RuntimeError("mario.rossi@example.it")

    @public
    def lose_the_database() -> str:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    @public
    def refuse_in_words() -> str:
        raise TooFewCoins(3)

    for place in ("", "/api"):
        name = place.strip("/")
        app.add_url_rule(f"{place}/troubles/<int:status>", f"{name}refuse", refuse)
        app.add_url_rule(f"{place}/troubles/broken", f"{name}break", break_down)
        app.add_url_rule(f"{place}/troubles/database", f"{name}database", lose_the_database)
        app.add_url_rule(f"{place}/troubles/coins", f"{name}coins", refuse_in_words)
    told = Told(
        409,
        "too-few-coins",
        lambda problem: f"Hai solo {problem.held} gettoni.",
        fields=lambda _: [FieldProblem("/quantity", "too_many", "Troppi.")],
        members=lambda problem: {"held": problem.held},
    )
    tell(app, {TooFewCoins: told})
    return app


@pytest.fixture(scope="module")
def troubles(worker_database: str) -> Iterator[FlaskClient]:
    app = _with_troubles(worker_database)
    yield app.test_client()
    with app.app_context():
        database.engine.dispose()


@pytest.mark.parametrize("status", STATUSES)
def test_a_program_is_told_a_problem_in_json(troubles: FlaskClient, status: int) -> None:
    answer = troubles.get(f"/api/troubles/{status}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    body = json.loads(answer.data)
    assert body["status"] == status
    assert body["type"].startswith("/problems/")
    assert body["detail"]
    assert body["title"]
    assert body["instance"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_person_is_shown_a_page_with_the_reference_for_support(troubles: FlaskClient, status: int) -> None:
    answer = troubles.get(f"/troubles/{status}")
    assert answer.status_code == status
    assert answer.content_type == "text/html; charset=utf-8"
    page = answer.get_data(as_text=True)
    assert '<html lang="it">' in page
    assert answer.headers["X-Request-Id"] in page
    assert "Traceback" not in page


@pytest.mark.parametrize("path", ["/troubles/broken", "/api/troubles/broken"])
def test_an_unforeseen_failure_shows_no_trace_and_no_message(
    troubles: FlaskClient, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = troubles.get(path)
    assert answer.status_code == 500
    said = answer.get_data(as_text=True)
    for secret in ("RuntimeError", "mario.rossi", "Traceback", "test_web"):
        assert secret not in said
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "mario.rossi" not in logged
    assert answer.headers["X-Request-Id"] in logged


@pytest.mark.parametrize("path", ["/troubles/database", "/api/troubles/database"])
def test_a_database_that_is_away_asks_to_come_back(troubles: FlaskClient, path: str) -> None:
    answer = troubles.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_an_error_of_the_domain_is_told_to_a_program_with_its_fields(troubles: FlaskClient) -> None:
    body = json.loads(troubles.get("/api/troubles/coins").data)
    assert body["type"] == "/problems/too-few-coins"
    assert body["detail"] == "Hai solo 3 gettoni."
    assert body["errors"] == [{"pointer": "/quantity", "code": "too_many", "detail": "Troppi."}]
    assert body["held"] == 3


def test_an_error_of_the_domain_is_told_to_a_person_in_a_sentence(troubles: FlaskClient) -> None:
    answer = troubles.get("/troubles/coins")
    assert answer.status_code == 409
    assert "Hai solo 3 gettoni." in answer.get_data(as_text=True)


def test_a_method_that_is_not_offered_names_those_that_are(troubles: FlaskClient) -> None:
    answer = troubles.put("/api/troubles/coins")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_pages_and_programs_are_told_apart_by_the_path_alone(troubles: FlaskClient) -> None:
    page = troubles.get("/troubles/404", headers={"Accept": "application/json"})
    program = troubles.get("/api/troubles/404", headers={"Accept": "text/html"})
    letter = troubles.get("/webhooks/nothing-here")
    assert page.content_type.startswith("text/html")
    assert program.content_type == letter.content_type == "application/problem+json"


@pytest.mark.parametrize("given", ["abcdefgh", "A-1-b-2-c-3", "f" * 64])
def test_a_well_formed_request_id_is_echoed(troubles: FlaskClient, given: str) -> None:
    assert troubles.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "f" * 65, "with space", "<script>", "caffè-caffè", "abcdefgh;", "a,b,c,d,e,f"]
)
def test_any_other_request_id_is_replaced(troubles: FlaskClient, given: str) -> None:
    answered = troubles.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert answered != given
    assert re.fullmatch(r"[0-9a-f]{16}", answered)


def _plain_paths(app: Flask) -> list[str]:
    return sorted(
        {
            rule.rule
            for rule in app.url_map.iter_rules()
            if not rule.arguments and "GET" in (rule.methods or set()) and not rule.rule.startswith("/troubles")
        }
    )


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    paths = [*_plain_paths(client.application), "/nothing-here", "/api/v1/nothing-here", "/static/look/page.css"]
    assert len(paths) > 10
    for path in paths:
        answer = client.get(path)
        missing = HEADERS - set(answer.headers.keys())
        assert not missing, (path, missing)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
        answer.close()


def test_over_https_browsers_are_told_to_stay_there(worker_database: str) -> None:
    app = _with_troubles(worker_database, PUBLIC_URL="https://shop.example")
    answer = app.test_client().get("/healthz")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    plain = _with_troubles(worker_database).test_client().get("/healthz")
    assert "Strict-Transport-Security" not in plain.headers


def test_answers_to_programs_are_never_kept_by_caches(troubles: FlaskClient) -> None:
    assert troubles.get("/api/troubles/404").headers["Cache-Control"] == "no-store"


def test_every_view_says_who_may_come_in(app: Flask) -> None:
    silent = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in {"healthz", "readyz", "metrics"} or rule.endpoint.endswith("static"):
            continue
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            with app.test_request_context(method=method):
                if access_of(view) is None:
                    silent.append(f"{method} {rule.rule} ({rule.endpoint})")
    assert silent == [], "decorate the view with @public or @requires(...)"


def test_health_needs_nothing_at_all() -> None:
    answer = _with_troubles(NO_SERVER).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_readiness_needs_the_schema_and_jobs_that_are_not_late(client: FlaskClient, tx: Transact) -> None:
    assert client.get("/readyz").status_code == 200
    with tx() as session:
        number = defer(session, "mail.deliver", mail_id="00000000-0000-0000-0000-000000000000")
    assert client.get("/readyz").status_code == 200
    with tx() as session:
        session.execute(
            text("UPDATE procrastinate_jobs SET queued_at = now() - interval '6 min' WHERE id = :id"), {"id": number}
        )
    late = client.get("/readyz")
    assert late.status_code == 503
    assert late.json == {"status": "jobs are late", "late_jobs": 1}


def test_without_a_database_the_program_is_alive_but_not_ready() -> None:
    client = _with_troubles(NO_SERVER).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "nonexistent" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/catalogo", "/api/v1/orders"])
def test_without_a_database_nobody_is_answered_as_if_all_were_well(path: str) -> None:
    client = _with_troubles(NO_SERVER).test_client()
    headers = {"Authorization": "Bearer some-token"} if path.startswith("/api/") else {}
    answer = client.get(path, headers=headers)
    assert answer.status_code in {200, 503}
    assert "Traceback" not in answer.get_data(as_text=True)
    if path != "/":
        assert answer.status_code == 503
        assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("environment", "asked", "status"),
    [
        ({}, {}, 200),
        ({}, {"REMOTE_ADDR": "203.0.113.9"}, 404),
        ({"METRICS_TOKEN": TOKEN}, {}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}x"}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "REMOTE_ADDR": "203.0.113.9"}, 200),
        ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": "Basic \xe9"}, 401),
        (PRODUCTION, {}, 404),
    ],
)
def test_metrics_are_for_whoever_has_their_token_and_in_a_sandbox_for_its_own_machine(
    environment: dict[str, str], asked: dict[str, str], status: int
) -> None:
    client = create_app({"DATABASE_URL": NO_SERVER} | environment).test_client()
    assert client.get("/metrics", environ_overrides=asked).status_code == status


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/orders", "/static/nowhere"])
def test_a_host_that_is_none_is_refused_and_nothing_breaks(client: FlaskClient, path: str) -> None:
    answer = client.get(path, environ_overrides={"HTTP_HOST": "9" * 64})
    assert (answer.status_code, answer.get_json()["status"]) == (400, 400)
    assert answer.headers["X-Request-Id"]
    assert "Content-Security-Policy" in answer.headers


def test_metrics_count_answers_by_endpoint_and_status(client: FlaskClient) -> None:
    client.get("/nothing-here")
    page = client.get("/metrics").get_data(as_text=True)
    assert re.search(r'gettone_requests_total\{endpoint="none",status="404"\} \d', page)
    assert "gettone_request_seconds_bucket" in page
