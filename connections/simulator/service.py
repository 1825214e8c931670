"""One request from arrival to answer: faults, route, credentials, rate limit, deed, journal. No sockets."""

from dataclasses import dataclass, replace

from connections.simulator import iam, journal, management, vehicle
from connections.simulator.bucket import Bucket
from connections.simulator.cursors import CursorSeal
from connections.simulator.errors import Kind, Refusal, refusal_answer
from connections.simulator.fault_board import ActiveFault, FaultBoard
from connections.simulator.faults import Delivery
from connections.simulator.journal import Entry, Journal
from connections.simulator.turn import Turn
from connections.simulator.wire import Answer, Generation, Request
from connections.simulator.world import World

_UNANSWERED = (Delivery.HANG, Delivery.RESET, Delivery.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An answer, and how it is to be sent."""

    answer: Answer
    delivery: Delivery = Delivery.WHOLE
    seconds: float = 0


class Service:
    """All that is remembered, behind one lock: two deletes never see the same connection."""

    def __init__(self, *, world: World, bucket: Bucket, gate: iam.Gate, seal: CursorSeal) -> None:
        self.lock = world.lock
        self.world = world
        self.bucket = bucket
        self.gate = gate
        self.board = FaultBoard()
        self.journal = Journal()
        self.unscoped_deletes = 0
        self._seal = seal

    def serve(self, request: Request) -> Served:
        with self.lock:
            met = self.board.met_by(request)
            spoiling = next((active for active in met if not active.fault.is_twist), None)
            done = self._answer(request, met, applies=spoiling is None or spoiling.fault.applies)
            served = _spoiled(done, request, spoiling)
            self._record(request, served, met)
            return served

    def reset(self) -> None:
        with self.lock:
            self.world.restore()
            self.board.clear()
            self.journal.clear()
            self.bucket.fill()
            self.unscoped_deletes = 0

    def _answer(self, request: Request, met: list[ActiveFault], *, applies: bool) -> Answer:
        twists = {active.fault.name: active.seconds for active in met if active.fault.is_twist}
        turn = Turn(request=request, world=self.world, applies=applies, twists=twists)
        if _is_unscoped_delete(request):
            self.unscoped_deletes += 1
        try:
            return self._answers[request.generation](self, turn)
        except Refusal as refusal:
            return refusal_answer(refusal, request)

    def _management(self, turn: Turn) -> Answer:
        management.route(turn.request)
        self.gate.admit_management(turn.request)
        self._spend()
        return management.answer(turn, self._seal)

    def _vehicle(self, turn: Turn) -> Answer:
        vehicle.route(turn.request)
        self.gate.admit_bearer(turn.request)
        self._spend()
        return vehicle.answer(turn)

    def _token(self, turn: Turn) -> Answer:
        iam.route(turn.request)
        self.gate.admit_client(turn.request)
        self._spend()
        return self.gate.mint()

    _answers = {Generation.V2: _management, Generation.V3: _vehicle, Generation.TOKEN: _token}

    def _spend(self) -> None:
        if not self.bucket.take():
            raise Refusal(Kind.RATE_LIMIT)

    def _record(self, request: Request, served: Served, met: list[ActiveFault]) -> None:
        self.journal.add(
            Entry(
                time=journal.now(),
                method=request.method,
                path=request.path,
                query=request.query,
                generation=request.generation,
                status=None if served.delivery in _UNANSWERED else served.answer.status,
                request_id=request.id,
                applied=bool(served.answer.removed),
                removed=served.answer.removed,
                faults=tuple(active.fault.name for active in met),
            )
        )


def _is_unscoped_delete(request: Request) -> bool:
    is_v3 = request.generation is Generation.V3
    return vehicle.is_unscoped_delete(request) if is_v3 else management.is_unscoped_delete(request)


def _spoiled(done: Answer, request: Request, active: ActiveFault | None) -> Served:
    if active is None:
        return Served(answer=done)
    answer = active.fault.change(done, request, active.seconds) if active.fault.change else done
    return Served(answer=replace(answer, removed=done.removed), delivery=active.fault.delivery, seconds=active.seconds)
