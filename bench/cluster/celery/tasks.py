# The worker's side of Celery: a task that is nothing but an answer.
import os

from celery import Celery

address = f"redis://127.0.0.1:{os.environ['BENCH_REDIS_PORT']}/0"
app = Celery("tasks", broker=address, backend=address)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=64, task_ignore_result=False)


@app.task
def answer(job):
    return job["number"] + job["height"]
