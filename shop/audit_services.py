"""The audit of services sold: what an order promised, what its lines say, what was written, and what was taken off."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "what an order promised of services is what its lines say",
            "SELECT count(*) FROM orders WHERE jsonb_array_length(services) > 0",
            """
            WITH promised AS (
                SELECT o.id AS order_id, p->>'company_id' AS company, 'START' AS action,
                       (n->>'position')::int AS position, n->>'sku' AS sku, NULL AS licence
                FROM orders o, jsonb_array_elements(o.services) p, jsonb_array_elements(p->'new') n
                UNION ALL
                SELECT o.id, p->>'company_id', 'EXTEND', e.value::int, NULL, e.key
                FROM orders o, jsonb_array_elements(o.services) p, jsonb_each_text(p->'extensions') e
                UNION ALL
                SELECT o.id, p->>'company_id', 'RENEW', NULL, NULL, r.key
                FROM orders o, jsonb_array_elements(o.services) p, jsonb_each(p->'renewals') r)
            SELECT 'order ' || o.number || ' promised to ' || p.action || ' what no line of it does'
            FROM promised p JOIN orders o ON o.id = p.order_id
            WHERE NOT EXISTS (
                SELECT 1 FROM order_lines l WHERE l.order_id = p.order_id AND l.for_party_id = p.company::uuid
                   AND l.term->>'action' = p.action AND l.position = coalesce(p.position, l.position)
                   AND l.sku = coalesce(p.sku, l.sku)
                   AND l.term->>'licence_id' IS NOT DISTINCT FROM p.licence)
            UNION ALL
            SELECT 'line ' || l.id || ' of order ' || o.number || ' extends what was not promised'
            FROM order_lines l JOIN orders o ON o.id = l.order_id
            WHERE l.term->>'action' = 'EXTEND' AND NOT EXISTS (
                SELECT 1 FROM promised p WHERE p.order_id = l.order_id AND p.position = l.position)
            """,
        ),
        (
            "every service line of a fulfilled order wrote the term it was paid for",
            "SELECT count(*) FROM order_lines WHERE term IS NOT NULL",
            """
            SELECT 'line ' || l.id || ' of order ' || o.number || ' wrote no such term' FROM order_lines l
            JOIN orders o ON o.id = l.order_id
            LEFT JOIN licence_terms t ON t.cause_kind = 'order_line' AND t.cause_id = l.id
            LEFT JOIN licences held ON held.id = t.licence_id
            WHERE l.term IS NOT NULL AND ((t.id IS NULL) = (o.fulfilled_at IS NOT NULL)
               OR held.sku <> l.sku OR held.party_id <> l.for_party_id OR held.quantity <> l.quantity
               OR t.action <> l.term->>'action' OR t.net_cents <> l.net_cents
               OR t.licence_id::text <> l.term->>'licence_id' OR t.ends_on < (l.term->>'ends_on')::date)
            """,
        ),
        (
            "how services are bought is said of companies only",
            "SELECT count(*) FROM cart_companies",
            """
            SELECT 'cart ' || c.cart_id || ' chooses for ' || p.kind || ' ' || p.id FROM cart_companies c
            JOIN parties p ON p.id = c.company_id WHERE p.kind <> 'COMPANY'
            """,
        ),
        (
            "what an agreement took off a line is its share of the price",
            "SELECT count(*) FROM orders WHERE quote @? '$.inputs.lines[*].adjustments[*]'",
            """
            SELECT 'line ' || place || ' of order ' || o.number || ' lost ' || (-taken) || ' by ' || code
            FROM orders o JOIN price_books b ON b.version = o.price_book_version,
            LATERAL (SELECT one.ordinality AS place, a->>'code' AS code, (a->>'net_cents')::bigint AS taken,
                            (o.quote->'lines'->(one.ordinality - 1)::int->>'net_cents')::bigint AS net
                     FROM jsonb_array_elements(o.quote->'inputs'->'lines') WITH ORDINALITY one,
                          jsonb_array_elements(one.value->'adjustments') a) q
            LEFT JOIN LATERAL (SELECT (g->>'basis_points')::bigint AS points
                               FROM jsonb_array_elements(b.header->'agreement') g WHERE g->>'code' = q.code) g ON true
            WHERE g.points IS NULL OR -q.taken <> ((q.net - q.taken) * g.points * 2 + 10000) / 20000
            """,
        ),
    ]
)
