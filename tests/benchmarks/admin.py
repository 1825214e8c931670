"""Django's admin for the same columns: with filters and search like ours, as it comes, and stripped."""

from django.contrib import admin

from connections.models import AuditEvent
from tests.benchmarks.models import Listed, ListedPlainly, ListedWithFilters


@admin.register(Listed)
class ListedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = ("user_id", "vehicle_id", "mode", "connected_at", "make", "model", "year")
    list_per_page = 100
    ordering = ("-connected_at",)


@admin.register(ListedPlainly)
class ListedPlainlyAdmin(ListedAdmin):
    actions = None
    list_display_links = None
    show_full_result_count = False


@admin.register(ListedWithFilters)
class ListedWithFiltersAdmin(ListedAdmin):
    list_filter = ("mode", "make", "year")
    search_fields = ("user_id", "vehicle_id")
    date_hierarchy = "connected_at"


class LeanEventAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """The audit log without list filters."""

    list_display = ("seq", "at", "type", "actor_id", "target_user", "target_vehicle", "outcome", "ticket")
    list_per_page = 50
    ordering = ("-seq",)
    search_fields = ("ticket",)


class TypicalEventAdmin(LeanEventAdmin):
    """And as it is usually set up."""

    list_filter = ("type", "outcome", "actor_id")
    date_hierarchy = "at"


lean, typical = admin.AdminSite("lean"), admin.AdminSite("typical")
lean.register(AuditEvent, LeanEventAdmin)
typical.register(AuditEvent, TypicalEventAdmin)
