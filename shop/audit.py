"""The audit of the shop: what was ordered, paid, booked and issued is the same, to the cent and to the coupon."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.audit import Finding, audit_check, sql_checks
from pricing import PricingError, replay
from shop.orders.order_book import Order

_MOST_NAMED = 20

sql_checks(
    [
        (
            "an order's totals are its lines' and its quote's",
            "SELECT count(*) FROM order_lines",
            """
            SELECT 'order ' || o.number || ' does not add up' FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
            GROUP BY o.id HAVING coalesce(sum(l.net_cents), 0) <> o.net_cents
              OR coalesce(sum(l.vat_cents), 0) <> o.vat_cents
              OR (o.quote->>'gross_cents')::bigint <> o.gross_cents OR (o.quote->>'net_cents')::bigint <> o.net_cents
              OR jsonb_array_length(o.quote->'lines') <> count(l.id)
            """,
        ),
        (
            "every line is the line of the quote",
            "SELECT count(*) FROM order_lines",
            """
            SELECT 'line ' || l.id || ' of order ' || o.number || ' is not what was quoted'
            FROM order_lines l JOIN orders o ON o.id = l.order_id,
            LATERAL (SELECT o.quote->'inputs'->'lines'->(l.position - 1)::int AS asked,
                            o.quote->'lines'->(l.position - 1)::int AS priced) q
            WHERE q.asked->>'sku' IS DISTINCT FROM l.sku
               OR (q.asked->>'quantity')::bigint IS DISTINCT FROM l.quantity
               OR q.asked->>'vat_code' IS DISTINCT FROM l.vat_code
               OR (q.priced->>'unit_net_cents')::bigint IS DISTINCT FROM l.unit_net_cents
               OR (q.priced->>'net_cents')::bigint IS DISTINCT FROM l.net_cents
               OR (q.priced->>'vat_cents')::bigint IS DISTINCT FROM l.vat_cents
            """,
        ),
        (
            "a paid order has its money",
            "SELECT count(*) FROM orders WHERE state IN ('PAID', 'ON_HOLD', 'FULFILLED')",
            """
            SELECT 'order ' || o.number || ' is ' || o.state || ' with ' || coalesce(sum(a.amount_cents), 0)
                   || ' of ' || o.gross_cents
            FROM orders o LEFT JOIN payment_allocations a ON a.order_id = o.id
            WHERE o.state IN ('PAID', 'ON_HOLD', 'FULFILLED') AND NOT (o.state = 'FULFILLED' AND EXISTS (
              SELECT 1 FROM finance_tasks f WHERE f.order_id = o.id AND f.kind = 'returned_after_fulfilment'))
            GROUP BY o.id HAVING coalesce(sum(a.amount_cents), 0) < o.gross_cents
            """,
        ),
        (
            "an order that has its money is paid, or finance looks at it",
            "SELECT count(*) FROM orders WHERE state = 'AWAITING_PAYMENT'",
            """
            SELECT 'order ' || o.number || ' waits although ' || sum(a.amount_cents) || ' arrived'
            FROM orders o JOIN payment_allocations a ON a.order_id = o.id
            WHERE o.state NOT IN ('PAID', 'ON_HOLD', 'FULFILLED')
              AND NOT EXISTS (SELECT 1 FROM finance_tasks f WHERE f.order_id = o.id)
            GROUP BY o.id HAVING sum(a.amount_cents) >= o.gross_cents
            """,
        ),
        (
            "a payment is allocated once and no more than it is",
            "SELECT count(*) FROM payments",
            """
            SELECT 'payment ' || p.id || ' of ' || p.amount_cents || ' is allocated ' || x.cents
            FROM payments p CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount_cents), 0) AS cents
                                                FROM payment_allocations a WHERE a.payment_id = p.id) x
            CROSS JOIN LATERAL (SELECT coalesce(sum(d.amount_cents), 0) AS cents
                                FROM payment_disposals d WHERE d.payment_id = p.id) y
            WHERE x.cents NOT BETWEEN 0 AND p.amount_cents
               OR (p.source = 'stripe' AND x.cents + y.cents <> p.amount_cents)
            """,
        ),
        (
            "every payment stands in the ledger with its amount",
            "SELECT count(*) FROM payments",
            """
            SELECT 'payment ' || p.id || ' of ' || p.amount_cents || ' is booked as ' || coalesce(sum(t.amount), 0)
            FROM payments p LEFT JOIN ledger_transfers t ON t.cause_kind = 'payment' AND t.cause_id = p.id
            GROUP BY p.id HAVING coalesce(sum(t.amount), 0) <> p.amount_cents
            """,
        ),
        (
            "what a fulfilled line promised was issued, and nothing else",
            "SELECT count(*) FROM order_lines",
            """
            SELECT 'line ' || l.id || ' of order ' || o.number || ' (' || o.state || ') issued '
                   || coalesce(p.quantity, b.granted, 0) || ' of ' || (l.gives->>'units')::bigint * l.quantity
            FROM order_lines l JOIN orders o ON o.id = l.order_id
            LEFT JOIN coupon_packs p ON p.cause_kind = 'order_line' AND p.cause_id = l.id
            LEFT JOIN wallet_buckets b ON b.cause_kind = 'order_line' AND b.cause_id = l.id
            WHERE l.gives->>'kind' NOT IN ('licence', 'company') AND coalesce(p.quantity, b.granted, 0)
                  <> CASE WHEN o.fulfilled_at IS NULL THEN 0 ELSE (l.gives->>'units')::bigint * l.quantity END
            """,
        ),
        (
            "every issued right was ordered",
            "SELECT count(*) FROM grants WHERE cause_kind = 'order_line'",
            """
            SELECT 'grant ' || g.id || ' has no order line' FROM grants g WHERE g.cause_kind = 'order_line'
              AND NOT EXISTS (SELECT 1 FROM order_lines l JOIN orders o ON o.id = l.order_id
                              WHERE l.id = g.cause_id AND o.fulfilled_at IS NOT NULL AND l.quantity = g.quantity)
            """,
        ),
        (
            "a sale is booked once, in full, when it is fulfilled",
            "SELECT count(*) FROM orders",
            """
            SELECT 'order ' || o.number || ' of ' || o.gross_cents || ' is booked as ' || coalesce(sum(t.amount), 0)
            FROM orders o LEFT JOIN ledger_transfers t ON t.cause_kind = 'order_fulfilled' AND t.cause_id = o.id
            GROUP BY o.id
            HAVING coalesce(sum(t.amount), 0) <> CASE WHEN o.fulfilled_at IS NULL THEN 0 ELSE o.gross_cents END
            """,
        ),
        (
            "an order's state has its instants and its event",
            "SELECT count(*) FROM orders",
            """
            SELECT 'order ' || o.number || ' is ' || o.state || ' without its trace' FROM orders o
            WHERE (o.state IN ('PAID', 'ON_HOLD', 'FULFILLED') AND o.paid_at IS NULL)
               OR (o.state = 'FULFILLED') <> (o.fulfilled_at IS NOT NULL)
               OR (o.state IN ('CANCELLED', 'EXPIRED') AND o.closed_at IS NULL)
               OR NOT EXISTS (
                     SELECT 1 FROM events e WHERE e.subject_kind = 'order' AND e.subject_id = o.id AND e.type =
                       CASE WHEN o.state IN ('PAID', 'ON_HOLD', 'FULFILLED') THEN 'order.paid' ELSE 'order.placed' END)
               OR (o.state IN ('FULFILLED', 'CANCELLED', 'EXPIRED') AND NOT EXISTS (
                     SELECT 1 FROM events e WHERE e.subject_kind = 'order' AND e.subject_id = o.id
                        AND e.type = 'order.' || lower(o.state)))
            """,
        ),
        (
            "an attempt seen paid has its payment",
            "SELECT count(*) FROM payment_attempts",
            """
            SELECT 'attempt ' || t.id || ' was paid but no payment is recorded' FROM payment_attempts t
            WHERE t.paid_at IS NOT NULL AND t.amount_cents > 0
              AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.attempt_id = t.id)
            """,
        ),
    ]
)


sql_checks(
    [
        (
            "who sits on a seat is a member of its company, and comes in only while they do",
            "SELECT count(*) FROM seats WHERE membership_id IS NOT NULL",
            """
            SELECT 'seat ' || s.id || ' is ' || s.state || ', its person is not' FROM seats s
            LEFT JOIN memberships m ON m.id = s.membership_id AND m.party_id = s.company_id AND m.role = 'member'
            WHERE s.membership_id IS NOT NULL AND (m.id IS NULL
              OR (s.state = 'INVITED') <> (m.invited_at IS NOT NULL AND m.revoked_at IS NULL)
              OR (s.state = 'CONFIGURED' AND m.revoked_at IS NOT NULL))
            """,
        ),
    ]
)


@audit_check("a stored quote replays to the same figures")
def _quotes_replay(session: Session) -> Finding:
    rows, found = 0, []
    stored = session.execute(select(Order.number, Order.quote).execution_options(yield_per=1_000))
    for number, quote in stored:
        rows += 1
        try:
            replay(quote)
        except (PricingError, LookupError, TypeError, ValueError, ArithmeticError) as problem:
            found.append(f"order {number}: {type(problem).__name__}")
    return Finding(rows, len(found), tuple(found[:_MOST_NAMED]))
