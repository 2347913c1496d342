"""The audit of the rights office: coupons, companies, licences, wallets and the ledger say the same thing."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "a pack holds the coupons that were paid, numbered without a gap, worth its price",
            "SELECT count(*) FROM coupons",
            """
            SELECT 'pack ' || p.id || ' has ' || count(c.id) || ' coupons worth ' || coalesce(sum(c.net_cents), 0)
            FROM coupon_packs p LEFT JOIN coupons c ON c.pack_id = p.id
            GROUP BY p.id HAVING count(c.id) <> p.quantity OR coalesce(sum(c.net_cents), 0) <> p.net_cents
              OR count(DISTINCT c.ordinal) <> p.quantity OR max(c.ordinal) <> p.quantity
              OR count(*) FILTER (WHERE c.owner_party_id <> p.owner_party_id OR c.coupon_type <> p.coupon_type) > 0
            """,
        ),
        (
            "a coupon is in the state its assignment says",
            "SELECT count(*) FROM coupons",
            """
            SELECT 'coupon ' || c.id || ' is ' || c.state || ' with ' || coalesce(a.live, 0) || ' live assignments'
            FROM coupons c LEFT JOIN (SELECT coupon_id, count(*) AS live FROM coupon_assignments
                                      WHERE released_at IS NULL GROUP BY coupon_id) a ON a.coupon_id = c.id
            WHERE (c.state IN ('ACTIVATING', 'ASSIGNED', 'ACTIVE')) <> (coalesce(a.live, 0) = 1)
               OR coalesce(a.live, 0) > 1
            """,
        ),
        (
            "a company stands where its coupon stands",
            "SELECT count(*) FROM companies",
            """
            SELECT 'company ' || m.id || ' is ' || m.state || ', its coupon ' || coalesce(c.state, 'missing')
            FROM companies m
            LEFT JOIN coupon_assignments a ON a.company_id = m.id AND a.released_at IS NULL
              AND a.operation = 'FIRST_ACTIVATION'
            LEFT JOIN coupons c ON c.id = a.coupon_id
            WHERE EXISTS (SELECT 1 FROM coupon_assignments x
                          WHERE x.company_id = m.id AND x.operation = 'FIRST_ACTIVATION')
              AND ((m.state = 'READY' AND c.state IS DISTINCT FROM 'ACTIVE')
                OR (m.state = 'PROVISIONING' AND c.state IS DISTINCT FROM 'ACTIVATING')
                OR (m.state = 'REJECTED' AND c.state IS NOT NULL)
                OR c.owner_party_id <> m.requested_by_party_id)
            """,
        ),
        (
            "the vendor's answer and the company agree",
            "SELECT count(*) FROM provisioning_requests",
            """
            SELECT 'company ' || coalesce(m.id, r.company_id) || ' is ' || coalesce(m.state, 'missing')
                   || ', its request ' || coalesce(r.state, 'missing')
            FROM companies m FULL JOIN provisioning_requests r ON r.company_id = m.id
            WHERE r.company_id IS NULL OR m.id IS NULL
               OR (m.state = 'READY') <> (r.state = 'DONE')
               OR (m.state = 'REJECTED') <> (r.state IN ('REFUSED', 'GIVEN_UP'))
            """,
        ),
        (
            "an active coupon gave one licence, one link, one payer and one entry of history",
            "SELECT count(*) FROM coupon_assignments",
            """
            SELECT 'assignment ' || a.id || ' of coupon ' || a.coupon_id || ' lacks or repeats a right'
            FROM coupon_assignments a JOIN coupons c ON c.id = a.coupon_id
            WHERE c.state = 'ACTIVE' AND a.released_at IS NULL AND NOT (
              (SELECT count(*) FROM licence_terms t JOIN licences l ON l.id = t.licence_id
                 WHERE t.cause_kind = 'coupon_assignment' AND t.cause_id = a.id AND l.party_id = a.company_id) = 1
              AND (SELECT count(*) FROM activations h WHERE h.cause_kind = 'coupon_assignment' AND h.cause_id = a.id
                     AND h.party_id = a.company_id) = 1
              AND EXISTS (SELECT 1 FROM studio_links s
                          WHERE s.company_id = a.company_id AND s.studio_id = c.owner_party_id)
              AND (a.operation <> 'FIRST_ACTIVATION'
                OR (SELECT count(*) FROM payer_periods p WHERE p.cause_kind = 'coupon_assignment'
                      AND p.cause_id = a.id AND p.company_id = a.company_id) = 1))
            """,
        ),
        (
            "every licence has a cause that is still there",
            "SELECT count(*) FROM licences",
            """
            SELECT 'licence ' || l.id || ' has no cause' FROM licences l
            WHERE (l.cause_kind = 'coupon_assignment' AND NOT EXISTS (
                     SELECT 1 FROM coupon_assignments a WHERE a.id = l.cause_id AND a.released_at IS NULL))
               OR (l.cause_kind = 'order_line' AND NOT EXISTS (
                     SELECT 1 FROM grants g WHERE g.cause_kind = l.cause_kind AND g.cause_id = l.cause_id))
            """,
        ),
        (
            "every licence has a term and its terms do not overlap",
            "SELECT count(*) FROM licence_terms",
            """
            SELECT 'licence ' || l.id || ' has no term' FROM licences l
            WHERE NOT EXISTS (SELECT 1 FROM licence_terms t WHERE t.licence_id = l.id)
            UNION ALL
            SELECT 'terms of licence ' || t.licence_id || ' overlap' FROM licence_terms t
            JOIN licence_terms o ON o.licence_id = t.licence_id AND o.id > t.id
             AND daterange(o.starts_on, o.ends_on) && daterange(t.starts_on, t.ends_on)
            """,
        ),
        (
            "a licence is held back by the case that its history names last",
            "SELECT count(*) FROM licences",
            """
            SELECT 'licence ' || l.id || ' is held back by ' || coalesce(l.suspended_by_case::text, 'no case')
                   || ', its history says ' || coalesce(s.case_id::text, 'none')
            FROM licences l LEFT JOIN LATERAL (
              SELECT CASE WHEN h.suspended THEN h.case_id END AS case_id, CASE WHEN h.suspended THEN h.from_at END AS at
              FROM licence_suspensions h WHERE h.licence_id = l.id ORDER BY h.from_at DESC LIMIT 1) s ON true
            WHERE (l.suspended_by_case, l.suspended_at) IS DISTINCT FROM (s.case_id, s.at)
            """,
        ),
        (
            "every grant made its right and every right its grant",
            "SELECT count(*) FROM grants",
            """
            SELECT 'grant ' || g.id || ' (' || g.kind || ') of cause ' || g.cause_id || ' made nothing' FROM grants g
            WHERE (g.cause_kind, g.cause_id) NOT IN (
              SELECT cause_kind, cause_id FROM coupon_packs UNION ALL SELECT cause_kind, cause_id FROM wallet_buckets
              UNION ALL SELECT cause_kind, cause_id FROM licence_terms
              UNION ALL SELECT cause_kind, cause_id FROM company_purchases)
            UNION ALL
            SELECT 'pack ' || p.id || ' has no grant' FROM coupon_packs p
            WHERE p.cause_kind = 'order_line' AND NOT EXISTS (
              SELECT 1 FROM grants g WHERE g.cause_kind = p.cause_kind AND g.cause_id = p.cause_id)
            UNION ALL
            SELECT 'bucket ' || b.id || ' has no grant' FROM wallet_buckets b
            WHERE b.cause_kind = 'order_line' AND NOT EXISTS (
              SELECT 1 FROM grants g WHERE g.cause_kind = b.cause_kind AND g.cause_id = b.cause_id)
            """,
        ),
        (
            "a wallet's balance is the sum of its entries",
            "SELECT count(*) FROM wallet_buckets",
            """
            SELECT 'bucket ' || b.id || ' says ' || b.balance || ', its entries ' || coalesce(s.total, 0)
            FROM wallet_buckets b
            LEFT JOIN ledger_accounts a ON a.kind = 'wallet' AND a.owner_id = b.id
            LEFT JOIN LATERAL (
              SELECT sum(CASE WHEN t.credit_account_id = a.id THEN t.amount ELSE -t.amount END) AS total,
                     sum(t.amount) FILTER (WHERE t.cause_kind = 'wallet_grant') AS granted
              FROM ledger_transfers t WHERE t.credit_account_id = a.id OR t.debit_account_id = a.id) s ON true
            WHERE b.balance <> coalesce(s.total, 0) OR b.granted <> coalesce(s.granted, 0)
               OR a.unit IS DISTINCT FROM b.meter
            """,
        ),
        (
            "every use of a wallet was taken out in full",
            "SELECT count(*) FROM consumptions",
            """
            SELECT 'consumption ' || c.id || ' of ' || c.quantity || ' took ' || coalesce(sum(t.amount), 0)
            FROM consumptions c LEFT JOIN ledger_transfers t ON t.cause_kind = 'consumption' AND t.cause_id = c.id
            GROUP BY c.id HAVING c.quantity <> coalesce(sum(t.amount), 0)
            """,
        ),
        (
            "every transfer of a right has the right it was booked for",
            "SELECT count(*) FROM ledger_transfers WHERE cause_kind LIKE 'wallet%' OR cause_kind LIKE 'co%'",
            """
            SELECT 'transfer ' || t.id || ' of ' || t.amount || ' has no ' || t.cause_kind FROM ledger_transfers t
            WHERE (t.cause_kind = 'coupon_assignment' AND NOT EXISTS (
                     SELECT 1 FROM coupon_assignments a JOIN coupons c ON c.id = a.coupon_id
                     WHERE a.id = t.cause_id AND a.released_at IS NULL AND c.state = 'ACTIVE'))
               OR (t.cause_kind IN ('wallet_grant', 'wallet_expired') AND NOT EXISTS (
                     SELECT 1 FROM wallet_buckets b WHERE b.id = t.cause_id))
               OR (t.cause_kind = 'consumption' AND NOT EXISTS (SELECT 1 FROM consumptions c WHERE c.id = t.cause_id))
            """,
        ),
        (
            "a transfer stays within one unit",
            "SELECT count(*) FROM ledger_transfers",
            """
            SELECT 'transfer ' || t.id || ' mixes units' FROM ledger_transfers t
            JOIN ledger_accounts d ON d.id = t.debit_account_id JOIN ledger_accounts c ON c.id = t.credit_account_id
            WHERE d.unit <> t.unit OR c.unit <> t.unit
            """,
        ),
        (
            "what an activated coupon was worth left the deferred liability once",
            "SELECT count(*) FROM coupons WHERE state = 'ACTIVE'",
            """
            SELECT 'coupon ' || c.id || ' is worth ' || c.net_cents || ', earned ' || coalesce(sum(t.amount), 0)
            FROM coupons c JOIN coupon_assignments a ON a.coupon_id = c.id AND a.released_at IS NULL
            LEFT JOIN ledger_transfers t ON t.cause_kind = 'coupon_assignment' AND t.cause_id = a.id
            WHERE c.state = 'ACTIVE' GROUP BY c.id HAVING c.net_cents <> coalesce(sum(t.amount), 0)
            """,
        ),
    ]
)
