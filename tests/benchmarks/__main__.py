"""All benchmarks one after the other, each in a process of its own: what the figures in README.md beside it are read from.

    python -m tests.benchmarks --peers PEERS/bin/python        # how to make PEERS: conditions.py
    python -m tests.benchmarks                                 # without the opponents' interpreter: ours alone

What no setting was ever chosen on is looked at with `--final` alone, by `accuracy` and `cold_start`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

OURS = (
    "training",
    "accuracy",
    "cold_start",
    "latency",
    "slider",
    "pages",
    "garbage",
    "profile",
    "map",
    "large_tables",
    "presets",
    "nets",
    "new_films",
    "chapter",
    "neighbours",
)
WITH_PEERS = ("fastai_chapter", "curves")  # nothing without them
TAKE_PEERS = (*WITH_PEERS, "cold_start")


def main() -> None:
    """Run them, with the minutes that each takes."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers", default="", help="the Python of the opponents' environment")
    peers = arguments.parse_args().peers
    for name in (*OURS, *(WITH_PEERS if peers else ())):
        start = time.perf_counter()
        print(f"── {name}", flush=True)
        subprocess.run(
            [
                sys.executable,
                "-m",
                *f"tests.benchmarks.{name}".split(),
                *(("--peers", peers) if peers and name in TAKE_PEERS else ()),
            ],
            check=True,
        )
        print(f"── {name}: {(time.perf_counter() - start) / 60:.1f} minutes\n", flush=True)


if __name__ == "__main__":
    main()
