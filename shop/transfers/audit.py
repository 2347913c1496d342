"""The audit of transfers: every euro of a line is allocated, credited, sent back or waits; the ledger says the same."""

from foundation.audit import sql_checks
from shop.transfers.card_credit import TOOK_THE_MONEY

_ACCOUNTS = """
    (SELECT a.kind, a.owner_id, a.unit,
            coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.credit_account_id = a.id), 0)
          - coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.debit_account_id = a.id), 0) AS balance
     FROM ledger_accounts a WHERE a.kind = '{kind}')
"""
_USED = """
    coalesce((SELECT sum(x.amount_cents) FROM payment_allocations x WHERE x.payment_id = p.id), 0)
  + coalesce((SELECT sum(d.amount_cents) FROM payment_disposals d WHERE d.payment_id = p.id), 0)
"""

_WRITTEN_OUT = {
    "{TAKEN}": ", ".join(f"'{status}'" for status in sorted(TOOK_THE_MONEY)),
    "{USED}": _USED,
    "{SUSPENSE}": _ACCOUNTS.replace("{kind}", "suspense"),
    "{STORE_CREDIT}": _ACCOUNTS.replace("{kind}", "store_credit"),
}


def _written_out(query: str) -> str:
    for name, part in _WRITTEN_OUT.items():
        query = query.replace(name, part)
    return query


