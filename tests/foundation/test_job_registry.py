from datetime import timedelta

import pytest

from foundation.jobs import defer, job, registered_jobs
from foundation.jobs.registry import LONGEST_PAUSE, JobUnknown, pause_after
from foundation.mail import deliver_mail
from tests.conftest import Transact


def test_a_name_nobody_registered_is_refused_at_once(tx: Transact) -> None:
    with tx() as session, pytest.raises(JobUnknown) as caught:
        defer(session, "tests.no_such_job")
    assert caught.value.name == "tests.no_such_job"


def test_two_functions_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match=r"mail\.deliver"):
        job("mail.deliver")(lambda: None)
    assert registered_jobs()["mail.deliver"].run is deliver_mail


def test_pauses_double_up_to_an_hour() -> None:
    seconds = [pause_after(attempt).total_seconds() for attempt in range(1, 30)]
    for attempt, pause in enumerate(seconds, start=1):
        wanted = min(2 * 2 ** (attempt - 1), LONGEST_PAUSE.total_seconds())
        assert wanted * 0.9 <= pause <= wanted * 1.1
    assert sum(pause_after(attempt).total_seconds() for attempt in range(1, 60)) > timedelta(hours=24).total_seconds()
