"""The audit log: its pages, and one event. Reading it is recorded as well."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse

from connections.audit import browse
from connections.audit.events import Event, EventType, Found, Target, TargetKind
from connections.audit.ledger import append
from connections.audit_forms import AuditFilterForm
from connections.http import DashboardRequest, actor_of, allow, render_page, requires
from connections.permissions import Permission, audit_actors_visible_to


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_list(request: DashboardRequest) -> HttpResponse:
    """Events newest first; for HTMX only the results."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return _list(request, form, browse.EntryPage(entries=()), pushed_url="false", status=422)
    filters, visible_to = form.filters(), audit_actors_visible_to(request.user)
    before, after = form.cleaned_data["before"], form.cleaned_data["after"]
    page = browse.page(filters, visible_to=visible_to, before=before, after=after)
    _record_viewed(request, Found.of((entry.seq for entry in page.entries), search=str(filters) or None))
    return _list(request, form, page, pushed_url=_url(form, before=before, after=after))


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_event(request: DashboardRequest, sequence: int) -> HttpResponse:
    """One event with all that was recorded of it, and the very text that was hashed."""
    found = browse.event(sequence, visible_to=audit_actors_visible_to(request.user))
    if found is None:
        raise Http404
    _record_viewed(request, Found.of([sequence]), Target(kind=TargetKind.AUDIT, id=str(sequence)))
    return render_page(request, "audit/event.html", context={"found": found, "entry": found.entry})


def _list(
    request: DashboardRequest, form: AuditFilterForm, page: browse.EntryPage, *, pushed_url: str, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "page": page,
        "newest_url": _url(form),
        "older_url": _url(form, before=page.older) if page.older else "",
        "newer_url": _url(form, after=page.newer) if page.newer else "",
        "sees_all": audit_actors_visible_to(request.user) is None,
    }
    response = render_page(request, "audit/list.html", partial="audit/_results.html", context=context, status=status)
    if request.htmx:
        response["HX-Push-Url"] = pushed_url
    return response


def _url(form: AuditFilterForm, **place: int | None) -> str:
    """The same search at a place of the log, without the fields that are empty."""
    query = form.query() | {name: str(seq) for name, seq in place.items() if seq is not None}
    return f"{reverse('audit-list')}?{urlencode(query)}" if query else reverse("audit-list")


def _record_viewed(request: DashboardRequest, found: Found, target: Target | None = None) -> None:
    append(
        Event(
            type=EventType.AUDIT_VIEWED,
            actor=actor_of(request),
            target=target,
            found=found,
            request=request.id,
        )
    )
