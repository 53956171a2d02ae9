"""Waiting for what other processes do."""

import time


def wait(condition, seconds=60):
    """Return what `condition` says as soon as that is true; it is an error that this takes longer than some seconds."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)
    return found


class Clock:
    """Seconds that go on when they are told to."""

    now = 1000.0

    def __call__(self):
        return self.now
