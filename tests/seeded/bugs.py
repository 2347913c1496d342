"""The seeded bugs: each takes away what keeps one rule, the lock *and* the constraint where either would still keep it.

A bug that only a crash shows brings its own fault point, `seeded`, to the instant at which it is wrong.
"""

from tests.crash.points import WEB, WORKER, Crash
from tests.seeded.planting import SeededBug

_SEEDED_WEB, _SEEDED_WORKER = (Crash("seeded", WEB),), (Crash("seeded", WORKER),)

RACED = (
    SeededBug(
        "no dedupe: the same money is recorded as often as it is told",
        (),
        ("ALTER TABLE payments DROP CONSTRAINT uq_payments_source_external_id",),
        race="same_money",
    ),
    SeededBug(
        "no lock: a cart is placed without its lock and its unique key",
        (("shop/orders/placing.py", "fresh = query.with_for_update()", "fresh = query"),),
        ("ALTER TABLE orders DROP CONSTRAINT uq_orders_cart_id",),
        race="same_cart",
    ),
    SeededBug(
        "no lock: money is recorded without the order's lock and its unique key",
        (
            (
                "shop/payments/record.py",
                ".where(Order.id == order_id).with_for_update()",
                ".where(Order.id == order_id)",
            ),
        ),
        ("ALTER TABLE payments DROP CONSTRAINT uq_payments_source_external_id",),
        race="same_money",
    ),
    SeededBug(
        "check-then-act: a coupon is claimed without its lock and its unique index",
        (("entitlements/coupons/stock.py", ".with_for_update(of=Coupon)", ""),),
        ("DROP INDEX uq_coupon_assignments_live",),
        race="last_coupon",
    ),
    SeededBug(
        "check-then-act: a wallet is read, then written",
        (
            ("entitlements/wallets.py", "    wait_in_line(session, holders, meter)\n", ""),
            ("entitlements/wallets.py", "query.with_for_update() if lock else query", "query"),
            ("entitlements/wallets.py", "balance=WalletBucket.balance - taken", "balance=bucket.balance - taken"),
        ),
        race="wallet",
    ),
    SeededBug(
        "no lock: the vendor's answer is applied without the company's",
        (
            ("entitlements/provisioning/answers.py", ", with_for_update=True, populate_existing=True", ""),
            ("entitlements/activation.py", "company_id, with_for_update=True, populate_existing=True", "company_id"),
            ("entitlements/activation.py", ".with_for_update(of=(CouponAssignment, Coupon))", ""),
        ),
        (
            "ALTER TABLE licences DROP CONSTRAINT uq_licences_cause_kind_cause_id",
            "ALTER TABLE licence_terms DROP CONSTRAINT uq_licence_terms_cause_kind_cause_id",
            "ALTER TABLE activations DROP CONSTRAINT uq_activations_cause_kind_cause_id",
        ),
        race="one_licence",
    ),
)

