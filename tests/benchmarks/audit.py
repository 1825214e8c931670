"""
`python -m tests.benchmarks.audit [--events N]`: how long the log's pages take, against each other and the admin's.

On SQLite in a folder of its own, or in the empty database that DATABASE_URL
names; `--keep FILE` names a SQLite file that is filled once and used again.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import surroundings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        surroundings.set_up(Path(folder), arguments.keep)
        from tests.benchmarks import searches  # noqa: PLC0415 - its models need the settings, and these the environment

        for line in searches.report(arguments.events):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
