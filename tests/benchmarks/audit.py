"""`python -m tests.benchmarks.audit`: how long the log's pages take, against each other and the admin's."""

import time
from functools import partial

from tests.benchmarks import log


def main() -> None:
    parser = log.arguments("tests.benchmarks.audit", log.__doc__ or "")
    parser.add_argument("--without-admin", action="store_true", help="ask our own pages alone")
    parser.add_argument("--cpu", action="store_true", help="CPU of this process, in which SQLite works as well")
    given = parser.parse_args()

    def report() -> log.Report:
        from tests.benchmarks import searches  # noqa: PLC0415 - its models need the settings

        sites = () if given.without_admin else searches.SITES
        return partial(searches.report, sites=sites, clock=time.process_time if given.cpu else time.perf_counter)

    log.measure(given, report)


if __name__ == "__main__":
    main()