CRASHED = (
    SeededBug(
        "early acknowledgement: a letter is marked handled, and then handled",
        (
            (
                "webhooks/bank_letters.py",
                "                close_letter(letter, _apply(session, letter))\n",
                (
                    "                close_letter(letter, 'early')\n        fault_point('seeded')\n"
                    "        with transaction() as session:\n            if letter is not None:\n"
                    "                _apply(session, letter)\n"
                ),
            ),
            (
                "webhooks/bank_letters.py",
                "from foundation.jobs",
                "from foundation.faults import fault_point\nfrom foundation.jobs",
            ),
        ),
        crashes=_SEEDED_WORKER,
    ),
    SeededBug(
        "split commit: an order is marked paid in one transaction and fulfilled in the next",
        (
            (
                "shop/payments/record.py",
                "        fulfil(session, order)\n        return\n    schedule_due",
                "        after_commit(session, lambda: _fulfil_then(order.id))\n        return\n    schedule_due",
            ),
            (
                "shop/payments/record.py",
                "def _window(",
                (
                    "def _fulfil_then(order_id: UUID) -> None:\n    fault_point('seeded')\n"
                    "    with transaction() as session:\n        fulfil(session, lock_order(session, order_id))\n\n\n"
                    "def _window("
                ),
            ),
            (
                "shop/payments/record.py",
                "from foundation.database import JsonObject",
                "from foundation.database import JsonObject, after_commit, transaction",
            ),
        ),
        crashes=_SEEDED_WORKER,
    ),
    SeededBug(
        "no job row: the vendor's call is queued after the commit that caused it",
        (
            (
                "entitlements/provisioning/requests.py",
                '        defer(session, "provisioning.call", lock',
                (
                    "        after_commit(session, lambda: _defer_then(company_id))\n\n\n"
                    "def _defer_then(company_id: UUID) -> None:\n    fault_point('seeded')\n"
                    '    with apart() as session:\n        defer(session, "provisioning.call", lock'
                ),
            ),
            (
                "entitlements/provisioning/requests.py",
                "from foundation.jobs import",
                (
                    "from foundation.database import after_commit, apart\nfrom foundation.faults import fault_point\n"
                    "from foundation.jobs import"
                ),
            ),
        ),
        crashes=_SEEDED_WEB,
    ),
    SeededBug(
        "done before the call: a mail is marked sent, and then sent",
        (
            (
                "foundation/mail.py",
                '    fault_point("mail.before_send")',
                (
                    "    with transaction() as session:\n"
                    "        session.get_one(Mail, mail.id, with_for_update=True).sent_at = clock.now()\n"
                    '    fault_point("mail.before_send")'
                ),
            ),
        ),
        crashes=(Crash("mail.before_send", WORKER),),
    ),
    SeededBug(
        "no provider key: every try has a key of its own",
        (
            (
                "entitlements/provisioning/attempts.py",
                "provisioner.create(idempotency_key(company_id), body)",
                'provisioner.create(f"{idempotency_key(company_id)}-{tries}", body)',
            ),
        ),
        vendor=("lost", "ok", "lost"),
    ),
)

_EVENT_ORDERS = "tests/shop/payments/test_event_orders.py"
_LATE_MONEY = "tests/flows/test_late_money.py"
_WINDOW = "tests/flows/test_transfer_window.py"
TESTED = (
    SeededBug(
        "non-monotone state: the last look at a payment replaces what was seen before",
        (
            (
                "shop/payments/attempt_states.py",
                "return AttemptFacts(*(getattr(self, name) or getattr(more, name) for name in ATTEMPT_FACTS))",
                "return more",
            ),
        ),
        tests=(f"{_EVENT_ORDERS}::test_every_sequence_of_five_events_ends_as_its_set_says_in_the_pure_functions",),
    ),
    SeededBug(
        "window ignored: a transfer is fulfilled at once",
        (("shop/payments/record.py", "        return release_after\n", "        return timedelta()\n"),),
        tests=(f"{_WINDOW}::test_a_transfer_that_fits_is_fulfilled_twelve_hours_after_it_is_recorded",),
    ),
    SeededBug(
        "late money dropped: what arrives for a closed order is forgotten",
        (
            (
                "shop/payments/record.py",
                '    step = next_order_state(order.state, "money_revives"',
                (
                    "    if order.state in CLOSED:\n        return\n"
                    '    step = next_order_state(order.state, "money_revives"'
                ),
            ),
        ),
        tests=(f"{_LATE_MONEY}::test_money_for_an_expired_order_revives_it_at_the_same_price",),
    ),
    SeededBug(
        "rounding per unit: VAT is rounded line by line",
        (
            (
                "pricing/vat.py",
                "vat_on(nets[rate.code], rate)) for",
                "sum((vat_on(line.net, rate) for line in lines if line.rate == rate), Money(0))) for",
            ),
        ),
        tests=("tests/pricing/test_vat.py::test_vat_is_computed_once_per_rate_on_the_sum_of_the_nets",),
    ),
)

BUGS = (*RACED, *CRASHED, *TESTED)
CHAIN_BUG = CRASHED[-1]
