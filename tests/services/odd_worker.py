"""A worker that does not do what it should: `python -m tests.services.odd_worker LOCK NICENESS HOW [MODULE …]`, see ODD_WORKER.

silent      says how long a step of its job takes, and then nothing more
nonsense    answers a job with what is no answer
full        says that a training has ended, and has written nothing of it
broken      ends before it is ready
broken N    does so the first N times, and is then like the real one
never       is never ready
crowded     is the real one, but no file of a run whose name begins with "large" can be written once it has begun
"""

import errno
import json
import os
import sys
import time
from pathlib import Path

from collab.services import disk


def say(**words):
    print(json.dumps(words), flush=True)


def misbehave(how):
    for line in sys.stdin:
        job_id = json.loads(line).get("do")
        if job_id is None:
            continue
        if how == "silent":
            say(alive=50.0)
        elif how == "nonsense":
            print("nonsense", flush=True)
        else:
            say(ended=job_id, state="failed", message="The disk is full.", result=None)


def fill_the_disk():
    """From the beginning of a large run on, none of its files can be written."""
    write, full = disk.replace, set()

    def replace(file, content, *, durable=True):
        nonlocal full
        if file.name == "history.csv":  # it begins
            record = json.loads((file.parent / "run.json").read_text())
            full |= {file.parent} if record["name"].startswith("large") else set()
        if file.parent in full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        write(file, content, durable=durable)

    disk.replace = replace


def work():
    from collab.services import training_job, worker

    training_job._unrehearsed.clear()
    worker.main()


def main():
    how, _, number = os.environ["ODD_WORKER"].partition(" ")
    if how == "never":
        time.sleep(600)
    if how == "broken":
        tries = Path(sys.argv[1]).with_suffix(".tries")
        n_before = len(tries.read_text()) if tries.exists() else 0
        if not number or n_before < int(number):
            tries.write_text("x" * (n_before + 1))
            sys.exit(3)
        work()
    elif how == "crowded":
        fill_the_disk()
        work()
    else:
        say(ready=True)
        misbehave(how)


if __name__ == "__main__":
    main()
