"""Searches of the audit log through the whole stack, each beside Django admin's changelist of the same table."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection
from django.test import Client, override_settings

from connections.actors import command_actor
from connections.audit.patience import TookTooLong, patience
from connections.models import AuditEvent, Staff
from connections.permissions import Role
from connections.staffing import employ
from tests.benchmarks import history
from tests.benchmarks.settings import MIDDLEWARE_OF_THE_ADMIN

NEWEST = "newest page"
_PASSWORD = "correct-horse-battery-staple"
_TURNS, _LONGEST, _PATIENCE = 5, 1.0, 20.0
SITES = ("lean", "typical")

Query = dict[str, str]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Search:
    """The same question, as our log is asked and as the admin is; None where the admin cannot be asked."""

    name: str
    ours: Query
    admin: Query | None


def report(events: int, *, sites: Sequence[str] = SITES, clock: Clock = time.perf_counter) -> Iterator[str]:
    """Lines of a table in Markdown, each as soon as it is measured."""
    started = time.monotonic()
    sample = history.opened(events)
    yield f"{events:,} events, {connection.vendor}, ready after {time.monotonic() - started:.0f} s"
    yield f"|{'':<40}| ms | of the newest | lean admin, ms | times ours | typical admin, ms | times ours |"
    ours, admin = _signed_in(Role.AUDITOR), _administrator()
    newest = 0.0
    for search in _searches(sample, events):
        spent = _least(lambda: _get(ours, f"/audit/?{urlencode(search.ours)}"), clock).milliseconds  # noqa: B023 - called at once
        newest = newest or spent
        cells = [f"{spent:.1f}", f"{spent / newest:.2f}"]
        for site in sites:
            if search.admin is None:
                cells += ["", ""]
                continue
            url = f"/{site}/connections/auditevent/?{urlencode(search.admin)}"
            with override_settings(MIDDLEWARE=MIDDLEWARE_OF_THE_ADMIN):
                theirs = _least(lambda: _patiently(admin, url), clock)  # noqa: B023 - called at once
            cells += [str(theirs), f"{theirs.mark}{theirs.milliseconds / spent:.0f}"]
        yield f"| {search.name} | {' | '.join(cells)} |"


def _searches(sample: history.Sample, events: int) -> Iterator[Search]:
    known = asdict(sample)
    yield Search(NEWEST, {}, {})
    yield _same("actor", "actor_id", known["actor"])
    yield _same("type", "type", "revocation.completed")
    yield Search("type, a whole subject", {"type": "revocation"}, {"type__startswith": "revocation."})
    yield _same("outcome", "outcome", "unknown")
    yield _same("user", "target_user", known["user"])
    yield _same("vehicle", "target_vehicle", known["vehicle"])
    yield _same("operation", "operation", known["operation"])
    yield _same("request", "request_id", known["request"])
    yield Search("ticket, the whole", {"ticket": f"={known['ticket']}"}, {"ticket__exact": known["ticket"]})
    yield Search("ticket contains", {"ticket": known["ticket"][-5:]}, {"q": known["ticket"][-5:]})
    yield Search("ticket contains, in a third of them", {"ticket": "sup-"}, {"q": "sup-"})
    yield Search("ticket contains, in none", {"ticket": "nowhere"}, {"q": "nowhere"})
    yield Search("word, in many notes", {"q": "telephone"}, None)
    yield Search("word, in no note", {"q": "kangaroo"}, None)
    yield Search("any id", {"q": known["vehicle"]}, None)
    middle = AuditEvent.objects.get(seq=events // 2).at.date().isoformat()
    yield Search("since a day", {"since": middle}, {"at__gte": middle})
    yield Search("until a day", {"until": middle}, {"at__lt": middle})
    yield Search("type and not an actor", {"q": f"type:connection -actor:{known['actor']}"}, None)
    yield Search("user and type", {"user": known["user"], "type": "revocation"}, None)
    yield Search("actor and outcome", {"actor": known["actor"], "outcome": "unknown"}, None)
    for tenth in range(1, 11):
        seq = max(events * (10 - tenth) // 10, 51)
        yield Search(f"page {tenth} tenths down", {"before": str(seq)}, {"p": str((events - seq) // 50)})


def _same(name: str, column: str, value: str) -> Search:
    return Search(name, {name: value}, {f"{column}__exact": value})


@dataclass(frozen=True, slots=True)
class _Spent:
    milliseconds: float
    is_cut_off: bool = False

    @property
    def mark(self) -> str:
        return "> " if self.is_cut_off else ""

    def __str__(self) -> str:
        return f"{self.mark}{self.milliseconds:,.0f}"


def _least(page: Callable[[], None], clock: Clock) -> _Spent:
    """The least of several, since what else the machine does only adds to it; cut off after a while."""
    spent: list[float] = []
    for _ in range(_TURNS + 1):
        started = clock()
        try:
            page()
        except TookTooLong:
            return _Spent(min([*spent, _PATIENCE * 1000]), is_cut_off=not spent)
        spent.append((clock() - started) * 1000)
        if sum(spent) > _LONGEST * 1000:
            break
    return _Spent(min(spent))


def _patiently(client: Client, url: str) -> None:
    """Raises `TookTooLong`. Not for our pages: what they record is a transaction of its own."""
    with patience(_PATIENCE):
        _get(client, url)


def _get(client: Client, url: str) -> None:
    answer = client.get(url)
    if answer.status_code != 200:
        raise SystemExit(f"{url} answered {answer.status_code}.")


def _signed_in(role: Role) -> Client:
    name = f"{role}-{uuid4().hex[:6]}"
    employ(actor=command_actor("benchmark"), name=name, role=role, password=_PASSWORD)
    client = Client(SERVER_NAME="127.0.0.1")
    client.post("/accounts/login/", {"login": name, "password": _PASSWORD})
    return client


def _administrator() -> Client:
    """Signed in at our own front door; the middleware is the admin's own, taken at its first request."""
    admin = Client(SERVER_NAME="127.0.0.1")
    admin.cookies = _signed_in(Role.SUPPORT).cookies
    Staff.objects.filter(groups__name=Role.SUPPORT).update(is_staff=True, is_superuser=True)
    with override_settings(MIDDLEWARE=MIDDLEWARE_OF_THE_ADMIN):
        admin.get("/admin/")
    return admin
