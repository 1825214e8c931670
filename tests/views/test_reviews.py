"""The review queue: what is in it, for whom, and what is recorded of it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from connections.audit.browse import page
from connections.audit.events import Actor, ActorKind, Event, EventType, Outcome, Status, Target, TargetKind
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.models import AuditDetail, AuditEvent, Review, Staff
from tests.record import newest

QUEUE = "/audit/review/"
ODD = {"verdict": "flagged", "note": "why at this hour?"}
FINE = {"verdict": "appropriate", "note": ""}


def viewed(actor: str = "7", **more: object) -> int:
    target = Target(kind=TargetKind.CONNECTION, user=uuid4(), vehicle=uuid4())
    return append(_event(EventType.CONNECTION_VIEWED, actor, target, **more)).seq


def intended(at: datetime, kind: TargetKind) -> int:
    target = Target(kind=kind, user=uuid4(), vehicle=uuid4() if kind is TargetKind.CONNECTION else None)
    with time_machine.travel(at, tick=False):
        return append(_event(EventType.REVOCATION_INTENDED, "7", target)).seq


def _event(type_: EventType, actor: str, target: Target, **more: object) -> Event:
    return Event(type=type_, actor=Actor(kind=ActorKind.STAFF, id=actor, name="Ben"), target=target, **more)  # type: ignore[arg-type]  # outcomes of the caller's


def shown(client: Client, before: int | None = None) -> int | None:
    answer = client.get(QUEUE, {"before": before} if before else {})
    assert answer.status_code == 200
    return answer.context["entry"].seq if "entry" in answer.context else None


@pytest.fixture
def whole(settings: LazySettings) -> None:
    """Every deed is drawn."""
    settings.AUDIT_REVIEW_PERCENT = 100


@pytest.fixture
def unusual_only(settings: LazySettings) -> None:
    settings.AUDIT_REVIEW_PERCENT = 0


@pytest.mark.usefixtures("whole")
def test_it_goes_from_the_newest_to_the_oldest_and_leaves_out_what_was_reviewed(auditor: Client) -> None:
    first, second = viewed(), viewed()
    assert shown(auditor) == second
    answer = auditor.post(f"{QUEUE}{second}/", FINE)
    assert answer["Location"] == f"{QUEUE}?before={second}"
    assert shown(auditor, second) == first
    assert shown(auditor) == first


@pytest.mark.usefixtures("whole")
def test_what_was_said_is_an_event_and_its_note_can_be_erased(auditor: Client) -> None:
    seq = viewed()
    auditor.post(f"{QUEUE}{seq}/", ODD)
    body = newest("audit.reviewed")
    assert (body["target"], body["cause"]) == ({"kind": "audit", "id": str(seq)}, seq)
    assert body["why"]["reason"] == "flagged"
    assert AuditDetail.objects.get(seq=body["seq"], field="why.note").value == ODD["note"]
    assert Review.objects.get().seq == body["seq"]
    assert page(Filters.of("type:audit.reviewed")).entries[0].sentence == f"auditor flagged event {seq}."


@pytest.mark.usefixtures("whole")
def test_nobody_reviews_their_own_deeds(auditor: Client) -> None:
    own = viewed(str(Staff.objects.get().pk))
    assert shown(auditor) != own
    answer = auditor.post(f"{QUEUE}{own}/", FINE)
    assert answer.status_code == 409
    assert "Nobody reviews their own" in answer.text
    assert not Review.objects.exists()


@pytest.mark.usefixtures("whole")
def test_nothing_is_reviewed_twice(auditor: Client) -> None:
    seq = viewed()
    assert [auditor.post(f"{QUEUE}{seq}/", FINE).status_code for _ in range(2)] == [302, 409]
    assert AuditEvent.objects.filter(type="audit.reviewed").count() == 1


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    "fields", [{}, {"verdict": "perhaps"}, {"verdict": "flagged"}, {"verdict": "flagged", "note": "-"}]
)
def test_a_flag_says_why_and_bad_input_is_named(auditor: Client, fields: dict[str, str]) -> None:
    seq = viewed()
    answer = auditor.post(f"{QUEUE}{seq}/", fields)
    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert not Review.objects.exists()


def test_the_sample_is_drawn_by_the_leaf(auditor: Client, settings: LazySettings) -> None:
    settings.AUDIT_REVIEW_PERCENT = 50
    seqs = {viewed() for _ in range(12)}
    drawn = {seq for seq in seqs if bytes(AuditEvent.objects.get(seq=seq).leaf)[0] < 0x80}
    found: set[int] = set()
    before: int | None = None
    while (seq := shown(auditor, before)) is not None:
        found.add(seq)
        before = seq
    assert found & seqs == drawn


@pytest.mark.usefixtures("unusual_only")
@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.REFUSED])
def test_what_is_unusual_is_always_in_it(auditor: Client, status: Status) -> None:
    viewed()
    seq = viewed(outcome=Outcome(status=status))
    viewed()
    assert shown(auditor) == seq
    assert "unusual" in auditor.get(QUEUE).text


@pytest.mark.usefixtures("unusual_only")
@pytest.mark.parametrize(
    ("at", "kind", "is_unusual"),
    [
        (datetime(2026, 11, 18, 12, tzinfo=UTC), TargetKind.USER, False),
        (datetime(2026, 11, 18, 3, tzinfo=UTC), TargetKind.USER, True),
        (datetime(2026, 11, 18, 20, tzinfo=UTC), TargetKind.USER, True),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), TargetKind.USER, True),
        (datetime(2026, 11, 21, 3, tzinfo=UTC), TargetKind.CONNECTION, False),
    ],
)
def test_a_wide_revocation_out_of_hours_is_unusual(
    auditor: Client, at: datetime, kind: TargetKind, *, is_unusual: bool
) -> None:
    seq = intended(at, kind)
    assert shown(auditor) == (seq if is_unusual else None)
    found = [entry.seq for entry in page(Filters.of("anomaly:out_of_hours")).entries]
    assert found == ([seq] if is_unusual else [])


@pytest.mark.usefixtures("whole")
def test_a_lead_reviews_their_team_and_support_nobody(lead: Client, support: Client) -> None:
    other = viewed("999")
    assert shown(lead) != other
    assert lead.post(f"{QUEUE}{other}/", FINE).status_code == 404
    own = str(Staff.objects.get(username="support").pk)
    of_support = viewed(own)
    assert shown(lead) == of_support
    assert shown(support) is None


def test_an_unknown_event_is_not_found(auditor: Client) -> None:
    assert auditor.post(f"{QUEUE}999/", FINE).status_code == 404
