"""Between HTTP and the rest: who is asking, may they, and which template answers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from ipaddress import ip_address
from typing import Any, Concatenate, ParamSpec, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django_htmx.middleware import HtmxDetails

from connections import typed
from connections.audit.events import Actor, ActorKind, Auth, Event, EventType, Outcome, Status, Target, Why
from connections.audit.ledger import append
from connections.models import Staff
from connections.permissions import Permission, may

Parameters = ParamSpec("Parameters")


class DashboardRequest(HttpRequest):
    """A request after our middleware: somebody is signed in, and the request has an id."""

    user: Staff
    htmx: HtmxDetails
    id: UUID


View: TypeAlias = Callable[Concatenate[DashboardRequest, Parameters], HttpResponse]


def requires(permission: Permission) -> Callable[[View[Parameters]], View[Parameters]]:
    """Let only those pass who may; a refusal is recorded and answered with 403."""

    def decorate(view: View[Parameters]) -> View[Parameters]:
        @wraps(view)
        def guarded(request: DashboardRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
            if not may(request.user, permission):
                return refuse(request, permission)
            return view(request, *args, **kwargs)

        vars(guarded)["required_permission"] = permission  # the test of all URLs reads it
        return guarded

    return decorate


def allow(*methods: str) -> Callable[[View[Parameters]], View[Parameters]]:
    """Answer other methods with 405 and a page that says so."""

    def decorate(view: View[Parameters]) -> View[Parameters]:
        @wraps(view)
        def guarded(request: DashboardRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
            if request.method in methods:
                return view(request, *args, **kwargs)
            response = render(request, "405.html", status=405)
            response["Allow"] = ", ".join(methods)
            return response

        vars(guarded)["allowed_methods"] = methods  # the test of all URLs reads it
        return guarded

    return decorate


def keeps_typed(*fields: str) -> Callable[[View[Parameters]], View[Parameters]]:
    """Who must sign in before they can send this page's form finds these fields as they were. No passwords."""
    return _marked(kept_fields=fields)


def form_at(name: str, *arguments: str) -> Callable[[View[Parameters]], View[Parameters]]:
    """The page with the form that is sent here, and which of this URL's arguments its own takes."""
    return _marked(form_page=(name, arguments))


def _marked(**marks: Any) -> Callable[[View[Parameters]], View[Parameters]]:
    def decorate(view: View[Parameters]) -> View[Parameters]:
        vars(view).update(marks)
        return view

    return decorate


def form_page(request: HttpRequest) -> str:
    """Where the form stands that this request sends; the overview for what is sent from everywhere."""
    match = request.resolver_match
    if match is None:
        return "/"
    marks = vars(match.func)
    if "form_page" in marks:
        name, arguments = marks["form_page"]
        return reverse(name, kwargs={each: match.kwargs[each] for each in arguments})
    return request.path if "GET" in marks.get("allowed_methods", ("GET",)) else "/"


def keep_typed(request: HttpRequest, page: str) -> bool:
    """Keep what this request sends of the form of that page; whether there was anything. Raises `Resolver404`."""
    names = vars(resolve(urlsplit(page).path).func).get("kept_fields", ())
    fields = body_fields(request)
    return typed.keep(request, page, {name: str(fields[name]) for name in names if name in fields})


def kept_at(request: HttpRequest, page: str) -> str:
    """The page, where what was typed now waits for the person, whatever the answer to this request is."""
    if keep_typed(request, page):
        request.session.save()  # Django itself does not with an answer of 502
    return page


def refuse(request: DashboardRequest, permission: str) -> HttpResponse:
    """Record that somebody asked for what they may not do, and say so."""
    record_refusal(request, reason=permission, http=403)
    return render(request, "403.html", {"permission": permission}, status=403)


def record_refusal(
    request: DashboardRequest,
    *,
    reason: str,
    http: int,
    target: Target | None = None,
    operation: UUID | None = None,
    note: str | None = None,
) -> None:
    """Append `access.refused`, with the note that came along if there is one; raises `NotRecorded`."""
    append(
        Event(
            type=EventType.ACCESS_REFUSED,
            actor=actor_of(request),
            target=target,
            why=Why(reason=reason, note=note),
            outcome=Outcome(status=Status.REFUSED, http=http),
            operation=operation,
            request=request.id,
        )
    )


def actor_of(request: DashboardRequest) -> Actor:
    """The person behind this request, as the audit log keeps them."""
    staff = request.user
    return Actor(
        kind=ActorKind.STAFF,
        id=str(staff.pk),
        name=staff.display_name(),
        roles=staff.role_names(),
        session=session_hash(request),
        auth=_auth(request),
        ip=client_address(request),
        user_agent=user_agent(request),
    )


def stranger(request: HttpRequest | None, name: str | None) -> Actor:
    """Whoever says this name and has not shown that it is theirs; the name is kept erasable, and cut."""
    return Actor(
        kind=ActorKind.ANONYMOUS,
        name=(name or "")[:150] or None,
        ip=client_address(request) if request else None,
        user_agent=user_agent(request) if request else None,
    )


def session_hash(request: HttpRequest) -> str | None:
    """A keyed hash that ties together the events of one session without giving away its cookie."""
    key = request.session.session_key
    return salted_hmac("connections.session", key, algorithm="sha256").hexdigest()[:32] if key else None


def client_address(request: HttpRequest) -> str | None:
    """
    The IP address that the outermost of our own proxies saw (`TRUSTED_PROXIES`), or that of who connects to us.

    A request with fewer entries in X-Forwarded-For has not come through them,
    and what is no address is nobody's: both get the address that connects.
    """
    connecting = _address(request.META.get("REMOTE_ADDR", ""))
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    if not 0 < settings.TRUSTED_PROXIES <= len(seen):
        return connecting
    return _address(seen[-settings.TRUSTED_PROXIES]) or connecting


def _address(text: str) -> str | None:
    """Without the zone of a link-local one, which databases do not take; None for what is none."""
    try:
        return str(ip_address(text.strip().partition("%")[0]))
    except ValueError:
        return None


def user_agent(request: HttpRequest) -> str | None:
    return request.headers.get("User-Agent", "")[:200] or None


def signed_in_recently(request: DashboardRequest) -> bool:
    """Whether this person proved who they are within the time the policy allows."""
    auth = _auth(request)
    age = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    return auth is not None and auth.at is not None and datetime.now(UTC) - auth.at < age


def _auth(request: DashboardRequest) -> Auth | None:
    records = get_authentication_records(request, request.user)
    if not records:
        return None
    last = records[-1]
    # Zero where nobody knows: the OpenID provider did not say when.
    at = float(last["at"])
    return Auth(method=str(last["method"]), at=datetime.fromtimestamp(at, UTC) if at else None)


def render_page(
    request: DashboardRequest,
    template: str,
    *,
    partial: str | None = None,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The page, or for HTMX only its partial: same URL, same context, so caches are told what it varies on."""
    name = partial if partial and request.htmx and not request.htmx.boosted else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def body_fields(request: HttpRequest) -> QueryDict:
    """Form fields from the body of any method: Django itself reads them for POST only."""
    if request.method == "POST":
        return request.POST
    return QueryDict(request.body, encoding="utf-8")
