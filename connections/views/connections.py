"""The table, and one connection."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect

from connections import times
from connections.audit import archived
from connections.audit.events import Event, EventType, Found, Target, TargetKind
from connections.audit.ledger import append
from connections.forms.connections import ConnectionFilterForm
from connections.gateway import can_purge
from connections.http import DashboardRequest, actor_of, allow, form_at, render_page, requires
from connections.models import Operation
from connections.permissions import Permission, may
from connections.queries import detail, table
from connections.queries.operations import operations_on, operations_on_connection_id, summary_of
from connections.queries.permission_words import grouped
from connections.queries.places import Place, place_of, wide_place
from connections.queries.trail import reads_all_events, trail_of
from connections.revocations.scope import target_of_connection
from connections.smartcar.errors import SmartcarError, Unsupported
from connections.smartcar.types import Connection, Filters, PairScope, Purge, UserScope, VehicleScope
from connections.views.errors import smartcar_failed
from connections.views.find import lead
from connections.views.revocations import revoke, scope_or_404

RESULTS = "results"


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
def connection_list(request: DashboardRequest) -> HttpResponse:
    """The table; for HTMX only its results. A text in `q` leads to what it is about."""
    text = request.GET.get("q", "").strip()
    if text:
        return lead(request, text)
    form = ConnectionFilterForm(request.GET)
    if not form.is_valid():
        return _table(request, form, None, status=422)
    filters, limit = form.filters(), int(form.cleaned_data["limit"])
    try:
        page, connections = table.connection_page(filters, limit=limit, token=form.cleaned_data["cursor"])
    except SmartcarError as problem:
        return smartcar_failed(request, problem, into=RESULTS)
    _record_listed(request, filters, connections)
    return _table(request, form, page)


def _table(
    request: DashboardRequest,
    form: ConnectionFilterForm,
    page: table.ConnectionPage | None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "page": page,
        "rows": page.rows if page else (),
        "can_revoke": may(request.user, Permission.REVOKE_CONNECTION),
        "wide": wide_place(page.filters) if page else None,
        "purge": _purge_place(request, page.filters) if page else None,
    }
    response = render_page(
        request, "connections/list.html", partial="connections/_results.html", context=context, status=status
    )
    if request.htmx and status != 200:
        response["HX-Push-Url"] = "false"
    return response


def _purge_place(request: DashboardRequest, filters: Filters) -> Place | None:
    """Offered to those who may, on the table of one user, where v3 credentials allow it."""
    if not filters.user_id or filters.vehicle_id or not can_purge() or not may(request.user, Permission.REVOKE_WIDE):
        return None
    return place_of(Purge(filters.user_id))


@allow("GET", "HEAD", "DELETE")
@requires(Permission.VIEW_CONNECTION)
@form_at("connection-revoke", "user_id", "vehicle_id")
def connection_detail(request: DashboardRequest, user_id: UUID, vehicle_id: UUID) -> HttpResponse:
    """One connection; DELETE revokes exactly it."""
    pair = pair_or_404(user_id, vehicle_id)
    if request.method == "DELETE":
        return revoke(request, pair)
    try:
        found = detail.detail_of_pair(pair, request.GET.get("mode"))
    except SmartcarError as problem:
        return smartcar_failed(request, problem)
    if found is None:
        return _gone(request, operations_on(pair))
    return _detail(request, found)


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
def connection_by_id(request: DashboardRequest, connection_id: UUID) -> HttpResponse:
    """The same page, found by v3 connection id."""
    try:
        found = detail.detail_of_connection(connection_id)
    except Unsupported:
        found = None
    except SmartcarError as problem:
        return smartcar_failed(request, problem)
    if found is None:
        return _gone(request, operations_on_connection_id(connection_id))
    return _detail(request, found)


@allow("GET", "HEAD", "DELETE")
@requires(Permission.VIEW_CONNECTION)
@form_at("user-revoke", "user_id")
def user_connections(request: DashboardRequest, user_id: UUID) -> HttpResponse:
    """All of a user's connections: the table, filtered; DELETE revokes them all."""
    if request.method == "DELETE":
        return revoke(request, scope_or_404(UserScope, user_id))
    return HttpResponseRedirect(table.narrowed_url(user_id=user_id, mode=request.GET.get("mode")))