sql_checks(
    (name, rows, _written_out(violations))
    for name, rows, violations in [
        (
            "every line in brought one payment of its amount, and every bank payment has its line",
            "SELECT count(*) FROM bank_lines",
            """
            SELECT 'line ' || l.id || ' of ' || l.amount_cents || ' brought ' || count(p.id) || ' payments'
            FROM bank_lines l LEFT JOIN payments p ON p.bank_line_id = l.id AND p.amount_cents = l.amount_cents
              AND p.currency = l.currency
            WHERE l.kind = 'TRANSFER' GROUP BY l.id HAVING count(p.id) <> 1
            UNION ALL
            SELECT 'payment ' || p.id || ' has no line' FROM payments p
            WHERE p.source = 'bank' AND (p.bank_line_id IS NULL OR p.external_id <> p.bank_line_id::text)
            """,
        ),
        (
            "what waits of a payment is its suspense account, never below zero",
            "SELECT count(*) FROM payments WHERE source IN ('bank', 'store_credit')",
            """
            SELECT 'payment ' || p.id || ' has ' || p.amount_cents - ({USED}) || ' left, its suspense account '
                   || coalesce(s.balance, 0)
            FROM payments p LEFT JOIN {SUSPENSE} s ON s.owner_id = p.id
            WHERE p.source IN ('bank', 'store_credit')
              AND (p.amount_cents - ({USED}) <> coalesce(s.balance, 0) OR p.amount_cents - ({USED}) < 0)
            """,
        ),
        (
            "a line's state is what is left of its money",
            "SELECT count(*) FROM bank_lines WHERE kind = 'TRANSFER'",
            """
            SELECT 'line ' || l.id || ' is ' || l.state || ' with ' || p.amount_cents - ({USED}) || ' left'
            FROM bank_lines l JOIN payments p ON p.bank_line_id = l.id
            WHERE l.kind = 'TRANSFER'
              AND (l.state IN ('MATCHED', 'RETURNED', 'REPLACED')) <> (p.amount_cents - ({USED}) = 0)
            """,
        ),
        (
            "a party's store credit is its ledger account",
            "SELECT count(*) FROM store_credits",
            """
            SELECT 'party ' || coalesce(c.party_id, s.owner_id) || ' has ' || coalesce(c.balance_cents, 0)
                   || ' of credit, the ledger ' || coalesce(s.balance, 0)
            FROM store_credits c FULL JOIN {STORE_CREDIT} s ON s.owner_id = c.party_id
            WHERE coalesce(c.balance_cents, 0) <> coalesce(s.balance, 0)
            """,
        ),
        (
            "credit that a card paid for is gone with the money that went back at Stripe",
            "SELECT count(DISTINCT payment_id) FROM payment_disposals",
            """
            SELECT 'payment ' || p.id || ' is still ' || d.credited || ' of credit, ' || g.cents || ' of it went back'
            FROM payments p
            CROSS JOIN LATERAL (SELECT sum(x.amount_cents) AS whole,
                                       sum(x.amount_cents) FILTER (WHERE x.kind = 'STORE_CREDIT') AS credited
                                FROM payment_disposals x WHERE x.payment_id = p.id) d
            CROSS JOIN LATERAL (SELECT coalesce(sum(c.refunded_cents + (
                                         SELECT coalesce(sum(s.amount_cents), 0) FROM stripe_disputes s
                                         WHERE s.charge_id = c.id AND s.status IN ({TAKEN}))), 0) AS cents
                                FROM stripe_charges c
                                WHERE c.payment_intent_id = p.external_id AND c.status = 'succeeded') g
            WHERE p.source = 'stripe' AND d.credited > greatest(d.whole - g.cents, 0)
            """,
        ),
        (
            "no more was asked back of a charge than it brought",
            "SELECT count(*) FROM refund_requests WHERE way = 'card'",
            """
            SELECT 'charge ' || c.id || ' brought ' || c.amount_cents || ', ' || sum(r.amount_cents) || ' asked back'
            FROM stripe_charges c JOIN refund_requests r ON r.charge_id = c.id AND r.state <> 'REFUSED'
            WHERE NOT EXISTS (SELECT 1 FROM stripe_refunds f
                              WHERE f.id = r.refund_id AND f.status IN ('failed', 'canceled'))
            GROUP BY c.id HAVING sum(r.amount_cents) > c.amount_cents
            """,
        ),
        (
            "allocations of transfers stand in the ledger, each with its amount",
            "SELECT count(*) FROM payment_allocations",
            """
            SELECT 'allocation ' || x.id || ' of ' || x.amount_cents || ' is booked as ' || coalesce(sum(t.amount), 0)
            FROM payment_allocations x JOIN payments p ON p.id = x.payment_id
            LEFT JOIN ledger_transfers t ON t.cause_kind = 'allocation' AND t.cause_id = x.id
            WHERE p.source IN ('bank', 'store_credit')
            GROUP BY x.id HAVING coalesce(sum(t.amount), 0) <> abs(x.amount_cents)
            """,
        ),
        (
            "what left the bank stands there once",
            "SELECT count(*) FROM bank_lines WHERE kind = 'RETURN'",
            """
            SELECT 'return ' || l.id || ' of ' || l.amount_cents || ' is booked as ' || coalesce(sum(t.amount), 0)
            FROM bank_lines l LEFT JOIN ledger_transfers t ON t.cause_kind = 'bank_return' AND t.cause_id = l.id
            WHERE l.kind = 'RETURN' GROUP BY l.id HAVING coalesce(sum(t.amount), 0) <> -l.amount_cents
            """,
        ),
        (
            "an order that has its money in a window will be fulfilled by its row",
            "SELECT count(*) FROM orders WHERE state = 'PAID'",
            """
            SELECT 'order ' || o.number || ' is paid and nothing will fulfil it' FROM orders o
            WHERE o.state = 'PAID' AND NOT EXISTS (
              SELECT 1 FROM due_rows r WHERE r.rule = 'orders.fulfil' AND r.subject_id = o.id AND r.cancelled_at IS NULL
                 AND r.done_at IS NULL)
            """,
        ),
        (
            "nobody approved what they had asked for",
            "SELECT count(*) FROM finance_decisions WHERE four_eyes",
            """
            SELECT 'decision ' || d.id || ' was approved by whoever asked for it' FROM finance_decisions d
            WHERE d.four_eyes AND d.state = 'APPROVED'
              AND (d.decided_by_user_id IS NULL OR d.decided_by_user_id = d.asked_by_user_id)
            """,
        ),
    ]
)
