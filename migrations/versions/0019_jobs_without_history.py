"""The engine no longer writes a history of every job; a job says itself since when it waits (decision 0025)."""

from alembic import op

revision = "0019"
down_revision = "0018"

_WRITERS = """
CREATE TRIGGER procrastinate_trigger_status_events_update_v1
    AFTER UPDATE OF status ON procrastinate_jobs FOR EACH ROW
    EXECUTE PROCEDURE procrastinate_trigger_function_status_events_update_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1
    AFTER INSERT ON procrastinate_jobs FOR EACH ROW WHEN (new.status = 'todo')
    EXECUTE PROCEDURE procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1
    AFTER UPDATE OR INSERT ON procrastinate_jobs FOR EACH ROW
    WHEN (new.scheduled_at IS NOT NULL AND new.status = 'todo')
    EXECUTE PROCEDURE procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1
    AFTER UPDATE OF abort_requested ON procrastinate_jobs FOR EACH ROW WHEN (new.abort_requested)
    EXECUTE PROCEDURE procrastinate_trigger_abort_requested_events_procedure_v1()
"""


def upgrade() -> None:
    for name in ("status_events_update", "status_events_insert", "scheduled_events", "abort_requested_events"):
        op.execute(f"DROP TRIGGER procrastinate_trigger_{name}_v1 ON procrastinate_jobs")
    op.execute("ALTER TABLE procrastinate_jobs ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now()")
    op.execute(
        "UPDATE procrastinate_jobs j SET queued_at = e.at FROM procrastinate_events e"
        " WHERE e.job_id = j.id AND e.type = 'deferred' AND j.status = 'todo'"
    )


def downgrade() -> None:
    op.execute(
        "INSERT INTO procrastinate_events (job_id, type, at)"
        " SELECT id, 'deferred', queued_at FROM procrastinate_jobs j WHERE status = 'todo' AND NOT EXISTS"
        " (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred')"
    )
    op.execute("ALTER TABLE procrastinate_jobs DROP COLUMN queued_at")
    op.execute(_WRITERS)
