"""The audit of connections: links, blocks, proposals and payers tell one story."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "a studio and a company have one live link at most, and none across a block",
            "SELECT count(*) FROM studio_links",
            """
            SELECT 'studio ' || studio_id || ' and company ' || company_id || ' have ' || live || ' live links, '
                   || blocks || ' blocks'
            FROM (SELECT studio_id, company_id, count(*) FILTER (WHERE unlinked_at IS NULL) AS live,
                         count(*) FILTER (WHERE blocked_at IS NOT NULL AND unblocked_at IS NULL) AS blocks
                  FROM studio_links GROUP BY studio_id, company_id) pairs
            WHERE live > 1 OR blocks > 1 OR (live > 0 AND blocks > 0)
            """,
        ),
        (
            "a link joins a studio and a company and has the cause it names",
            "SELECT count(*) FROM studio_links",
            """
            SELECT 'link ' || l.id || ' (' || l.cause_kind || ') joins ' || s.kind || ' and ' || c.kind
            FROM studio_links l JOIN parties s ON s.id = l.studio_id JOIN parties c ON c.id = l.company_id
            WHERE s.kind <> 'STUDIO' OR c.kind <> 'COMPANY' OR l.linked_at > coalesce(l.unlinked_at, l.linked_at)
               OR (l.cause_kind = 'link_request' AND NOT EXISTS (
                     SELECT 1 FROM link_requests r WHERE r.id = l.cause_id AND r.state = 'ACCEPTED'
                       AND l.studio_id IN (r.asked_by_party_id, r.asked_party_id)
                       AND l.company_id IN (r.asked_by_party_id, r.asked_party_id)))
               OR (l.cause_kind = 'studio_move' AND NOT EXISTS (
                     SELECT 1 FROM studio_moves m WHERE m.id = l.cause_id AND m.state = 'ACCEPTED'
                       AND m.to_studio_id = l.studio_id AND m.company_id = l.company_id))
            """,
        ),
        (
            "every accepted handover and move changed what it says, once",
            "SELECT (SELECT count(*) FROM payer_handovers) + (SELECT count(*) FROM studio_moves)",
            """
            SELECT 'handover ' || h.id || ' is ' || h.state || ' with ' || count(p.id) || ' payer periods'
            FROM payer_handovers h LEFT JOIN payer_periods p ON p.cause_kind = 'payer_handover' AND p.cause_id = h.id
              AND p.company_id = h.company_id AND p.payer_party_id = h.to_party_id
            GROUP BY h.id HAVING (h.state = 'ACCEPTED')::int <> count(p.id)
            UNION ALL
            SELECT 'move ' || m.id || ' is ' || m.state || ' with ' || count(l.id) || ' links'
            FROM studio_moves m LEFT JOIN studio_links l ON l.cause_kind = 'studio_move' AND l.cause_id = m.id
            GROUP BY m.id HAVING (m.state <> 'ACCEPTED' AND count(l.id) > 0)
              OR (m.state = 'ACCEPTED' AND (m.to_agreed_at IS NULL OR m.from_agreed_at IS NULL
                                            OR (m.company_must_agree AND m.company_agreed_at IS NULL)))
            """,
        ),
        (
            "a payer changes only by a cause that is there",
            "SELECT count(*) FROM payer_periods",
            """
            SELECT 'payer period ' || p.id || ' of company ' || p.company_id || ' has no ' || p.cause_kind
            FROM payer_periods p
            WHERE (p.cause_kind = 'payer_handover' AND NOT EXISTS (
                     SELECT 1 FROM payer_handovers h WHERE h.id = p.cause_id AND h.state = 'ACCEPTED'
                       AND h.to_party_id = p.payer_party_id AND h.company_id = p.company_id))
               OR (p.cause_kind = 'studio_move' AND NOT EXISTS (
                     SELECT 1 FROM studio_moves m WHERE m.id = p.cause_id AND m.state = 'ACCEPTED'
                       AND m.to_studio_id = p.payer_party_id AND m.company_id = p.company_id AND m.with_payer))
               OR (p.payer = 'COMPANY') <> (p.payer_party_id = p.company_id)
            """,
        ),
        (
            "a credited referral gave both sides their credits once, and nothing else did",
            "SELECT count(*) FROM referrals",
            """
            SELECT 'referral ' || r.id || ' is ' || r.state || ' with ' || count(b.id) || ' buckets of '
                   || coalesce(sum(b.granted), 0)
            FROM referrals r LEFT JOIN wallet_buckets b
              ON b.cause_id = r.id AND b.meter = 'credits' AND b.funding = 'BONUS' AND b.granted = 10
             AND ((b.cause_kind = 'referral_given' AND b.holder_party_id = r.referrer_party_id)
               OR (b.cause_kind = 'referral_received' AND b.holder_party_id = r.referred_party_id))
            GROUP BY r.id HAVING count(b.id) <> CASE WHEN r.state = 'CREDITED' THEN 2 ELSE 0 END
            UNION ALL
            SELECT 'bucket ' || b.id || ' has no referral' FROM wallet_buckets b
            WHERE b.cause_kind LIKE 'referral%' AND NOT EXISTS (
              SELECT 1 FROM referrals r WHERE r.id = b.cause_id AND r.state = 'CREDITED')
            """,
        ),
        (
            "a connected account has its tokens and a revoked one nothing",
            "SELECT count(*) FROM invoicing_accounts",
            """
            SELECT 'account ' || a.id || ' is ' || a.state || ' with the wrong tokens or companies'
            FROM invoicing_accounts a
            WHERE (a.state = 'CONNECTED' AND (a.sealed_access IS NULL OR a.sealed_refresh IS NULL))
               OR (a.state = 'REVOKED' AND (a.sealed_access IS NOT NULL OR a.sealed_refresh IS NOT NULL))
               OR (a.state = 'REVOKING' AND EXISTS (SELECT 1 FROM invoicing_companies c WHERE c.account_id = a.id))
            """,
        ),
        (
            "a referral was credited to somebody else than who referred",
            "SELECT count(*) FROM referrals WHERE state = 'CREDITED'",
            """
            SELECT 'referral ' || r.id || ' refers its own numbers' FROM referrals r
            JOIN parties a ON a.id = r.referrer_party_id JOIN parties b ON b.id = r.referred_party_id
            WHERE r.state = 'CREDITED' AND (b.tax_code IN (a.tax_code, a.vat_number)
                                            OR b.vat_number IN (a.tax_code, a.vat_number))
            """,
        ),
    ]
)
