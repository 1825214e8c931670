"""The log's pages: who may see what, in which shape, and that looking is recorded."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from connections.audit.events import (
    Actor,
    ActorKind,
    Event,
    EventType,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.ledger import append
from connections.audit.verifier.verify import parsed
from connections.models import AuditDetail, AuditEvent, Staff
from connections.permissions import Role
from tests.people import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def person(name: str, team: str = "") -> Staff:
    """Somebody of support who never signs in."""
    staff = Staff.objects.create_user(name, team=team)
    staff.groups.set([Group.objects.get(name=Role.SUPPORT)])
    return staff


def view_of_a_connection(staff: Staff, **more: Any) -> int:
    actor = Actor(kind=ActorKind.STAFF, id=str(staff.pk), name=staff.username)
    target = Target(kind=TargetKind.CONNECTION, user=uuid4(), vehicle=uuid4())
    return append(Event(type=EventType.CONNECTION_VIEWED, actor=actor, target=target, **more)).seq


def test_the_newest_events_come_first(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    for _ in range(3):
        newest = view_of_a_connection(Staff.objects.get())
    answer = auditor.get("/audit/")
    assert answer.status_code == 200
    assert [entry.seq for entry in answer.context["page"].entries][:2] == [newest, newest - 1]
    assert f'href="/audit/{newest}/"' in answer.text


@pytest.mark.parametrize("url", ["/audit/", "/audit/1/"])
def test_it_needs_a_sign_in(client: Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={url}"


@pytest.mark.parametrize("url", ["/audit/", "/audit/1/"])
def test_it_needs_the_permission(sign_in: SignIn, url: str) -> None:
    assert sign_in(Role.ACCESS_ADMIN).get(url).status_code == 403
    assert AuditEvent.objects.filter(type="access.refused").count() == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("url", ["/audit/", "/audit/1/"])
def test_other_methods_are_refused(sign_in: SignIn, url: str, method: str) -> None:
    assert getattr(sign_in(Role.AUDITOR), method)(url).status_code == 405


@pytest.mark.parametrize("sequence", ["0", "999", str(2**63), "9" * 40])
def test_an_unknown_event_is_not_found(sign_in: SignIn, sequence: str) -> None:
    assert sign_in(Role.AUDITOR).get(f"/audit/{sequence}/").status_code == 404


def test_htmx_gets_only_the_results(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    partial = auditor.get("/audit/", headers={"HX-Request": "true"})
    assert "<table" in partial.text
    assert "<html" not in partial.text
    assert "HX-Request" in partial["Vary"]
    assert "<html" in auditor.get("/audit/").text


def test_the_box_and_the_fields_narrow_together(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    staff = Staff.objects.get()
    wanted = view_of_a_connection(staff, why=Why(ticket="SUP-7"))
    view_of_a_connection(staff, why=Why(ticket="SUP-8"))
    append(Event(type=EventType.CONNECTION_LISTED, actor=Actor(kind=ActorKind.SYSTEM), why=Why(ticket="SUP-7")))
    answer = auditor.get("/audit/", {"q": "-type:connection.listed sup-7", "actor": "auditor"})
    assert [entry.seq for entry in answer.context["page"].entries] == [wanted]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "colour:red"},
        {"q": "since:yesterday"},
        {"q": "x" * 1001},
        {"since": "yesterday"},
        {"user": "not-an-id"},
        {"type": "no.such"},
        {"outcome": "none"},
        {"before": "x"},
        {"before": str(2**63)},
        {"after": "-1"},
        {"ticket": "a\x00b"},
    ],
)
def test_bad_input_is_named_beside_an_empty_list(sign_in: SignIn, query: dict[str, str]) -> None:
    answer = sign_in(Role.AUDITOR).get("/audit/", query)
    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert not AuditEvent.objects.filter(type="audit.viewed").exists()


def test_htmx_does_not_keep_a_bad_search_in_the_history(sign_in: SignIn) -> None:
    answer = sign_in(Role.AUDITOR).get("/audit/", {"q": "colour:red"}, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "false"


def test_htmx_is_given_a_url_without_empty_fields(sign_in: SignIn) -> None:
    query = {"q": "sup-7", "actor": "", "user": "", "before": "9"}
    answer = sign_in(Role.AUDITOR).get("/audit/", query, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/audit/?q=sup-7&before=9"


def test_older_and_newer_keep_the_filters(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    staff = Staff.objects.get()
    seqs = [view_of_a_connection(staff, why=Why(ticket="SUP-7")) for _ in range(51)]
    first = auditor.get("/audit/", {"ticket": "SUP-7"})
    assert first.context["older_url"] == f"/audit/?ticket=SUP-7&before={seqs[1]}"
    assert first.context["newer_url"] == ""
    older = auditor.get(first.context["older_url"])
    assert [entry.seq for entry in older.context["page"].entries] == [seqs[0]]
    newer = auditor.get(older.context["newer_url"])
    assert [entry.seq for entry in newer.context["page"].entries] == seqs[:0:-1]


def test_a_page_without_events_leads_back(sign_in: SignIn) -> None:
    answer = sign_in(Role.AUDITOR).get("/audit/", {"ticket": "NONE-1"})
    assert answer.status_code == 200
    assert 'href="/audit/?ticket=NONE-1"' in answer.text


def test_support_sees_only_their_own_deeds(sign_in: SignIn) -> None:
    support = sign_in(Role.SUPPORT)
    sam = _with_team("north")
    own = view_of_a_connection(sam)
    other = view_of_a_connection(person("ben", "north"))
    assert _shown(support) >= {own}
    assert other not in _shown(support)
    assert support.get(f"/audit/{own}/").status_code == 200
    assert support.get(f"/audit/{other}/").status_code == 404


def test_a_lead_sees_their_team_and_no_other(sign_in: SignIn) -> None:
    lead = sign_in(Role.LEAD)
    _with_team("north")
    same = view_of_a_connection(person("ben", "north"))
    other = view_of_a_connection(person("cid", "south"))
    assert same in _shown(lead)
    assert other not in _shown(lead)
    assert lead.get(f"/audit/{other}/").status_code == 404


def test_an_auditor_sees_everybody(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    seqs = {view_of_a_connection(person(name, name)) for name in ("ben", "cid")}
    failed = append(Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=Actor(kind=ActorKind.ANONYMOUS))).seq
    assert _shown(auditor) >= {*seqs, failed}


def test_one_event_shows_the_very_text_that_was_hashed(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    seq = view_of_a_connection(Staff.objects.get(), request=UUID(int=7), operation=UUID(int=8))
    answer = auditor.get(f"/audit/{seq}/")
    event = AuditEvent.objects.get(seq=seq)
    assert answer.context["found"].body == event.body
    assert event.body.replace('"', "&quot;") in answer.text
    assert bytes(event.leaf).hex() in answer.text
    assert parsed(event.body)["prev"] in answer.text
    assert f'href="/audit/?request={UUID(int=7)}"' in answer.text
    assert f'href="/audit/?operation={UUID(int=8)}"' in answer.text
    assert f'href="/audit/?before={seq}"' in answer.text


def test_what_somebody_sent_is_shown_as_text(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    evil = Actor(kind=ActorKind.ANONYMOUS, name="<script>alert(1)</script>")
    seq = append(Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=evil)).seq
    for url in ("/audit/", f"/audit/{seq}/"):
        page = auditor.get(url).text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_an_alarm_and_an_outcome_are_words(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    outcome = Outcome(status=Status.UNKNOWN)
    view_of_a_connection(Staff.objects.get(), outcome=outcome)
    assert '<span class="badge badge-unknown">unknown</span>' in auditor.get("/audit/").text


def test_reading_the_log_is_recorded_with_what_was_looked_for(sign_in: SignIn) -> None:
    sign_in(Role.AUDITOR).get("/audit/", {"q": "actor:auditor"})
    viewed = AuditEvent.objects.get(type="audit.viewed")
    assert viewed.actor_id == str(Staff.objects.get().pk)
    assert parsed(viewed.body)["found"]["count"] >= 1
    assert AuditDetail.objects.get(seq=viewed.seq, field="found.search").value == "actor:auditor"


def test_reading_one_event_is_recorded(sign_in: SignIn) -> None:
    sign_in(Role.AUDITOR).get("/audit/1/")
    body = parsed(AuditEvent.objects.get(type="audit.viewed").body)
    assert body["target"] == {"kind": "audit", "id": "1"}


def test_what_cannot_be_recorded_is_not_shown(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_detail RENAME TO away")
    try:
        answer = auditor.get("/audit/", {"ticket": "NONE-1"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO audit_detail")
    assert answer.status_code == 503


def _with_team(team: str) -> Staff:
    """The one who is signed in, in this team from now on."""
    staff = Staff.objects.get()
    staff.team = team
    staff.save()
    return staff


def _shown(client: Client) -> set[int]:
    return {entry.seq for entry in client.get("/audit/").context["page"].entries}
