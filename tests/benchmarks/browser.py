"""
`python -m tests.benchmarks.browser`: a list of 100 rows in Chromium, ours and Django admin's, and Lighthouse's scores.

Ends with 1 where a goal is missed. `make benchmark-browser` fetches Lighthouse first.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from tests.benchmarks import surroundings


def main() -> int:
    with TemporaryDirectory() as folder:
        os.environ.update(surroundings.environment(Path(folder)))
        django.setup()
        from tests.benchmarks import in_chromium  # noqa: PLC0415 - it needs the settings, and these the environment

        missed = in_chromium.report(Path(folder))
    sys.stdout.write(f"Missed: {', '.join(missed)}.\n" if missed else "All goals are met.\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
