"""Exporting on the page: what is shown is what is delivered, who may read what, and what is left in the log."""

import io
import json
import re
import socket
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from connections.audit.checkpoints import checkpoint
from connections.audit.delivery import NotExported
from connections.audit.events import Actor, ActorKind, Event, EventType, Target, TargetKind, Why
from connections.audit.ledger import NotRecorded, append
from connections.models import AuditEvent, AuditExport
from connections.permissions import Role
from connections.simulator.rows import Connection
from tests import record
from tests.database import Owner
from tests.deeds import HTMX, revoke
from tests.exports import URL, download, exported, file_of, prepare, rows_of, verified
from tests.failing_database import Failing
from tests.people import SignIn, known
from tests.working import work

FORMATS = ("native", "csv", "ocsf")


def lines_of(file: bytes) -> list[Any]:
    return [json.loads(line) for line in file.splitlines()]


def manifest_of(file: bytes) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(zipfile.ZipFile(io.BytesIO(file)).read("manifest.json"))
    return manifest


def rezipped(file: bytes, folder: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The same ZIP file, with another content of one of its files."""
    whole, path = zipfile.ZipFile(io.BytesIO(file)), folder / "changed.zip"
    with zipfile.ZipFile(path, "w") as changed:
        for each in whole.namelist():
            content = whole.read(each)
            changed.writestr(each, change(content) if each == name else content)
    assert path.read_bytes() != file
    return path


def viewed(count: int = 1, why: Why | None = None) -> None:
    """Something in the log."""
    for _ in range(count):
        eve = Actor(kind=ActorKind.STAFF, id="9", name="Eve")
        append(Event(type=EventType.CONNECTION_VIEWED, actor=eve, why=why))


def test_the_page_says_what_will_be_exported_and_offers_each_format(auditor: Client) -> None:
    page = auditor.get(URL, {"outcome": "unknown", "ticket": "sup-7", "q": "-type:audit"})
    assert page.status_code == 200
    for condition in ("outcome is unknown", "ticket holds “sup-7”", "type is not audit"):
        assert condition in page.text
    assert [value for value in FORMATS if f'value="{value}"' in page.text] == list(FORMATS)
    assert '<input type="hidden" name="outcome" value="unknown">' in page.text


def test_the_audit_log_leads_there_with_its_search(auditor: Client) -> None:
    page = auditor.get("/audit/", {"type": "auth.signed_in"})
    assert 'href="/audit/export/?type=auth.signed_in"' in page.text


def test_how_many_there_are_by_now_is_loaded_after_the_page(auditor: Client) -> None:
    assert "By now" not in auditor.get(URL).text
    viewed(3)
    part = auditor.get(URL, {"type": "connection.viewed"}, headers=HTMX).text
    assert "By now <strong>3</strong> events." in part
    assert "<html" not in part


@pytest.mark.parametrize("name", FORMATS)
def test_the_number_that_is_shown_is_the_number_in_the_file(auditor: Client, name: str) -> None:
    viewed(5)
    page = prepare(auditor, format=name, type="connection.viewed")
    viewed(2)  # too late: it was prepared before
    assert "<h1>5 events to download</h1>" in auditor.get(page).text
    answer = download(auditor, page)
    assert "-5-events." in answer["Content-Disposition"]
    file = b"".join(answer.streaming_content)
    if name == "native":
        assert manifest_of(file)["count"] == 5
    else:
        assert len(rows_of(file) if name == "csv" else lines_of(file)) == 5 + 1


def test_the_file_is_the_same_each_time(auditor: Client) -> None:
    page = prepare(auditor)
    assert file_of(auditor, page) == file_of(auditor, page)


def test_a_bundle_of_everything_verifies_as_it_came(auditor: Client, tmp_path: Path) -> None:
    viewed(3)
    (tmp_path / "audit.zip").write_bytes(exported(auditor))
    code, said = verified(tmp_path / "audit.zip")
    assert (code, said[:8]) == (0, "Intact: "), said


def test_a_bundle_verifies_unpacked_with_the_verifier_it_brings(auditor: Client, tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(exported(auditor))).extractall(tmp_path)
    assert (tmp_path / "verify.py").exists()
    assert verified(tmp_path)[0] == 0


def test_an_event_that_is_withheld_from_a_bundle_is_found(auditor: Client, tmp_path: Path) -> None:
    viewed(3)
    without = rezipped(exported(auditor), tmp_path, "events.jsonl", lambda text: re.sub(rb'{"seq":3,.*\n', b"", text))
    assert verified(without) == (2, "Incomplete: event 3: it is missing.\n")


@pytest.mark.parametrize("name", ["audit.zip", "as-the-browser-left-it.part"])
def test_a_bundle_that_was_cut_off_is_called_so(auditor: Client, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(exported(auditor)[:-1000])
    code, said = verified(tmp_path / name)
    assert (code, said) == (2, f"Incomplete: {name} is cut off or damaged: it cannot be read as a ZIP file.\n")


@pytest.mark.parametrize("name", ["csv", "ocsf"])
def test_the_last_line_is_the_exports_own_end_and_counts_the_lines_above(auditor: Client, name: str) -> None:
    viewed(4)
    file = exported(auditor, format=name, type="connection.viewed")
    body = record.newest("audit.exported")
    if name == "csv":
        last = rows_of(file)[-1]
        says = last["type"], last["outcome.status"], last["found.count"], last["found.digest"]
    else:
        end = lines_of(file)[-1]
        says = (
            end["metadata"]["event_code"],
            end["unmapped"]["outcome"]["status"],
            *(str(end["unmapped"]["found"][key]) for key in ("count", "digest")),
        )
    assert says == ("audit.exported", "success", "4", body["found"]["digest"])


def test_support_gets_its_own_deeds_and_the_bundle_says_so(sign_in: SignIn, row: Connection, tmp_path: Path) -> None:
    support = sign_in(Role.SUPPORT)
    revoke(support, row)
    viewed(3)
    page = prepare(support)
    assert "Only events that you may read." in support.get(page).text
    file = file_of(support, page)
    assert b'"Eve"' not in file
    assert manifest_of(file)["visible_to"] == [str(known("support").pk)]
    (tmp_path / "own.zip").write_bytes(file)
    code, said = verified(tmp_path / "own.zip")
    assert (code, said[:41]) == (0, "Intact as far as the selection '' of the ")
    passed_off = rezipped(file, tmp_path, "manifest.json", lambda text: re.sub(rb',\s*"visible_to": [^]]*]', b"", text))
    assert verified(passed_off)[0] == 2  # it is not the whole log


def test_leads_get_their_team(sign_in: SignIn) -> None:
    lead, ben, other = sign_in(Role.LEAD), sign_in(Role.SUPPORT, "ben"), sign_in(Role.SUPPORT, "other")
    type(known("lead")).objects.filter(username__in=["lead", "ben"]).update(team="north")
    for client in (ben, other):
        client.get("/connections/")
    whose = {row["actor.id"] for row in rows_of(exported(lead, format="csv", type="connection.listed"))[:-1]}
    assert whose == {str(known("ben").pk)}


def test_what_was_prepared_with_more_rights_is_gone_with_them(sign_in: SignIn) -> None:
    client = sign_in(Role.AUDITOR)
    page = prepare(client)
    staff = known("auditor")
    staff.groups.set(staff.groups.model.objects.filter(name=Role.SUPPORT))
    assert client.get(page).status_code == 404
    assert client.get(f"{page}file/").status_code == 404


def test_another_persons_export_is_not_found(auditor: Client, sign_in: SignIn) -> None:
    page = prepare(auditor)
    other = sign_in(Role.AUDITOR, "other")
    assert [other.get(url).status_code for url in (page, f"{page}file/")] == [404, 404]


@pytest.mark.parametrize(
    "written",
    [
        {"search": ""},
        {"search": "actor:nobody"},
        {"search": "since:yesterday"},
        {"format": "csv"},
        {"visible_to": ["7"]},
        {"size": 1},
        {"seq": 1},
        {"at": datetime(2999, 1, 1, tzinfo=UTC)},  # so that it is never forgotten
    ],
    ids=str,
)
def test_what_somebody_wrote_into_its_row_is_not_delivered(auditor: Client, written: dict[str, Any]) -> None:
    viewed(3)
    page = prepare(auditor, q="actor:eve")
    AuditExport.objects.update(**written)
    assert [auditor.get(url).status_code for url in (page, f"{page}file/")] == [409, 409]
    assert record.newest("audit.exported")["outcome"] == {"status": "pending"}


def test_it_is_recorded_before_and_after(auditor: Client) -> None:
    answer = auditor.post(URL, {"format": "csv", "q": "actor:eve"})
    before = record.newest("audit.exported")
    assert before["outcome"] == {"status": "pending"}
    assert before["request"] == answer["X-Request-Id"]
    assert before["found"]["query"] == {"format": "csv"}
    sent = download(auditor, answer["Location"])
    b"".join(sent.streaming_content)
    after = record.newest("audit.exported")
    assert after["outcome"] == {"status": "success"}
    assert (after["cause"], after["target"]) == (before["seq"], before["target"])
    assert after["request"] == sent["X-Request-Id"]
    assert after["found"]["query"] == {"format": "csv", "checkpoint": str(before["seq"])}
    assert after["found"]["count"] == 0
    assert record.details("found.search") == ["actor:eve"] * 2
    assert "eve" not in AuditEvent.objects.get(seq=after["seq"]).body


def test_what_it_did_stands_in_the_log_in_words(auditor: Client) -> None:
    viewed()
    exported(auditor, format="csv", type="connection.viewed")
    page = auditor.get("/audit/", {"type": "audit.exported"}).text
    assert "prepared an export of the audit log as CSV" in page
    assert "exported the audit log as CSV: 1 event." in page


def test_words_in_quotes_are_delivered_as_they_were_counted(auditor: Client) -> None:
    why = Why(reason="customer_request", note="wrote actor:ana into the box")
    append(Event(type=EventType.CONNECTION_VIEWED, actor=Actor(kind=ActorKind.ANONYMOUS), why=why))
    events = rows_of(exported(auditor, q='"actor:ana"', format="csv"))
    assert [event["why.note"] for event in events[:-1]] == [why.note]
    assert record.details("found.search")[-1] == '"actor:ana"'


def test_whoever_goes_away_half_way_is_recorded_and_can_come_again(auditor: Client) -> None:
    viewed(3)
    page = prepare(auditor, format="csv", type="connection.viewed")
    answer = download(auditor, page)
    next(iter(answer.streaming_content))
    answer.close()
    body = record.newest("audit.exported")
    assert body["outcome"] == {"status": "failed"}
    assert body["found"]["count"] == 0
    assert "Broken off" in auditor.get(page).text
    assert len(rows_of(file_of(auditor, page))) == 4
    assert "All 3 events were sent" in auditor.get(page).text


def test_what_cannot_be_recorded_lacks_its_end(auditor: Client, refuse_events: Failing) -> None:
    page = prepare(auditor, format="csv")
    answer = download(auditor, page)
    pieces: list[bytes] = []
    with refuse_events("audit.exported"), pytest.raises(NotRecorded):
        pieces.extend(answer.streaming_content)
    answer.close()
    assert rows_of(b"".join(pieces))[-1]["outcome.status"] == "pending"
    assert "Broken off" in auditor.get(page).text


@pytest.mark.parametrize("is_under_way", [False, True])
def test_the_whole_log_is_not_delivered_as_it_was_before_something_was_erased(
    auditor: Client, *, is_under_way: bool
) -> None:
    """Its events could not say so, and whoever verified it would take it for tampering."""
    viewed(1, Why(note="the letter came from Lisbon"))
    page = prepare(auditor, format="native")
    answer = download(auditor, page) if is_under_way else None
    call_command("audit_redact", field=["why.note"], last=99, reason="retention_period", yes=True, stdout=io.StringIO())
    if answer:
        with pytest.raises(NotExported, match="were erased since"):
            b"".join(answer.streaming_content)
    shown = auditor.get(f"{page}file/")
    assert shown.status_code == 409
    assert "Personal details were erased since this export was prepared" in shown.text
    assert auditor.get(page).status_code == 200


def test_what_is_archived_meanwhile_breaks_off_what_was_not_counted(auditor: Client, tmp_path: Path) -> None:
    viewed(3)
    last = checkpoint().size
    page = prepare(auditor, format="csv", type="connection")
    AuditExport.objects.update(count=None)
    answer = download(auditor, page)
    next(iter(answer.streaming_content))
    call_command("audit_archive", through=last, output=tmp_path, yes=True, stdout=io.StringIO())
    with pytest.raises(NotExported, match="archived meanwhile"):
        b"".join(answer.streaming_content)


def test_a_note_that_is_erased_meanwhile_breaks_it_off_rather_than_shortens_it(
    auditor: Client, owner_rights: Owner
) -> None:
    viewed(2, Why(note="the letter came from Lisbon"))
    page = prepare(auditor, format="csv", q="lisbon")
    with owner_rights() as execute:
        execute(
            "UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP "
            "WHERE field = 'why.note'"
        )
    with pytest.raises(NotExported, match="0 events matched, and 2 did before"):
        file_of(auditor, page)
    assert record.newest("audit.exported")["outcome"] == {"status": "failed"}


def test_a_broken_chain_is_delivered_and_said_at_the_end(auditor: Client, owner_rights: Owner) -> None:
    viewed(2)
    with owner_rights() as execute:
        execute(
            "UPDATE audit_event SET body = replace(body, 'connection.viewed', 'connection.listed') "
            "WHERE type = 'connection.viewed'"
        )
    rows = rows_of(exported(auditor, format="csv"))
    seq = AuditEvent.objects.filter(type="connection.viewed").order_by("seq")[0].seq
    assert rows[-1]["outcome.alarm"] == f"event {seq}: its body does not give its leaf"


def test_progress_is_shown_while_it_is_on_its_way(auditor: Client) -> None:
    viewed(4)
    page = prepare(auditor, format="csv", type="connection.viewed")
    assert "every 1s" not in auditor.get(page, headers=HTMX).text
    answer = download(auditor, page)
    pieces = iter(answer.streaming_content)
    next(pieces)
    AuditExport.objects.update(delivered=1)
    with time_machine.travel(timezone.now() + timedelta(seconds=40)):
        part = auditor.get(page, headers=HTMX).text
    assert "1 of 4 events, about 2 minutes left" in part
    assert 'hx-trigger="every 1s"' in part
    assert "<html" not in part
    assert "Look now" in auditor.get(page).text
    list(pieces)
    answer.close()
    after = auditor.get(page, headers=HTMX).text
    assert "All 4 events were sent" in after
    assert "every 1s" not in after


def test_two_at_once_are_enough_for_one_person(auditor: Client, sign_in: SignIn) -> None:
    pages = [prepare(auditor, format="csv") for _ in range(3)]
    under_way = [download(auditor, page) for page in pages[:2]]
    refused = auditor.get(f"{pages[2]}file/")
    assert refused.status_code == 429
    assert "You are downloading 2 exports already." in refused.text
    assert auditor.get(f"{pages[0]}file/").status_code == 429
    other = sign_in(Role.AUDITOR, "other")
    assert exported(other, format="csv")
    list(under_way[0].streaming_content)
    assert file_of(auditor, pages[2])
    list(under_way[1].streaming_content)


@pytest.mark.parametrize("minutes", [3, -3], ids=["a while ago", "while the clock was ahead"])
def test_one_whose_server_died_holds_nobody_off(auditor: Client, minutes: int) -> None:
    page = prepare(auditor, format="csv")
    download(auditor, page)
    AuditExport.objects.update(heard_at=timezone.now() - timedelta(minutes=minutes))
    assert "Broken off" in auditor.get(page).text
    assert file_of(auditor, page)


def test_a_reader_that_stops_reading_is_broken_off_and_gives_its_place_back(
    auditor: Client, settings: LazySettings
) -> None:
    settings.EXPORT_STALL_SECONDS = 0.05
    viewed(2)
    page = prepare(auditor, format="csv")
    near, far = socket.socketpair()
    with near, far:
        answer: Any = auditor.get(f"{page}file/", **{"gunicorn.socket": near})  # type: ignore[arg-type]  # environ
        near.sendall(next(iter(answer.streaming_content)))
        assert near.gettimeout() == 0.05
        with pytest.raises(TimeoutError):
            near.sendall(b"x" * 10_000_000)  # as of a long export, and nobody reads at the far end
        answer.close()
    assert "Broken off" in auditor.get(page).text
    assert record.newest("audit.exported")["outcome"] == {"status": "failed"}
    assert file_of(auditor, page)


def test_one_that_takes_longer_than_an_hour_is_broken_off(auditor: Client) -> None:
    viewed(2)
    page = prepare(auditor, format="csv")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pieces = iter(download(auditor, page).streaming_content)
        next(pieces)
        clock.shift(timedelta(hours=1, seconds=1))
        with pytest.raises(NotExported, match="still on its way after an hour"):
            list(pieces)
    assert "Broken off" in auditor.get(page).text
    assert record.newest("audit.exported")["outcome"] == {"status": "failed"}


def test_the_end_of_one_that_was_given_up_is_not_the_end_of_the_next(auditor: Client) -> None:
    page = prepare(auditor, format="csv")
    given_up = download(auditor, page)
    next(iter(given_up.streaming_content))
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        under_way = download(auditor, page)
        given_up.close()
        assert auditor.get(f"{page}file/").status_code == 429
        assert "On its way." in auditor.get(page).text
        list(under_way.streaming_content)
        assert "were sent" in auditor.get(page).text


def test_it_can_be_downloaded_for_a_day_and_is_forgotten_then(auditor: Client) -> None:
    page = prepare(auditor)
    row = AuditExport.objects.get()
    AuditExport.objects.update(at=row.at - timedelta(days=1, minutes=1))
    assert auditor.get(page).status_code == 404
    work()
    assert not AuditExport.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_searched_for_is_not_exported(auditor: Client, method: str) -> None:
    answer = getattr(auditor, method)(URL, {"ticket": "7", "format": "csv"})
    assert answer.status_code == 422
    assert "too short" in answer.text
    assert record.types("audit.exported") == []


def test_a_format_that_is_none_is_refused(auditor: Client) -> None:
    answer = auditor.post(URL, {"format": "pdf"})
    assert answer.status_code == 422
    assert "Format: " in answer.text


def test_without_a_checkpoint_there_is_no_export(auditor: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "file" / "checkpoints"
    answer = auditor.post(URL, {"format": "csv"})
    assert answer.status_code == 503
    assert "An export needs a checkpoint." in answer.text


def test_it_needs_a_sign_in(client: Client, transactional_db: None) -> None:
    assert transactional_db is None
    for url in (URL, f"{URL}{uuid4()}/", f"{URL}{uuid4()}/file/"):
        assert client.get(url)["Location"].startswith("/accounts/login/")


def test_it_needs_the_permission(access_admin: Client) -> None:
    for url in (URL, f"{URL}{uuid4()}/", f"{URL}{uuid4()}/file/"):
        assert access_admin.get(url).status_code == 403
    assert access_admin.post(URL).status_code == 403
    assert record.types("audit.") == []


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(auditor: Client, method: str) -> None:
    assert getattr(auditor, method)(URL).status_code == 405


def test_looking_whether_the_file_is_there_delivers_nothing(auditor: Client) -> None:
    page = prepare(auditor)
    assert auditor.head(f"{page}file/").status_code == 405
    assert "every 1s" not in auditor.get(page).text


def test_an_unknown_export_is_not_found(auditor: Client) -> None:
    assert auditor.get(f"{URL}{uuid4()}/").status_code == 404
    assert auditor.get(f"{URL}{uuid4()}/file/").status_code == 404


def test_a_file_is_neither_compressed_nor_kept(auditor: Client) -> None:
    page = prepare(auditor, format="csv")
    answer = auditor.get(f"{page}file/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer
    assert answer["Cache-Control"] == "no-store"
    list(answer.streaming_content)  # type: ignore[attr-defined]  # it streams


def test_all_about_one_customer_is_exported_by_their_id(auditor: Client) -> None:
    user = uuid4()
    for one in (user, uuid4()):
        target = Target(kind=TargetKind.CONNECTION, user=one, vehicle=uuid4())
        append(Event(type=EventType.CONNECTION_VIEWED, actor=Actor(kind=ActorKind.SYSTEM, id="system"), target=target))
    rows = rows_of(exported(auditor, format="csv", user=str(user)))
    assert [row["target.user"] for row in rows[:-1]] == [str(user)]
