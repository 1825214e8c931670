"""People, cars and what they share with the application, drawn from a seed: the same seed draws the same."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from connections.simulator.catalogue import EXTRAS, MODELS, POWERTRAINS, PURPOSES, grantable
from connections.simulator.rows import Connection, UserAttributes
from connections.simulator.wire import Pair

_DAY_MS = 24 * 3600 * 1000
# A fixed day, because a world that depends on today's date is not the same world tomorrow.
_NEWEST_MS = int(datetime(2026, 11, 20, 18, tzinfo=UTC).timestamp()) * 1000
_SPAN_MS = 3 * 365 * _DAY_MS
_OLD_ROWS_END_MS = _NEWEST_MS - _SPAN_MS + 60 * _DAY_MS
_UPDATED_WITHIN_MS = 120 * _DAY_MS

# How often rows are of a kind, each often enough for a hundred rows to show it.
_EXTERNAL_ID = 0.3
_SHARED_CAR = 0.1
_UPPER_CASE_MAKE = 0.6
_YEAR_AS_TEXT = 0.05
_WITHOUT_MILLISECONDS = 0.1
_USER_ATTRIBUTES = (70, 10, 5, 15)  # weights in the order of `UserAttributes`


@dataclass(frozen=True, slots=True)
class Owner:
    user_id: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Car:
    vehicle_id: str
    mode: str
    make: str
    model: str
    year: int
    powertrain: str


class Seeding:
    """Draws rows one after another; later draws depend on earlier ones, so order matters."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def rows(self, connections: int, users: int | None = None) -> Iterator[Connection]:
        """Rows in no particular order: each owner at least one while they last, no pair twice."""
        owners = [self.owner() for _ in range(self._owner_count(connections, users))]
        cars: list[Car] = []
        taken: set[Pair] = set()
        for number in range(connections):
            owner = owners[number] if number < len(owners) else self._owner_with_several(owners)
            car = self._shared_or_new(cars, owner, taken)
            taken.add((owner.user_id, car.vehicle_id))
            yield self.row(owner, car, self._connected_ms())

    def owner(self) -> Owner:
        external_id = f"crm-{self._random.randrange(1000, 999_999)}" if self._happens(_EXTERNAL_ID) else None
        return Owner(self._uuid(), external_id)

    def car(self, mode: str | None = None) -> Car:
        mode = mode or self._random.choices(("live", "simulated", "test"), (88, 10, 2))[0]
        if mode == "simulated":
            powertrain = self._random.choice(POWERTRAINS)
            year = self._random.randint(2018, 2026)
            return Car(self._uuid(), mode, "Simulated", powertrain, year, powertrain)
        model = self._random.choice(MODELS)
        make = model.make if self._happens(_UPPER_CASE_MAKE) else _as_written(model.make)
        year = self._random.randint(model.first_year, model.last_year)
        return Car(self._uuid(), mode, make, model.name, year, model.powertrain)

    def row(self, owner: Owner, car: Car, connected_ms: int) -> Connection:
        return Connection(
            connection_id=self._uuid(),
            user_id=owner.user_id,
            vehicle_id=car.vehicle_id,
            connected_ms=connected_ms,
            updated_ms=max(connected_ms, min(_NEWEST_MS, connected_ms + self._random.randrange(_UPDATED_WITHIN_MS))),
            mode=car.mode,
            make=car.make,
            model=car.model,
            year=car.year,
            powertrain=car.powertrain,
            permissions=self._permissions(car.powertrain),
            external_id=owner.external_id,
            is_old=connected_ms < _OLD_ROWS_END_MS and car.mode == "live",
            year_is_text=self._happens(_YEAR_AS_TEXT),
            user_attributes=self._random.choices(tuple(UserAttributes), _USER_ATTRIBUTES)[0],
            has_milliseconds=not self._happens(_WITHOUT_MILLISECONDS),
        )

    def connection_id(self) -> str:
        return self._uuid()

    def _owner_count(self, connections: int, users: int | None) -> int:
        return max(1, min(connections, users if users is not None else connections * 2 // 3))

    def _owner_with_several(self, owners: list[Owner]) -> Owner:
        # Squaring favours the first few: some people have a fleet, most have a second car.
        return owners[int(len(owners) * self._random.random() ** 2)]

    def _shared_or_new(self, cars: list[Car], owner: Owner, taken: set[Pair]) -> Car:
        if cars and self._happens(_SHARED_CAR):
            shared = self._random.choice(cars)
            if (owner.user_id, shared.vehicle_id) not in taken:
                return shared
        cars.append(self.car())
        return cars[-1]

    def _connected_ms(self) -> int:
        # An application grows: squaring makes recent connections more frequent than old ones.
        return _NEWEST_MS - int(_SPAN_MS * self._random.random() ** 2)

    def _permissions(self, powertrain: str) -> tuple[str, ...]:
        wanted = [*PURPOSES[self._random.choice(tuple(PURPOSES))], *self._random.sample(EXTRAS, 2)]
        granted = {permission for permission in wanted if grantable(permission, powertrain)}
        return ("read_vehicle_info", *sorted(granted))

    def _happens(self, share: float) -> bool:
        return self._random.random() < share

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def _as_written(make: str) -> str:
    return make if make in ("BMW", "KIA") else make.capitalize()
