"""The audit log: its pages, and one event. Reading it is recorded as well."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from connections.audit import archived, browse
from connections.audit.activity import activity
from connections.audit.counting import counted
from connections.audit.events import Event, EventType, Found, Target, TargetKind
from connections.audit.ledger import append
from connections.audit.patience import TookTooLong
from connections.forms.audit import OUTCOMES, TYPES, AuditFilterForm
from connections.http import DashboardRequest, actor_of, allow, render_page, requires
from connections.models import SavedSearch
from connections.permissions import Permission, audit_actors_visible_to, may
from connections.queries.activity_plot import EVENT_WORDS, plot_of


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
    record_viewed(request, Found.of((entry.seq for entry in page.entries), search=str(filters) or None))
    return _list(request, form, page, pushed_url=_url("audit-list", form, before=before, after=after))


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_count(request: DashboardRequest) -> HttpResponse:
    """How many events a search finds, which its page asks for once it is there."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return HttpResponse("", status=422)
    count = counted(form.filters(), visible_to=audit_actors_visible_to(request.user))
    return render_page(request, "audit/_count.html", context={"count": count})


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_activity(request: DashboardRequest) -> HttpResponse:
    """How much was done on each day, and how it ended, as a plot and in figures."""
    form = AuditFilterForm(request.GET)
    context = {"form": form, "list_url": reverse("audit-list")}
    if not form.is_valid():
        return render_page(request, "audit/activity.html", context=context, status=422)
    context["list_url"] = _url("audit-list", form)
    try:
        found = activity(form.filters(), visible_to=audit_actors_visible_to(request.user))
    except TookTooLong:
        return render_page(request, "audit/activity.html", context=context | {"took_too_long": True})
    record_viewed(request, Found(count=found.total, search=str(form.filters()) or None))
    plot = plot_of(found.days, EVENT_WORDS, lambda day: _url("audit-list", form, since=day, until=day))
    return render_page(request, "audit/activity.html", context=context | {"activity": found, "plot": plot})


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_event(request: DashboardRequest, sequence: int) -> HttpResponse:
    """One event with all that was recorded of it, and the very text that was hashed."""
    visible_to = audit_actors_visible_to(request.user)
    found = browse.event(sequence, visible_to=visible_to)
    if found is None:
        return _archived_or_404(request, sequence)
    record_viewed(request, Found.of([sequence]), Target(kind=TargetKind.AUDIT, id=str(sequence)))
    context = {
        "found": found,
        "entry": found.entry,
        "stages": zip(
            (gettext("Before"), gettext("After")), browse.stages_beside(found, visible_to=visible_to), strict=True
        ),
    }
    return render_page(request, "audit/event.html", context=context | {"sees_all": visible_to is None})


def _archived_or_404(request: DashboardRequest, sequence: int) -> HttpResponse:
    """There was such an event, and where it is now."""
    tombstone = archived.covering(sequence)
    if tombstone is None:
        raise Http404
    sees_all = audit_actors_visible_to(request.user) is None
    context = {"sequence": sequence, "tombstone": tombstone, "sees_all": sees_all}
    return render_page(request, "audit/archived.html", context=context, status=404)


def record_viewed(request: DashboardRequest, found: Found, target: Target | None = None) -> None:
    append(
        Event(
            type=EventType.AUDIT_VIEWED,
            actor=actor_of(request),
            target=target,
            found=found,
            request=request.id,
        )
    )


def _list(
    request: DashboardRequest, form: AuditFilterForm, page: browse.EntryPage, *, pushed_url: str, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "page": page,
        "newest_url": _url("audit-list", form),
        "older_url": _url("audit-list", form, before=page.older) if page.older else "",
        "newer_url": _url("audit-list", form, after=page.newer) if page.newer else "",
        "count_url": _url("audit-count", form),
        "activity_url": _url("audit-activity", form),
        "export_url": _url("audit-export", form) if may(request.user, Permission.EXPORT_AUDIT) else "",
        "query": urlencode(form.query()),
        "types": TYPES,
        "outcomes": OUTCOMES,
        "archived": None if page.older else archived.newest(),
        "saved": SavedSearch.objects.filter(staff=request.user).order_by("name"),
        "may_review": may(request.user, Permission.VERIFY_AUDIT),
        "sees_all": audit_actors_visible_to(request.user) is None,
    }
    response = render_page(request, "audit/list.html", partial="audit/_results.html", context=context, status=status)
    if request.htmx:
        response["HX-Push-Url"] = pushed_url
    return response


def _url(name: str, form: AuditFilterForm, **place: int | str | None) -> str:
    """The same search at a place of the log, without the fields that are empty."""
    query = form.query() | {name: str(value) for name, value in place.items() if value is not None}
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)
