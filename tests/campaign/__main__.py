"""The campaign: attacks on Collab that anybody can run, each bounded in time, and a table of what they have found.

    python -m tests.campaign                      all parts, one after the other
    python -m tests.campaign --part damage        damaged run folders under every page
    python -m tests.campaign --part imports       hostile and oversized run files
    python -m tests.campaign --part disk          full, read-only and vanished disks under every button that writes
    python -m tests.campaign --part kills         300 sudden ends of whoever writes
    python -m tests.campaign --part visits        which run somebody new is shown
    python -m tests.campaign --part links         hostile values of every parameter of every page

All parts take about an hour; the tests do a short form of each. Everything happens on the built-in sample, in
temporary homes; no network, no file of the user is touched.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from tests.campaign import broken_disk, damage, disk, forging, imports, isolated, kills, links, product, visits
from tests.campaign.report import MOST_SHOWN, Clock, Figure, details, table


def run_damage(seed: int, minutes: float, homes: Path) -> list[Figure]:
    trained = homes / "trained"
    sound_id = product.train(trained)
    with product.quick_workers():
        return damage.run(trained, sound_id, damage.cases(seed), Clock(minutes))


def run_imports(seed: int, minutes: float, homes: Path) -> list[Figure]:
    home, clock = homes / "trained", Clock(minutes)
    isolated.begin()
    files = {model: exported(home, product.train(home, model)) for model in imports.GROWING}
    sound = files[imports.GROWING[0]]
    figures = imports.run(sound, imports.everything(sound, files, seed), clock)
    return [*figures, imports.round_trips(homes / "models", homes / "elsewhere")]


def exported(home: Path, run_id: str) -> forging.Files:
    return forging.read(home / "runs" / run_id)


def run_disk(seed: int, minutes: float, homes: Path) -> list[Figure]:
    home, clock = disk.prepare(homes / "trained"), Clock(minutes / 2)
    with product.quick_workers():
        writing, n_controls = disk.walk(home, home.starts(), clock)
        print(f"{len(writing)} of {n_controls} controls write: {', '.join(map(str, writing))}", file=sys.stderr)
        figures = disk.run(home, clock, writing, "injected", broken_disk.injected)
        figures.append(disk.trainings((broken_disk.FULL, broken_disk.READ_ONLY)))
        if broken_disk.may_mount(homes):
            figures += disk.run(home, Clock(minutes / 2), writing, "real", broken_disk.really, homes / "small")
        else:
            print("No disk can be mounted here: the real conditions are left out.", file=sys.stderr)
    return figures


def run_kills(seed: int, minutes: float, homes: Path) -> list[Figure]:
    isolated.begin()
    return kills.run(kills.prepare(homes / "before"), kills.N_KILLS, seed, Clock(minutes))


def run_visits(seed: int, minutes: float, homes: Path) -> list[Figure]:
    with product.quick_workers():
        return visits.run(Clock(minutes))


def run_links(seed: int, minutes: float, homes: Path) -> list[Figure]:
    with product.quick_workers():
        return links.run(homes / "trained", seed, Clock(minutes))


PARTS = {
    "damage": (run_damage, damage.MINUTES),
    "imports": (run_imports, imports.MINUTES),
    "disk": (run_disk, disk.MINUTES),
    "kills": (run_kills, kills.MINUTES),
    "visits": (run_visits, visits.MINUTES),
    "links": (run_links, links.MINUTES),
}


def main() -> int:
    """Run the parts that were asked for; exit code 1 where anything was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaign", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=tuple(PARTS), help="only this part")
    parser.add_argument("--seed", type=int, default=0, help="draws cases, places and moments (default 0)")
    parser.add_argument("--minutes", type=float, help="most minutes of a part (default: each part's own limit)")
    parser.add_argument(
        "--all", action="store_true", help="print every cause that was found, not the most frequent alone"
    )
    words = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit's, about pages without a browser
    product.set_one_thread()
    figures: list[Figure] = []
    for name, (run, usual) in PARTS.items():
        if words.part in (None, name):
            print(f"{name} …", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as homes:
                figures += run(words.seed, words.minutes if words.minutes is not None else usual, Path(homes))
    print(table(figures))
    print(details(figures, sys.maxsize if words.all else MOST_SHOWN))
    return int(any(each.found for each in figures))


if __name__ == "__main__":
    sys.exit(main())
