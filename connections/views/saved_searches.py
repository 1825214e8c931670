"""Searches of the audit log that a person named."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from connections.forms.audit import SavedSearchForm
from connections.http import DashboardRequest, allow, form_at, render_page, requires
from connections.models import SavedSearch
from connections.permissions import Permission

_MOST = 50


@allow("POST")
@requires(Permission.VIEW_AUDIT)
@form_at("audit-list")
def saved_search_create(request: DashboardRequest) -> HttpResponse:
    """Keep a search under a name; one of the same name is replaced."""
    form = SavedSearchForm(request.POST)
    searches = SavedSearch.objects.filter(staff=request.user)
    if form.is_valid() and searches.exclude(name=form.cleaned_data["name"]).count() >= _MOST:
        form.add_error("name", gettext("You have %(count)s searches already: delete one first.") % {"count": _MOST})
    if not form.is_valid():
        return render_page(request, "audit/not_saved.html", context={"form": form}, status=422)
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    searches.update_or_create(name=name, defaults={"query": query, "staff": request.user})
    return HttpResponseRedirect(f"{reverse('audit-list')}?{query}")


@allow("POST")
@requires(Permission.VIEW_AUDIT)
@form_at("audit-list")
def saved_search_delete(request: DashboardRequest, search_id: UUID) -> HttpResponse:
    """One's own only."""
    search = SavedSearch.objects.filter(staff=request.user, pk=search_id).first()
    if search is None:
        raise Http404
    search.delete()
    return HttpResponseRedirect(reverse("audit-list"))
