"""`python -m tests.benchmarks.audit`: how long the log's pages take, against each other and the admin's."""

from tests.benchmarks import log


def _report() -> log.Report:
    from tests.benchmarks import searches  # noqa: PLC0415 - its models need the settings

    return searches.report


if __name__ == "__main__":
    log.measure(log.arguments("tests.benchmarks.audit", log.__doc__ or "").parse_args(), _report)
