"""
Faults of every kind, mixed by a seed: each operation ends in the state that is true of the world.

Every deed has a user of its own, a fault or several on its DELETE, perhaps one
on the reads after it, and perhaps an owner who connects again or disconnects
meanwhile. What is expected is not computed from the fault but read from the
simulator: which connections are there at the end.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Item, Operation, State
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.faults.settling import (
    Pair,
    assert_all_is_true,
    assert_nothing_was_sent_twice_without_a_read,
    assert_sent_only_what_was_committed,
    work_a_turn,
    work_until_nothing_is_due,
)
from tests.faults.subjects import SCOPES, Subject
from tests.marks import both_generations
from tests.people import SignIn

# Less than the pause after the first look, so that the second sees what the first could not.
_VISIBLE = 1.2
_TIMEOUT = 0.4
_BATCH = 25
SPOILING = (
    *("reset", "reset-applied", "closed", "closed-applied", "hang", "hang-applied", "drip", "drip-applied"),
    *("truncated", "truncated-applied", "server-error", "server-error-applied", "html", "html-applied"),
    *("html-200", "html-200-applied", "empty-body", "empty-body-applied", "unparsable", "unparsable-applied"),
    *("rate-limit", "rate-limit-seconds", "rate-limit-date", "plain-text", "redirect", "huge-applied"),
    *("validation", "billing", "not-found", "empty-401"),
)
TWISTS = (*["delayed-visibility"] * 3, "deleted-but-empty", "extra-pair", "missing-pair")
READS = ("reset", "server-error", "html", "empty-body", "rate-limit", "truncated", "cursor-expired")


@dataclass
class Campaign:
    """Deeds under faults, and what is to be known about them afterwards."""

    simulator: Simulator
    client: Client
    second_person: Client
    settings: LazySettings
    chance: random.Random
    before: dict[Pair, str] = field(default_factory=dict)
    renewed: dict[Pair, str] = field(default_factory=dict)
    by_owner: set[str] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """One deed from the look to its answer, and what its owner does meanwhile."""
        subject = self.chance.choice(SCOPES)(self.simulator)
        self._wait_while_smartcar_wants_a_pause(subject)
        filled_in = subject.look(self.client)
        self.before |= subject.ids
        self._owner_acts(subject, "before", likely=0.08)
        self._set_faults()
        # Only here, since a slow machine may take longer to answer what is to be answered.
        usual, self.settings.SMARTCAR_TIMEOUT_SECONDS = self.settings.SMARTCAR_TIMEOUT_SECONDS, _TIMEOUT
        subject.send(self.client, filled_in)
        self._grant_what_waits()
        self.settings.SMARTCAR_TIMEOUT_SECONDS = usual
        self.simulator.clear()
        self._owner_acts(subject, "after", likely=0.25)

    def _wait_while_smartcar_wants_a_pause(self, subject: Subject) -> None:
        """A 429 of Smartcar's own holds off pages too."""
        while (answer := self.client.get(f"{subject.url}{subject.form}")).status_code == HTTPStatus.TOO_MANY_REQUESTS:
            time.sleep(float(answer["Retry-After"]))

    def _grant_what_waits(self) -> None:
        for operation in Operation.objects.filter(state=State.AWAITING_APPROVAL):
            self.second_person.post(f"/approvals/{operation.pk}/", {"decision": "granted"})

    def settle(self) -> None:
        """Let the workers end it, the first of their reads under faults too."""
        if self.chance.random() < 0.5:
            fault = self._pick(READS)
            self.simulator.fault(fault, times=self.chance.randint(1, 6), method="GET")
        work_a_turn()
        time.sleep(_VISIBLE + 0.05)
        work_until_nothing_is_due()
        self.simulator.clear()

    def _set_faults(self) -> None:
        if self.chance.random() < 0.85:
            # A second strike meets the next connection of the same user, or a second sending.
            times = self.chance.choice([1, 1, 1, 2])
            self.simulator.fault(self._pick(SPOILING), times=times, method="DELETE", seconds=1)
        if self.chance.random() < 0.4:
            self.simulator.fault(self._pick(TWISTS), times=1, method="DELETE", seconds=_VISIBLE)
        if self.chance.random() < 0.15:
            self.simulator.fault(self._pick(("reset", "server-error")), times=1, method="GET")

    def _pick(self, names: tuple[str, ...]) -> str:
        name = self.chance.choice(names)
        self.met[name] += 1
        return name

    def _owner_acts(self, subject: Subject, when: str, *, likely: float) -> None:
        for row in subject.rows:
            if self.chance.random() > likely:
                continue
            act = self.chance.choice(["re-connected", "disconnected"])
            self.met[f"{act} {when}"] += 1
            if when == "after" and _has_failed(row):
                self.by_owner.add(row.connection_id)
            if act == "re-connected":
                self.renewed[row.pair] = self.simulator.reconnect(*row.pair).connection_id
            else:
                self.simulator.disconnect(*row.pair)
                self.renewed.pop(row.pair, None)


def _has_failed(row: Connection) -> bool:
    """Surely not applied: what its owner does now does not make that untrue."""
    return Item.objects.filter(user_id=row.user_id, vehicle_id=row.vehicle_id, state=State.FAILED).exists()


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 23))])
@both_generations
def test_every_operation_ends_as_the_world_is(
    seed: int, sign_in: SignIn, simulator: Simulator, settings: LazySettings
) -> None:
    people = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    campaign = Campaign(simulator, *people, settings, random.Random(seed))
    for _ in range(2):
        for _ in range(_BATCH // 2 + 1):
            campaign.strike()
        campaign.settle()
    _assert_no_new_consent_was_touched(campaign)
    assert_all_is_true(simulator, campaign.before, by_owner=campaign.by_owner)
    assert_sent_only_what_was_committed(simulator)
    assert_nothing_was_sent_twice_without_a_read(simulator, campaign.before)
    print(f"{Operation.objects.count()} operations, {Item.objects.count()} connections, {dict(campaign.met)}")  # noqa: T201 - figures for the closing note, shown with -s


def _assert_no_new_consent_was_touched(campaign: Campaign) -> None:
    there = {row.pair: row.connection_id for row in campaign.simulator.world.connections}
    assert {pair: there.get(pair) for pair in campaign.renewed} == campaign.renewed
