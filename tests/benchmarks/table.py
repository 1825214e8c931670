"""CPU of a page of 100 rows: ours through the whole stack, against Django admin's list of the same columns."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import uuid4

from django.core.management import call_command
from django.test import Client, override_settings

from connections.actors import command_actor
from connections.models import Staff
from connections.permissions import Role
from connections.staffing import employ
from tests.benchmarks.models import Listed
from tests.benchmarks.settings import MIDDLEWARE_OF_THE_ADMIN

ROWS = 100
CONNECTIONS = 10_000
TURNS, REQUESTS = 7, 6
_PASSWORD = "correct-horse-battery-staple"

Page = Callable[[int], None]
Milliseconds = dict[str, float]

ADMIN = "Django admin, 100 rows, filters and search"
ADMIN_AS_IT_COMES = "the same without filters and search"
PLAIN_ADMIN = "and stripped of actions, links and counts"
PAGE = "our page of 100 rows, asked of Smartcar"


def measure() -> Milliseconds:
    """
    Median CPU milliseconds of this process for each kind of page.

    The kinds take turns of a few requests, so that whatever else the machine
    does meanwhile meets all of them alike.
    """
    prepare()
    pages = dict(_pages())
    spent: dict[str, list[float]] = {name: [] for name in pages}
    for turn in range(TURNS):
        numbers = range(turn * REQUESTS, (turn + 1) * REQUESTS)
        for name, page in pages.items():
            spent[name] += [_cpu(page, number) for number in numbers]
    return {name: median(costs[REQUESTS:]) for name, costs in spent.items()}  # the first turn warms up


def _cpu(page: Page, number: int) -> float:
    started = time.process_time()
    page(number)
    return (time.process_time() - started) * 1000


def _pages() -> Iterator[tuple[str, Page]]:
    """
    Each kind of page by its number.

    No page of the table is asked for twice, but for the repeats that the
    shared cache answers.
    """
    ours, admin = _signed_in("support"), _administrator()
    yield ADMIN, lambda number: _get(admin, f"/admin/benchmarks/listedwithfilters/?p={number + 1}")
    yield ADMIN_AS_IT_COMES, lambda number: _get(admin, f"/admin/benchmarks/listed/?p={number + 1}")
    yield PLAIN_ADMIN, lambda number: _get(admin, f"/admin/benchmarks/listedplainly/?p={number + 1}")
    whole, results = _table(ours, {}, first=2), _table(ours, {"HX-Request": "true"}, first=2 + TURNS * REQUESTS)
    yield PAGE, whole
    yield "the same, from the shared cache", whole
    yield "its results alone (HTMX), asked of Smartcar", results
    yield "the same results, from the shared cache", results


def _table(client: Client, headers: dict[str, str], *, first: int) -> Page:
    return lambda number: _get(client, f"/connections/?limit={ROWS}&cursor={first + number}", headers)


def _get(client: Client, url: str, headers: dict[str, str] | None = None) -> None:
    answer = client.get(url, headers=headers or {})
    rows = answer.content.count(b"<tr")
    if answer.status_code != 200 or rows < ROWS:
        raise SystemExit(f"{url} answered {answer.status_code} with {rows} rows.")


def _signed_in(name: str) -> Client:
    employ(actor=command_actor("benchmark"), name=name, role=Role.SUPPORT, password=_PASSWORD)
    client = Client(SERVER_NAME="127.0.0.1")
    client.post("/accounts/login/", {"login": name, "password": _PASSWORD})
    return client


def _administrator() -> Client:
    """Signed in at our own front door; the middleware is the admin's own, taken at its first request."""
    admin = Client(SERVER_NAME="127.0.0.1")
    admin.cookies = _signed_in("administrator").cookies
    Staff.objects.filter(username="administrator").update(is_staff=True, is_superuser=True)
    with override_settings(MIDDLEWARE=MIDDLEWARE_OF_THE_ADMIN):
        admin.get("/admin/")
    return admin


def session_of_administrator() -> str:
    """The key of the session in which the admin may be used."""
    return _administrator().cookies["sessionid"].value


def prepare() -> None:
    """The tables, and 10,000 rows for the admin to list."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    Listed.objects.bulk_create(_listed(), batch_size=500)


def _listed() -> Iterable[Listed]:
    newest = datetime.now(UTC)
    for number in range(CONNECTIONS):
        yield Listed(
            user_id=uuid4(),
            vehicle_id=uuid4(),
            mode="live",
            connected_at=newest - timedelta(hours=number),
            make="TESLA",
            model="Model 3",
            year=2020,
        )
