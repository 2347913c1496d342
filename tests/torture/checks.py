"""The checks of `make torture`, in the order in which they run, each with the tests that carry it out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check of the reliability specification; it is INVALID when it has not ended after `minutes`.

    One that is `alone` looks at times, or uses every processor itself: nothing else runs meanwhile. One that is done
    `when_named` is left out of the hour.
    """

    name: str
    promise: str
    tests: tuple[str, ...]
    minutes: float
    alone: bool = False
    when_named: bool = False


CHECKS = (
    Check(
        "R01 storm",
        "orders survive kill -9 of web, worker, backends and the whole PostgreSQL, and a bad post and vendor",
        ("tests/crash/test_storm.py::test_a_storm_loses_and_doubles_nothing",),
        26,
        alone=True,
    ),
    Check(
        "R02 seeded bugs",
        "each bug planted in a copy of the project is seen and named",
        ("tests/seeded",),
        16,
    ),
    Check(
        "R03 sequences",
        "the end is a function of the set of events, whatever their order and repetition",
        ("tests/shop/payments/test_event_orders.py", "tests/webhooks/test_stripe_permutations.py"),
        12,
    ),
    Check(
        "R04 last of something",
        "of everybody who wants the last of something one gets it",
        (
            "tests/races/test_service_races.py::test_whoever_contends_for_the_same_rows_gets_one_effect[last_coupon]",
            "tests/races/test_service_races.py::test_whoever_contends_for_the_same_rows_gets_one_effect[last_seat]",
            "tests/races/test_service_races.py::test_whoever_contends_for_the_same_rows_gets_one_effect[same_invitation]",
            "tests/races/test_http_races.py::test_one_of_sixteen_wins_the_last_coupon",
        ),
        20,
    ),
    Check(
        "R05 wallet",
        "credit is neither invented nor lost, and never below zero",
        ("tests/races/test_service_races.py::test_whoever_contends_for_the_same_rows_gets_one_effect[wallet]",),
        6,
    ),
    Check(
        "other races",
        "the same cart, money, answer or transfer at the same instant has one effect",
        (
            "tests/races/test_service_races.py",
            "tests/races/test_transfer_races.py",
            "tests/races/test_seat_races.py",
            "tests/races/test_extension_races.py",
            "tests/races/test_renewal_races.py",
            "-k",
            "not last_coupon and not wallet and not last_seat and not same_invitation",
        ),
        16,
    ),
    Check(
        "purchase histories",
        "whatever a company buys, extends and renews, however late it pays, no day is paid twice or taken away",
        ("tests/shop/addons/test_histories.py",),
        40,
        alone=True,
        # It breaks prices, not processes, and would take ten minutes of the hour.
        when_named=True,
    ),
    Check(
        "R08 instants",
        "days, terms and numbers are Rome's at the turn of years, summer times and leap days",
        ("tests/outages/test_instants.py", "tests/foundation/test_clock.py"),
        4,
    ),
    Check(
        "R09 refused statements",
        "a deadlock, a serialization failure or a lost connection at any statement changes nothing but the time",
        ("tests/outages/test_sweep.py",),
        24,
    ),
    Check(
        "R10 disk full",
        "a full disk is answered with 503, loses nothing, and is recovered from",
        ("tests/outages/test_disk_full.py",),
        8,
    ),
    Check(
        "R11 mail down", "a day without mail blocks no order and loses no mail", ("tests/outages/test_mail_down.py",), 8
    ),
    Check(
        "R12 vendor down",
        "a day without the accounting program makes every company once",
        ("tests/outages/test_vendor_down.py",),
        12,
    ),
    Check(
        "R13 Stripe down",
        "nobody pays twice or is left behind, though Stripe's API fails",
        ("tests/flows/test_stripe_outages.py", "-k", "failing_api"),
        # Most of it is the Stripe library's pauses between its tries, which leave the processors to others: goes first.
        25,
    ),
    Check(
        "R14 letters lost",
        "nobody is left behind, though every letter is lost",
        ("tests/flows/test_stripe_outages.py", "-k", "not failing_api"),
        20,
    ),
    Check("R17 drain", "a rolling restart under load fails no request", ("tests/outages/test_drain.py",), 10),
    Check(
        "R19 idempotency keys",
        "one key has one effect and one answer, however often it comes at once",
        (
            "tests/races/test_http_races.py::test_one_key_has_one_effect_and_one_answer",
            "tests/races/test_http_races.py::test_one_event_twenty_times_at_once_is_one_payment_and_one_fulfilment",
            "tests/api/test_once.py",
            "tests/foundation/test_idempotency.py",
        ),
        5,
    ),
    Check(
        "R22 fault points",
        "a program that dies at any named point loses and doubles nothing",
        (
            "tests/crash/test_crash.py",
            "tests/crash/test_scenes.py",
            "tests/crash/test_late_refunds.py",
            "-k",
            "not alone",
        ),
        12,
    ),
)
