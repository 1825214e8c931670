"""Exports of the audit log: what will be in one, its file, and how far the file has come."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from connections.audit import archived
from connections.audit.counting import counted
from connections.audit.delivery import NotExported
from connections.audit.export_run import TooManyAtOnce, delivered, kept, prepare_for, selection_of, standing
from connections.forms.audit import ExportForm
from connections.http import DashboardRequest, actor_of, allow, render_page, requires
from connections.models import AuditExport
from connections.permissions import Permission, audit_actors_visible_to
from connections.queries.export_words import FORMATS, export_page, file_name, file_type, in_words, words_of


@allow("GET", "HEAD", "POST")
@requires(Permission.EXPORT_AUDIT)
def audit_export(request: DashboardRequest) -> HttpResponse:
    """GET shows what will be exported, for HTMX only how many events; POST prepares it."""
    form = ExportForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return _choice(request, form, status=422)
    return _prepared(request, form) if request.method == "POST" else _choice(request, form)


@allow("GET", "HEAD")
@requires(Permission.EXPORT_AUDIT)
def audit_export_detail(request: DashboardRequest, export_id: UUID) -> HttpResponse:
    """One that was prepared, with its file to download; it asks again while that is under way."""
    try:
        row = _own(request, export_id)
    except NotExported as problem:
        return _not_exported(request, problem, 409)
    page = export_page(row, standing(row), selection_of(row))
    context = {"export": page, "archived": SimpleLazyObject(archived.words_on_export)}
    return render_page(request, "audit/exported.html", partial="audit/_delivery.html", context=context)


@allow("GET")
@requires(Permission.EXPORT_AUDIT)
def audit_export_file(request: DashboardRequest, export_id: UUID) -> HttpResponse:
    """The file, streamed. It is the same each time."""
    try:
        row = _own(request, export_id)
        pieces = delivered(row, actor=actor_of(request), request=request.id)
    except TooManyAtOnce as problem:
        return _not_exported(request, problem, 429)
    except NotExported as problem:
        return _not_exported(request, problem, 409)
    _hurry(request)
    response = StreamingHttpResponse(pieces, content_type=file_type(row))
    response["Content-Disposition"] = f'attachment; filename="{file_name(row)}"'
    response["X-Accel-Buffering"] = "no"  # a proxy that collects it first would keep the reader waiting
    return cast("HttpResponse", response)  # our decorators ask no more of it than both have


def _hurry(request: DashboardRequest) -> None:
    """Let gunicorn wait so long for the reader to take a piece, and no longer: it would keep a thread for ever."""
    if connection := request.META.get("gunicorn.socket"):
        connection.settimeout(settings.EXPORT_STALL_SECONDS)


def _choice(request: DashboardRequest, form: ExportForm, *, status: int = 200) -> HttpResponse:
    visible_to = audit_actors_visible_to(request.user)
    context: dict[str, Any] = {
        "form": form,
        "formats": [words_of(each.format) for each in FORMATS],
        "sees_all": visible_to is None,
    }
    if form.is_valid():
        query = urlencode(form.query())
        context |= {
            "words": in_words(form.filters()),
            "count": SimpleLazyObject(lambda: counted(form.filters(), visible_to=visible_to)),
            "count_url": f"{reverse('audit-export')}?{query}",
            "list_url": f"{reverse('audit-list')}?{query}",
            "chosen": form.chosen(),
            "archived": archived.words_on_export(),
        }
    return render_page(request, "audit/export.html", partial="audit/_export_count.html", context=context, status=status)


def _prepared(request: DashboardRequest, form: ExportForm) -> HttpResponse:
    visible_to = audit_actors_visible_to(request.user)
    try:
        row = prepare_for(
            request.user,
            form.filters(),
            form=form.chosen(),
            visible_to=visible_to,
            actor=actor_of(request),
            request=request.id,
        )
    except NotExported as problem:
        return _not_exported(request, problem, 503)
    return HttpResponseRedirect(reverse("audit-export-detail", args=[row.pk]))


def _not_exported(request: DashboardRequest, problem: Exception, status: int) -> HttpResponse:
    return render_page(request, "audit/not_exported.html", context={"why": str(problem)}, status=status)


def _own(request: DashboardRequest, export_id: UUID) -> AuditExport:
    row = kept(request.user, export_id, visible_to=audit_actors_visible_to(request.user))
    if row is None:
        raise Http404
    return row
