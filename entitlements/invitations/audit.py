"""The audit of invitations: each stands where its order and its company stand, and what was paid became one company."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "an invitation stands where its purchase and its company stand",
            "SELECT count(*) FROM invitations",
            """
            SELECT 'invitation ' || i.id || ' is ' || i.state || ', its purchase ' || coalesce(p.state, 'missing')
            FROM invitations i LEFT JOIN company_purchases p ON p.invitation_id = i.id
            WHERE (i.state = 'CREATED') <> (coalesce(p.state, '') = 'DONE')
               OR (p.id IS NOT NULL AND i.state NOT IN ('PAID', 'CREATED'))
               OR (i.state IN ('ORDERED', 'PAID', 'CREATED') AND i.order_id IS NULL)
               OR (p.id IS NOT NULL AND p.buyer_party_id IS DISTINCT FROM i.party_id)
            """,
        ),
        (
            "an invitation bounced because a mail of it did",
            "SELECT count(*) FROM invitations",
            """
            SELECT 'invitation ' || i.id || ' is BOUNCED, its mails are not' FROM invitations i
            WHERE i.state = 'BOUNCED' AND NOT EXISTS (
              SELECT 1 FROM mails m WHERE m.bounced_at IS NOT NULL AND m.cause LIKE 'invitation%:' || i.id || ':%')
            """,
        ),
        (
            "a purchase stands where its company stands",
            "SELECT count(*) FROM company_purchases",
            """
            SELECT 'purchase ' || p.id || ' is ' || p.state || ', its company ' || coalesce(c.state, 'missing')
            FROM company_purchases p LEFT JOIN companies c ON c.id = p.company_id
            WHERE (p.state = 'DONE' AND c.state IS DISTINCT FROM 'READY')
               OR (p.state = 'CREATING' AND c.state IS DISTINCT FROM 'PROVISIONING')
               OR (p.state IN ('WAITING', 'VOIDED') AND c.id IS NOT NULL)
            """,
        ),
        (
            "a company bought by invitation has one licence, its studio's link, and pays for itself",
            "SELECT count(*) FROM company_purchases WHERE state = 'DONE'",
            """
            SELECT 'purchase ' || p.id || ' of company ' || p.company_id || ' lacks or repeats a right'
            FROM company_purchases p WHERE p.state = 'DONE' AND NOT (
              (SELECT count(*) FROM licence_terms t JOIN licences l ON l.id = t.licence_id
                 WHERE t.cause_kind = p.cause_kind AND t.cause_id = p.cause_id AND l.party_id = p.company_id) = 1
              AND (SELECT count(*) FROM activations h WHERE h.cause_kind = p.cause_kind AND h.cause_id = p.cause_id
                     AND h.party_id = p.company_id AND h.self_purchase) = 1
              AND EXISTS (SELECT 1 FROM studio_links s WHERE s.company_id = p.company_id AND s.studio_id = p.studio_id)
              AND (SELECT count(*) FROM payer_periods y WHERE y.cause_kind = 'invitation'
                     AND y.cause_id = p.invitation_id AND y.company_id = p.company_id AND y.payer = 'COMPANY'
                     AND y.payer_party_id = p.company_id) = 1)
            """,
        ),
        (
            "what a purchase was worth left the deferred liability once, when it was done or voided",
            "SELECT count(*) FROM company_purchases",
            """
            SELECT 'purchase ' || p.id || ' (' || p.state || ') is worth ' || p.net_cents || ', left '
                   || coalesce(sum(t.amount), 0)
            FROM company_purchases p
            LEFT JOIN ledger_transfers t ON t.cause_kind = 'company_purchase' AND t.cause_id = p.id
            GROUP BY p.id HAVING coalesce(sum(t.amount), 0)
              <> CASE WHEN p.state IN ('DONE', 'VOIDED') THEN p.net_cents ELSE 0 END
            """,
        ),
        (
            "a forgotten invitation knows nobody",
            "SELECT count(*) FROM invitations WHERE forgotten_at IS NOT NULL",
            """
            SELECT 'invitation ' || i.id || ' still knows its client' FROM invitations i
            WHERE i.forgotten_at IS NOT NULL
              AND (i.client_name <> '' OR i.client_email <> '' OR i.message <> ''
                OR EXISTS (SELECT 1 FROM invitation_drafts d WHERE d.invitation_id = i.id)
                OR EXISTS (SELECT 1 FROM mails m WHERE split_part(m.cause, ':', 2) = i.id::text
                     AND m.queued_at <= i.forgotten_at AND (m.recipient <> '' OR m.context <> '{}')))
            """,
        ),
    ]
)
