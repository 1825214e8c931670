"""
`python -m tests.benchmarks.exports [--events N] [--only native|csv|…]`: what an export costs, beside what could be had.

The native bundle beside PostgreSQL's own COPY of the same bodies, CSV beside
django-import-export on the same rows, each in a process of its own so that its
memory can be told. On SQLite in a folder of its own, or in the empty database
that DATABASE_URL names; `--keep FILE` names a SQLite file that is filled once.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import surroundings

_TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exports", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", nargs="*", metavar="NAME")
    parser.add_argument("--turns", type=int, default=_TURNS)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        surroundings.set_up(Path(folder), arguments.keep)
        from tests.benchmarks import export_streams  # noqa: PLC0415 - it needs the settings, and these the environment

        export_streams.fill(arguments.events)
        names = arguments.only or list(export_streams.STREAMS)
        for line in _report(names, arguments.turns):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def _report(names: list[str], turns: int) -> Iterator[str]:
    """Lines of a table in Markdown; of the turns, the least of each measure."""
    yield f"| {'':<14} | log, events | seconds | events/s | CPU, µs an event | first byte, ms | MB | most memory, MB |"
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(turns):
        for name in names:  # in turn, so that what else the machine does meets all alike
            measured[name].append(_measured(name))
    for name, all_turns in measured.items():
        least = {key: min(turn[key] for turn in all_turns) for key in all_turns[0]}
        cells = [f"{least['count']:,}", f"{least['seconds']:.2f}", f"{least['count'] / least['seconds']:,.0f}"]
        cells += [f"{least['cpu'] / least['count'] * 1e6:.1f}", f"{least['first'] * 1000:.1f}"]
        cells += [f"{least['bytes'] / 1e6:.0f}", f"{least['memory'] / 1e6:.0f}"]
        yield f"| {name:<14} | {' | '.join(cells)} |"


def _measured(name: str) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.export_streams", name]
    done = subprocess.run(command, cwd=surroundings.PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
