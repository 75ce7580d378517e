# Submits tasks to Celery, so many in flight, and measures how long each takes until its answer is here.
# One line of JSON in, one line out, for each round.
import json
import sys
import threading
import time

from tasks import answer


def job_of(number):
    return {"number": number, "name": f"picture-{number % 1000}.png", "width": 1920,
            "height": 1080 + number % 64, "isPreview": number % 2 == 0}


def lanes(in_flight, seconds):
    latencies = []
    ends_at = time.monotonic() + seconds

    def lane(first):
        number = first
        while True:
            job = job_of(number)
            started_at = time.monotonic()
            got = answer.delay(job).get(timeout=60, interval=0.002)
            latencies.append((time.monotonic() - started_at) * 1000)
            if got != job["number"] + job["height"]:
                raise RuntimeError(f"task {number} was answered {got}")
            number += in_flight
            if time.monotonic() >= ends_at:
                return

    threads = [threading.Thread(target=lane, args=(first,)) for first in range(in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


for line in sys.stdin:
    order = json.loads(line)
    lanes(order["inFlight"], order["seconds"] / 4)
    started_at = time.monotonic()
    latencies = lanes(order["inFlight"], order["seconds"])
    elapsed_ms = (time.monotonic() - started_at) * 1000
    print(json.dumps({"n": len(latencies), "elapsedMs": elapsed_ms, "latenciesMs": latencies}), flush=True)
