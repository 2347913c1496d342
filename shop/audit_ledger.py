"""The audit of the shop's ledger: every account says what the facts behind it say, and every transfer has its fact."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation.audit import Finding, audit_check, sql_checks
from shop.payments.stripe_facts import StripeRefund, fact_id

_MOST_NAMED = 20
_CAME_BACK = frozenset({"failed", "canceled"})
_BALANCES = """
    (SELECT x.kind, x.owner_id, x.label, sum(e.amount) AS cents
     FROM ledger_accounts x JOIN (SELECT credit_account_id AS id, amount FROM ledger_transfers
                                  UNION ALL SELECT debit_account_id, -amount FROM ledger_transfers) e ON e.id = x.id
     WHERE x.kind = '{kind}' GROUP BY x.id)
"""


def _balances_of(kind: str, query: str) -> str:
    """The query with `BALANCES` written out: credits less debits of every account of a kind."""
    return query.replace("BALANCES", _BALANCES.replace("{kind}", kind))


sql_checks(
    [
        (
            "an order's receivable is its money less what it was sold for",
            "SELECT count(*) FROM orders",
            _balances_of(
                "receivable",
                """
                SELECT 'order ' || o.number || ' has ' || coalesce(b.cents, 0) || ' on its receivable instead of '
                       || coalesce(a.cents, 0) - sold.cents
                FROM orders o
                CROSS JOIN LATERAL (SELECT CASE WHEN o.fulfilled_at IS NULL THEN 0 ELSE o.gross_cents END AS cents) sold
                LEFT JOIN (SELECT order_id, sum(amount_cents) AS cents FROM payment_allocations GROUP BY order_id) a
                  ON a.order_id = o.id
                LEFT JOIN BALANCES b ON b.owner_id = o.id
                WHERE coalesce(b.cents, 0) <> coalesce(a.cents, 0) - sold.cents
                """,
            ),
        ),
        (
            "what was sold and not yet earned or voided is owed, product by product",
            "SELECT count(*) FROM ledger_accounts WHERE kind = 'deferred'",
            _balances_of(
                "deferred",
                """
                SELECT 'product ' || coalesce(b.label, s.sku) || ' has ' || coalesce(b.cents, 0)
                       || ' deferred instead of ' || coalesce(s.cents, 0) - coalesce(g.cents, 0)
                FROM BALANCES b
                FULL JOIN (SELECT l.sku, sum(l.net_cents) AS cents FROM order_lines l JOIN orders o ON o.id = l.order_id
                           WHERE o.fulfilled_at IS NOT NULL GROUP BY l.sku) s ON s.sku = b.label
                LEFT JOIN (SELECT x.sku, sum(x.cents) AS cents FROM
                             (SELECT p.sku, c.net_cents AS cents FROM coupons c JOIN coupon_packs p ON p.id = c.pack_id
                              WHERE c.state IN ('ACTIVE', 'VOIDED', 'EXPIRED') AND p.cause_kind = 'order_line'
                              UNION ALL SELECT b.sku, b.net_cents FROM company_purchases b
                              WHERE b.state IN ('DONE', 'VOIDED')
                              UNION ALL SELECT b.sku, r.net_cents FROM wallet_recoveries r
                              JOIN wallet_buckets b ON b.id = r.bucket_id) x GROUP BY x.sku) g
                  ON g.sku = coalesce(b.label, s.sku)
                WHERE coalesce(b.cents, 0) <> coalesce(s.cents, 0) - coalesce(g.cents, 0)
                """,
            ),
        ),
        (
            "the VAT that is owed is that of the fulfilled orders, rate by rate",
            "SELECT count(*) FROM ledger_accounts WHERE kind = 'vat'",
            _balances_of(
                "vat",
                """
                SELECT 'rate ' || coalesce(b.label, s.code) || ' has ' || coalesce(b.cents, 0)
                       || ' instead of ' || coalesce(s.cents, 0)
                FROM BALANCES b
                FULL JOIN (SELECT l.vat_code AS code, sum(l.vat_cents) AS cents
                           FROM order_lines l JOIN orders o ON o.id = l.order_id
                           WHERE o.fulfilled_at IS NOT NULL GROUP BY l.vat_code) s ON s.code = b.label
                WHERE coalesce(b.cents, 0) <> coalesce(s.cents, 0)
                """,
            ),
        ),
        (
            # Whoever books under a new kind adds it here, with the fact that must still be there.
            "every transfer of money has the fact it was booked for",
            "SELECT count(*) FROM ledger_transfers",
            """
            SELECT 'transfer ' || t.id || ' of ' || t.amount || ' has no ' || t.cause_kind FROM ledger_transfers t
            WHERE (t.cause_kind = 'payment' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = t.cause_id))
               OR (t.cause_kind = 'order_fulfilled' AND NOT EXISTS (
                     SELECT 1 FROM orders o WHERE o.id = t.cause_id AND o.fulfilled_at IS NOT NULL))
               OR (t.cause_kind = 'allocation' AND NOT EXISTS (
                     SELECT 1 FROM payment_allocations a WHERE a.id = t.cause_id))
               OR (t.cause_kind = 'disposal' AND NOT EXISTS (SELECT 1 FROM payment_disposals d WHERE d.id = t.cause_id))
               OR (t.cause_kind = 'bank_return' AND NOT EXISTS (SELECT 1 FROM bank_lines b WHERE b.id = t.cause_id))
               OR (t.cause_kind = 'refund_request' AND NOT EXISTS (
                     SELECT 1 FROM refund_requests r WHERE r.id = t.cause_id AND r.way <> 'card' AND r.state = 'DONE'))
               OR (t.cause_kind = 'wallet_recovery' AND NOT EXISTS (
                     SELECT 1 FROM wallet_recoveries r WHERE r.id = t.cause_id))
               OR t.cause_kind NOT IN (
                    'payment', 'order_fulfilled', 'allocation', 'disposal', 'bank_return', 'coupon_assignment',
                    'coupons_voided', 'coupons_expired', 'company_purchase', 'wallet_grant', 'wallet_expired',
                    'consumption', 'stripe_refund', 'stripe_movement', 'stripe_payout', 'refund_request',
                    'wallet_recovery')
            """,
        ),
        (
            "every refund by transfer or as store credit stands in the ledger, and none exceeds what was paid so",
            "SELECT count(*) FROM refund_requests WHERE way <> 'card'",
            """
            SELECT 'refund ' || r.id || ' of ' || r.amount_cents || ' is booked as ' || coalesce(sum(t.amount), 0)
            FROM refund_requests r
            LEFT JOIN ledger_transfers t ON t.cause_kind = 'refund_request' AND t.cause_id = r.id
            WHERE r.way <> 'card' GROUP BY r.id
            HAVING coalesce(sum(t.amount), 0) <> CASE WHEN r.state = 'DONE' THEN r.amount_cents ELSE 0 END
            UNION ALL
            SELECT 'order ' || o.number || ' gave back more than it was paid' FROM orders o
            JOIN (SELECT order_id, sum(amount_cents) AS cents FROM refund_requests
                  WHERE way <> 'card' AND state = 'DONE' GROUP BY order_id) r ON r.order_id = o.id
            WHERE r.cents > (SELECT coalesce(sum(a.amount_cents), 0) FROM payment_allocations a
                             JOIN payments p ON p.id = a.payment_id
                             WHERE a.order_id = o.id AND p.source NOT IN ('stripe', 'discount'))
              AND NOT EXISTS (SELECT 1 FROM finance_tasks t WHERE t.order_id = o.id
                              AND t.kind IN ('return_claim', 'returned_after_fulfilment'))
            """,
        ),
        (
            "what was taken back of a wallet stands in the ledger: its units and their worth",
            "SELECT count(*) FROM wallet_recoveries",
            """
            SELECT 'recovery ' || r.id || ' of ' || r.quantity || ' is booked otherwise' FROM wallet_recoveries r
            LEFT JOIN ledger_transfers t ON t.cause_kind = 'wallet_recovery' AND t.cause_id = r.id
            LEFT JOIN ledger_accounts d ON d.id = t.debit_account_id
            LEFT JOIN ledger_accounts c ON c.id = t.credit_account_id
            GROUP BY r.id
            HAVING coalesce(sum(t.amount) FILTER (WHERE d.kind = 'wallet' AND d.owner_id = r.bucket_id), 0)
                 - coalesce(sum(t.amount) FILTER (WHERE c.kind = 'wallet' AND c.owner_id = r.bucket_id), 0)
                 <> r.quantity
                OR coalesce(sum(t.amount) FILTER (WHERE d.kind = 'deferred'), 0)
                 - coalesce(sum(t.amount) FILTER (WHERE c.kind = 'deferred'), 0) <> r.net_cents
            """,
        ),
    ]
)


@audit_check("every refund of Stripe stands in the ledger with its amount")
def _refunds_booked(session: Session) -> Finding:
    """Once for the money that left; once more, the other way, for what came back."""
    booked: dict[UUID, list[int]] = {}
    query = text("SELECT cause_id, amount FROM ledger_transfers WHERE cause_kind = 'stripe_refund' ORDER BY ordinal")
    for cause_id, amount in session.execute(query):
        booked.setdefault(cause_id, []).append(int(amount))
    refunds = session.scalars(select(StripeRefund)).all()
    found = []
    for refund in refunds:
        wanted = [refund.amount_cents] * (2 if refund.status in _CAME_BACK else 1)
        if booked.pop(fact_id(refund.id), []) != wanted:
            found.append(f"refund {refund.id} of {refund.amount_cents} is not booked as {refund.status}")
    found.extend(f"a refund that nobody knows is booked under {cause_id}" for cause_id in booked)
    return Finding(len(refunds), len(found), tuple(found[:_MOST_NAMED]))
