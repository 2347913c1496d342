"""The audit of invited clients' orders: each belongs to one invitation, at its locked price, and one of them counts."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "an invitation stands where its order stands, at the price it promised",
            "SELECT count(*) FROM invitations WHERE order_id IS NOT NULL",
            """
            SELECT 'invitation ' || i.id || ' is ' || i.state || ', its order ' || coalesce(o.number, 'missing')
                   || ' is ' || coalesce(o.state, 'missing')
            FROM invitations i LEFT JOIN orders o ON o.id = i.order_id
            WHERE i.order_id IS NOT NULL AND (o.id IS NULL OR o.buyer_party_id <> i.party_id
              OR (i.state = 'ORDERED' AND o.state <> 'AWAITING_PAYMENT')
              OR (i.state = 'PAID' AND o.state NOT IN ('PAID', 'ON_HOLD', 'FULFILLED'))
              OR (i.state = 'CREATED' AND o.state <> 'FULFILLED')
              OR (i.state IN ('IN_PROGRESS', 'EXPIRED', 'REVOKED', 'DECLINED')
                  AND o.state NOT IN ('CANCELLED', 'EXPIRED'))
              OR (i.state IN ('ORDERED', 'PAID', 'CREATED')
                  AND o.gross_cents <> (i.offer->>'gross_cents')::bigint))
            """,
        ),
        (
            "at most one order of an invitation is fulfilled, and it made the purchase",
            "SELECT count(*) FROM company_purchases",
            """
            SELECT 'buyer ' || i.party_id || ' has ' || count(*) || ' fulfilled orders for one company'
            FROM invitations i JOIN orders o ON o.buyer_party_id = i.party_id AND o.fulfilled_at IS NOT NULL
            JOIN order_lines l ON l.order_id = o.id AND l.kind = 'company_licence'
            GROUP BY i.party_id HAVING count(*) > 1
            UNION ALL
            SELECT 'line ' || l.id || ' of order ' || o.number || ' was fulfilled without a purchase'
            FROM order_lines l JOIN orders o ON o.id = l.order_id
            WHERE l.gives->>'kind' = 'company' AND (o.fulfilled_at IS NOT NULL) <> EXISTS (
              SELECT 1 FROM company_purchases p WHERE p.cause_kind = 'order_line' AND p.cause_id = l.id
                AND p.buyer_party_id = o.buyer_party_id AND p.net_cents = l.net_cents)
            """,
        ),
        (
            "money that has no company yet is looked at by finance",
            "SELECT count(*) FROM company_purchases WHERE state = 'WAITING'",
            """
            SELECT 'purchase ' || p.id || ' waits (' || p.problem || ') and nobody was asked'
            FROM company_purchases p JOIN invitations i ON i.id = p.invitation_id
            WHERE p.state = 'WAITING' AND NOT EXISTS (
                    SELECT 1 FROM finance_tasks f WHERE f.order_id = i.order_id AND f.kind = 'company_not_created')
              AND NOT EXISTS (SELECT 1 FROM due_rows d WHERE d.rule = 'invitations.not_created' AND d.subject_id = p.id
                    AND d.done_at IS NULL)
            """,
        ),
    ]
)
