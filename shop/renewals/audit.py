"""The audit of automatic renewals: nobody is charged without a mandate, twice for one end, or for something else."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "a saved card is charged only under a mandate in force",
            "SELECT count(*) FROM renewal_attempts",
            """
            SELECT 'attempt ' || a.id || ' was made outside its mandate ' || m.id
            FROM renewal_attempts a JOIN renewal_mandates m ON m.id = a.mandate_id
            JOIN licences l ON l.id = a.licence_id
            WHERE l.party_id <> m.company_id OR l.kind <> 'base_service' OR a.claimed_at < m.began_at
               OR (a.refused_at IS NULL AND a.claimed_at > m.ended_at)
               OR m.text_sha256 !~ '^[0-9a-f]{64}$' OR m.text_version = ''
            """,
        ),
        (
            "a mandate text of one version is one text",
            "SELECT count(*) FROM renewal_mandates",
            """
            SELECT 'version ' || text_version || ' of the mandate was agreed to as '
                   || count(DISTINCT text_sha256) || ' texts'
            FROM renewal_mandates GROUP BY text_version HAVING count(DISTINCT text_sha256) > 1
            """,
        ),
        (
            "an end of a base service is renewed by itself once at most",
            "SELECT count(*) FROM renewal_attempts",
            """
            SELECT 'base service ' || licence_id || ' has ' || count(*) || ' attempts for ' || ends_on
            FROM renewal_attempts GROUP BY licence_id, ends_on HAVING count(*) > 1
            """,
        ),
        (
            "a charged renewal is an order of its payer, paid by its intent",
            "SELECT count(*) FROM renewal_attempts WHERE charged_at IS NOT NULL",
            """
            SELECT 'attempt ' || a.id || ' was charged and order ' || coalesce(o.number, 'none') || ' is not paid by it'
            FROM renewal_attempts a JOIN renewal_mandates m ON m.id = a.mandate_id
            LEFT JOIN orders o ON o.id = a.order_id AND o.buyer_party_id = m.payer_party_id
            LEFT JOIN payments p ON p.source = 'stripe' AND p.external_id = a.payment_intent_id
            WHERE a.charged_at IS NOT NULL AND (o.id IS NULL OR p.id IS NULL OR p.amount_cents <> o.gross_cents
               OR (a.parameters->>'amount')::bigint <> o.gross_cents
               OR NOT EXISTS (SELECT 1 FROM payment_allocations l WHERE l.payment_id = p.id AND l.order_id = o.id))
            """,
        ),
        (
            "an automatic order renews what runs, and nothing else",
            "SELECT count(*) FROM renewal_attempts WHERE order_id IS NOT NULL",
            """
            SELECT 'line ' || l.position || ' of automatic order ' || o.number || ' is no renewal of its company'
            FROM renewal_attempts a JOIN renewal_mandates m ON m.id = a.mandate_id JOIN orders o ON o.id = a.order_id
            JOIN order_lines l ON l.order_id = o.id
            WHERE l.for_party_id <> m.company_id OR l.term->>'action' IS DISTINCT FROM 'RENEW'
            UNION ALL
            SELECT 'automatic order ' || o.number || ' does not renew its base from ' || a.ends_on
            FROM renewal_attempts a JOIN orders o ON o.id = a.order_id
            WHERE NOT EXISTS (
                SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.term->>'licence_id' = a.licence_id::text
                   AND l.term->>'expected_ends_on' = a.ends_on::text)
            """,
        ),
        (
            "an automatic renewal never costs more than was announced",
            "SELECT count(*) FROM renewal_attempts WHERE order_id IS NOT NULL",
            """
            SELECT 'automatic order ' || o.number || ' of ' || o.gross_cents || ' cents was announced with less'
            FROM renewal_attempts a JOIN renewal_mandates m ON m.id = a.mandate_id JOIN orders o ON o.id = a.order_id
            LEFT JOIN renewal_announcements n ON n.mandate_id = m.id AND n.ends_on = a.ends_on
            WHERE o.gross_cents > coalesce(n.gross_cents, m.shown_gross_cents)
            """,
        ),
        (
            "a card that was removed is named nowhere",
            "SELECT count(*) FROM saved_cards",
            """
            SELECT 'card ' || id || ' was removed and is still known' FROM saved_cards
            WHERE removed_at IS NOT NULL AND coalesce(brand, last4, exp_month::text, exp_year::text) IS NOT NULL
            """,
        ),
    ]
)
