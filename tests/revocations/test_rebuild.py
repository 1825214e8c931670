"""The audit events are the truth: the rows of an operation can be made from them, whatever its end."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from connections.ids import uuid7
from connections.models import Approval, Item, Operation, Preview
from connections.permissions import Role
from connections.revocations.restore import compare, every_operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import delete, fields, look, revoke, send
from tests.faults.failing import locked
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain, work, work_to_the_end, work_when_due

Ending = Callable[["Scene"], str]


class Scene:
    """People, Smartcar, and a connection to end."""

    def __init__(self, sign_in: SignIn, simulator: Simulator, row: Connection) -> None:
        self.support, self.lead = sign_in(Role.SUPPORT), sign_in(Role.LEAD)
        self.simulator, self.row = simulator, row

    def revoke_wide(self, url: str, confirm: str) -> None:
        page = self.support.get(f"{url}revoke/").content.decode()
        digest = page.split('name="preview" value="')[1][:64]
        delete(self.support, url, fields(digest, confirm=confirm))
        assert Operation.objects.exists()

    def revoke_user(self, *, connections: int) -> None:
        counts = Counter(each.user_id for each in self.simulator.world.connections if each.mode == "live")
        user = next(user for user, count in counts.items() if count == connections)
        self.revoke_wide(f"/users/{user}/connections/", user[:8])

    def revoke_vehicle(self) -> None:
        vehicle = self.row.vehicle_id
        self.revoke_wide(f"/vehicles/{vehicle}/connections/", vehicle[:8])

    def decide(self, decision: str) -> None:
        operation = Operation.objects.get()
        assert self.lead.post(f"/approvals/{operation.pk}/", {"decision": decision}).status_code == 302


@pytest.fixture
def scene(sign_in: SignIn, simulator: Simulator, row: Connection) -> Scene:
    return Scene(sign_in, simulator, row)


def seen_gone(scene: Scene) -> str:
    revoke(scene.support, scene.row, received_at=f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}")
    return "seen_gone"


def accepted(scene: Scene) -> str:
    scene.simulator.fault("delayed-visibility", seconds=60)
    revoke(scene.support, scene.row)
    return "succeeded"


def already_gone(scene: Scene) -> str:
    digest = look(scene.support, scene.row)
    scene.simulator.disconnect(scene.row.user_id, scene.row.vehicle_id)
    send(scene.support, scene.row, digest)
    return "already_gone"


def refused(scene: Scene) -> str:
    scene.simulator.fault("validation", times=1, method="DELETE")
    revoke(scene.support, scene.row)
    return "failed"


def unknown(scene: Scene) -> str:
    scene.simulator.fault("reset", times=1, method="DELETE")
    revoke(scene.support, scene.row)
    return "unknown"


def found_applied(scene: Scene) -> str:
    scene.simulator.fault("reset-applied", times=1)
    revoke(scene.support, scene.row)
    work_when_due()
    return "seen_gone"


def found_not_applied(scene: Scene) -> str:
    unknown(scene)
    work_when_due()
    work_when_due()
    return "failed"


def superseded(scene: Scene) -> str:
    scene.simulator.fault("reset-applied", times=1)
    revoke(scene.support, scene.row)
    scene.simulator.reconnect(scene.row.user_id, scene.row.vehicle_id)
    work_when_due()
    return "superseded"


def rate_limited(scene: Scene) -> str:
    scene.simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(scene.support, scene.row)
    return "intended"


def sent_in_its_turn(scene: Scene) -> str:
    rate_limited(scene)
    work_to_the_end()
    return "seen_gone"


def needs_a_person(scene: Scene) -> str:
    unknown(scene)
    look_in_vain(scene.simulator)
    return "unknown"


def concluded(conclusion: str, state: str) -> Ending:
    def end(scene: Scene) -> str:
        needs_a_person(scene)
        given = {"conclusion": conclusion, "note": "Looked at it in Smartcar's dashboard"}
        operation = Operation.objects.get()
        scene.simulator.fault("html-200", method="GET")
        assert scene.lead.post(f"/operations/{operation.pk}/reconcile/", given).status_code == 302
        return state

    end.__name__ = f"concluded_{conclusion}"
    return end


def a_users_few(scene: Scene) -> str:
    scene.revoke_user(connections=3)
    return "seen_gone"


def a_users_few_with_one_unknown(scene: Scene) -> str:
    scene.simulator.fault("reset-applied", times=1)
    scene.revoke_user(connections=3)
    return "unknown"


def a_users_few_in_two_turns(scene: Scene) -> str:
    scene.simulator.fault("rate-limit", times=1, method="DELETE")
    scene.revoke_user(connections=3)
    work_to_the_end()
    return "seen_gone"


def awaiting_approval(scene: Scene) -> str:
    scene.revoke_vehicle()
    return "awaiting_approval"


def approved(scene: Scene) -> str:
    scene.revoke_vehicle()
    scene.decide("granted")
    return "seen_gone"


def denied(scene: Scene) -> str:
    scene.revoke_vehicle()
    scene.decide("denied")
    return "cancelled"


def expired(scene: Scene) -> str:
    scene.revoke_vehicle()
    work_when_due()
    return "cancelled"


def voided(scene: Scene) -> str:
    scene.revoke_vehicle()
    scene.simulator.reconnect(scene.row.user_id, scene.row.vehicle_id)
    scene.decide("granted")
    return "cancelled"


def withdrawn(scene: Scene) -> str:
    awaiting_approval(scene)
    scene.support.post(f"/operations/{Operation.objects.get().pk}/withdraw/")
    return "cancelled"


def purged(scene: Scene) -> str:
    url = f"/users/{scene.row.user_id}/purge/"
    digest = scene.lead.get(url).content.decode().split('name="preview" value="')[1][:64]
    given = fields(digest, reason="erasure_request", confirm=scene.row.user_id[:8])
    assert scene.lead.post(url, given).status_code == 302
    return "seen_gone"


ENDINGS: list[Ending] = [
    seen_gone,
    accepted,
    already_gone,
    refused,
    unknown,
    found_applied,
    found_not_applied,
    superseded,
    rate_limited,
    sent_in_its_turn,
    needs_a_person,
    concluded("gone", "seen_gone"),
    concluded("not_applied", "failed"),
    a_users_few,
    a_users_few_with_one_unknown,
    a_users_few_in_two_turns,
    awaiting_approval,
    approved,
    denied,
    expired,
    voided,
    withdrawn,
    purged,
]


@both_generations
@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
def test_rows_are_as_their_events_say(scene: Scene, end: Ending) -> None:
    expected = end(scene)
    operation = Operation.objects.get()
    assert operation.state == expected
    assert compare(operation.pk) is None


@both_generations
@pytest.mark.parametrize(
    "end", [seen_gone, a_users_few_with_one_unknown, approved, denied], ids=lambda end: end.__name__
)
def test_an_operation_whose_rows_were_lost_comes_back_from_the_log(scene: Scene, end: Ending) -> None:
    end(scene)
    before = kept()
    Approval.objects.all().delete()
    Item.objects.all().delete()
    Operation.objects.all().delete()
    code, said = rebuild("--check")
    assert (code, "it has no row" in said) == (1, True)
    assert rebuild()[0] == 0
    assert kept() == before
    assert rebuild("--check") == (0, "1 of 1 operations agree with their events.\n")


def test_whose_request_was_withdrawn_does_not_wait_again_when_its_rows_come_back(scene: Scene) -> None:
    vehicle = scene.row.vehicle_id
    page = scene.support.get(f"/vehicles/{vehicle}/connections/revoke/").text
    digest = page.split('name="preview" value="')[1][:64]
    given = fields(digest, confirm=vehicle[:8], received_at=f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}")
    delete(scene.support, f"/vehicles/{vehicle}/connections/", given)
    assert "Customers waiting" in scene.support.get("/").text
    operation = Operation.objects.get()
    scene.support.post(f"/operations/{operation.pk}/withdraw/")
    assert "Customers waiting" not in scene.support.get("/").text
    Item.objects.all().delete()
    Operation.objects.all().delete()
    assert rebuild()[0] == 0
    assert "Withdrawn by who asked for it." in scene.support.get(f"/operations/{operation.pk}/").text
    assert "Customers waiting" not in scene.support.get("/").text


def test_a_row_that_was_altered_is_named_and_mended(support: Client, row: Connection) -> None:
    revoke(support, row)
    operation = Operation.objects.get()
    Operation.objects.update(state="failed", seen_gone_at=None, ticket="SUP-8")
    Item.objects.update(state="failed")
    code, said = rebuild("--check")
    assert code == 1
    assert str(operation.pk) in said
    assert "state is failed and should be seen_gone" in said
    assert "ticket is SUP-8 and should be SUP-7" in said
    assert Operation.objects.get().state == "failed"
    assert rebuild()[0] == 0
    mended = Operation.objects.get()
    assert (mended.state, mended.seen_gone_at, mended.ticket) == ("seen_gone", operation.seen_gone_at, "SUP-7")
    assert Item.objects.get().state == "seen_gone"


def test_an_open_operation_that_nothing_waits_for_is_looked_at_again(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset-applied", times=1)
    revoke(support, row)
    Operation.objects.update(due_at=None)
    code, said = rebuild("--check")
    assert (code, "nothing waits for it" in said) == (1, True)
    rebuild()
    work()
    assert Operation.objects.get().state == "seen_gone"


def test_a_row_that_no_event_knows_is_named_and_left_alone(support: Client, row: Connection) -> None:
    revoke(support, row)
    invented = Operation.objects.get()
    invented.pk, invented.preview = uuid7(), _another(invented.preview)
    invented.save(force_insert=True)
    code, said = rebuild()
    assert (code, "it has no events" in said) == (1, True)
    assert len(list(every_operation())) == 2


def _another(preview: Preview) -> Preview:
    preview.pk = uuid7()
    preview.save(force_insert=True)
    return preview


def rebuild(*arguments: str) -> tuple[int, str]:
    """Exit status and what was written."""
    said = StringIO()
    try:
        call_command("operations_rebuild", *arguments, stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def kept() -> list[object]:
    """All that the events hold of the operations, their connections and their decisions."""
    left_out = {"due_at", "looks", "failure", "leased_until", "id"}
    operations = [
        {name: value for name, value in each.items() if name not in left_out} for each in Operation.objects.values()
    ]
    items = list(Item.objects.order_by("position").values_list("operation_id", "position", "user_id", "state"))
    decisions = list(Approval.objects.order_by("seq").values_list("operation_id", "approver_name", "decision", "at"))
    return [operations, items, decisions]


@both_generations
def test_comparing_holds_up_nobody_and_waits_for_nobody(support: Client, row: Connection) -> None:
    revoke(support, row)
    with locked():
        call_command("operations_rebuild", check=True)
