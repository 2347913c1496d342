"""The job engine alone: jobs that find nothing to do, through a real worker."""

import time

from benchmarks.world import Shop

_QUEUE = """
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW('gettone', 'mail.deliver', 0, NULL, NULL,
        jsonb_build_object('mail_id', gen_random_uuid()), NULL)::procrastinate_job_to_defer_v1))
    FROM generate_series(1, :count)
"""
_LEFT = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mail.deliver' AND status IN ('todo', 'doing')"


def job_engine(shop: Shop, count: int) -> dict[str, float]:
    """Milliseconds of the worker's CPU for one job whose mail is not there."""
    before = shop.running["worker"].cpu()
    shop.query(_QUEUE, count=count)
    while shop.query(_LEFT)[0][0]:
        time.sleep(0.02)
    return {"job engine ms": (shop.running["worker"].cpu() - before) / count * 1000}