@allow("GET", "HEAD", "DELETE")
@requires(Permission.VIEW_CONNECTION)
@form_at("vehicle-revoke", "vehicle_id")
def vehicle_connections(request: DashboardRequest, vehicle_id: UUID) -> HttpResponse:
    """All of a vehicle's connections: the table, filtered; DELETE revokes it for all users."""
    if request.method == "DELETE":
        return revoke(request, scope_or_404(VehicleScope, vehicle_id))
    return HttpResponseRedirect(table.narrowed_url(vehicle_id=vehicle_id, mode=request.GET.get("mode")))


def pair_or_404(user_id: UUID, vehicle_id: UUID) -> PairScope:
    """The nil UUID names nobody."""
    try:
        return PairScope(user_id, vehicle_id)
    except ValueError as problem:
        raise Http404 from problem


def _detail(request: DashboardRequest, found: detail.Detail) -> HttpResponse:
    connection, now = found.connection, datetime.now(UTC)
    _record_viewed(request, target_of_connection(connection))
    others = {
        "user": None if found.others_of_user is None else table.rows_of(found.others_of_user, now),
        "vehicle": None if found.others_of_vehicle is None else table.rows_of(found.others_of_vehicle, now),
    }
    context = {
        "connection": connection,
        "row": table.rows_of((connection,), now)[0],
        "updated": times.exact(connection.updated_at) if connection.updated_at else "",
        "permissions": None if connection.permissions is None else grouped(connection.permissions),
        "others": others,
        "all_of_user_url": table.narrowed_url(user_id=connection.user_id, mode=connection.mode),
        "all_of_vehicle_url": table.narrowed_url(vehicle_id=connection.vehicle_id, mode=connection.mode),
        "details_missing": found.details_missing,
        "trail": trail_of(connection.pair, request.user),
        "archived": archived.words(),
        "reads_all_events": reads_all_events(request.user),
        "can_revoke": may(request.user, Permission.REVOKE_CONNECTION),
    }
    return render_page(request, "connections/detail.html", context=context)


def _gone(request: DashboardRequest, operations: tuple[Operation, ...]) -> HttpResponse:
    """Smartcar does not list it. If we had to do with it, say what we did; otherwise nobody knows it."""
    if not operations:
        raise Http404
    last = operations[0]
    pair = pair_or_404(last.user_id or UUID(int=0), last.vehicle_id or UUID(int=0))
    _record_viewed(request, Target(kind=TargetKind.CONNECTION, user=pair.user_id, vehicle=pair.vehicle_id))
    context = {"operation": summary_of(last), "pair": pair, "trail": trail_of(pair, request.user)}
    context["archived"] = archived.words()
    context["reads_all_events"] = reads_all_events(request.user)
    return render_page(request, "connections/gone.html", context=context)


def _record_listed(request: DashboardRequest, filters: Filters, connections: tuple[Connection, ...]) -> None:
    asked = {"user_id": filters.user_id, "vehicle_id": filters.vehicle_id, "mode": filters.mode}
    query = {name: str(value) for name, value in asked.items() if value is not None}
    kind = TargetKind.USER if filters.user_id else TargetKind.VEHICLE
    narrowed = Target(kind=kind, user=filters.user_id, vehicle=filters.vehicle_id)
    append(
        Event(
            type=EventType.CONNECTION_LISTED,
            actor=actor_of(request),
            target=narrowed if filters.user_id or filters.vehicle_id else None,
            found=Found.of((f"{each.user_id}/{each.vehicle_id}" for each in connections), query),
            request=request.id,
        )
    )


def _record_viewed(request: DashboardRequest, target: Target) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=actor_of(request), target=target, request=request.id))
