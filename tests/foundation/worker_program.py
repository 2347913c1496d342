"""A real worker of the product with jobs that a test can watch, run as a program of its own.

Each run of a job leaves an event, committed at once, so that another process sees how often it began and ended.
"""

import asyncio
import os
import time
from uuid import UUID

from app import create_app
from foundation.database import transaction
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.jobs import job
from foundation.jobs.worker import work


def _note(word: str, subject: str) -> None:
    with transaction() as session:
        record_event(session, word, Subject("test", UUID(subject)), pid=os.getpid())


@job("tests.slow")
def slow(subject: str, seconds: str) -> None:
    """Begin, take a while, end."""
    _note("began", subject)
    time.sleep(float(seconds))
    fault_point("tests.before_end")
    _note("ended", subject)


@job("tests.broken", tries=2)
def broken(subject: str) -> None:
    """Fail at every try."""
    _note("began", subject)
    raise ValueError(subject)


def main() -> None:
    """Work until told to stop."""
    asyncio.run(work(create_app(), concurrency=2))
