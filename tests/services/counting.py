"""A kind of job for tests: it counts to ten, or fails, or is stopped."""

import time

from collab.errors import RunError
from collab.services.jobs import Kind, Lane

FAILURES = {"known": RunError("nobody can count so far"), "unknown": ZeroDivisionError("oh"), "memory": MemoryError()}


def count(request, at_work):
    """Count to the request's "to", resting some "seconds" after each; it "fails" at 3, or is "deaf" to whoever stops it."""
    for number in range(1, request["to"] + 1):
        at_work.report(number / request["to"], str(number))
        if number == 3 and "fails" in request:
            raise FAILURES[request["fails"]]
        if at_work.is_stopped() and "deaf" not in request:
            return None
        time.sleep(request.get("seconds", 0))
    return number


COUNT = Kind("count", "tests.services.counting:count", Lane("count", linger_seconds=60.0), n_kept=300)
COUNT_ON = Kind("count on", "tests.services.counting:count", Lane("count on", is_killed=True), n_kept=2)
