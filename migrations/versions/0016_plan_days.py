"""The ends of plans that exist already are due, and changes that the vendor never heard have a job again."""

from alembic import op

revision = "0016"
down_revision = "0015"

# A period of their own: a service of the company may have ended, and been told, on the same day.
PLAN_ENDS = """
INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts)
SELECT gen_random_uuid(), 'services.turn', l.party_id, max(t.ends_on)::text || '/plan',
       max(t.ends_on)::timestamp AT TIME ZONE 'Europe/Rome', CAST('{}' AS jsonb), 0
FROM licences l JOIN licence_terms t ON t.licence_id = l.id
WHERE l.kind = 'plan' AND l.state = 'ACTIVE' GROUP BY l.id ON CONFLICT DO NOTHING
"""
UNHEARD = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW('gettone', 'provisioning.tell', 0, 'changes-' || c.company_id, NULL,
    jsonb_build_object('company_id', c.company_id), NULL)::procrastinate_job_to_defer_v1))
FROM (SELECT DISTINCT company_id FROM provisioning_changes WHERE state = 'PENDING') c
JOIN companies o ON o.id = c.company_id AND o.state = 'READY'
WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'provisioning.tell'
                  AND j.status IN ('todo', 'doing') AND j.args ->> 'company_id' = c.company_id::text)
HAVING count(*) > 0
"""


def upgrade() -> None:
    op.execute(PLAN_ENDS)
    op.execute(UNHEARD)


def downgrade() -> None:
    op.execute("DELETE FROM due_rows WHERE rule = 'services.turn' AND period LIKE '%/plan' AND done_at IS NULL")
