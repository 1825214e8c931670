"""Django's admin for the same columns: with filters and search like ours, as it comes, and stripped."""

from django.contrib import admin

from tests.benchmarks.models import LeanEvent, Listed, ListedPlainly, ListedWithFilters, TypicalEvent


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


@admin.register(LeanEvent)
class LeanEventAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    list_display = ("seq", "at", "type", "actor_id", "target_user", "target_vehicle", "outcome", "ticket")
    list_per_page = 50
    ordering = ("-seq",)
    search_fields = ("ticket",)


@admin.register(TypicalEvent)
class TypicalEventAdmin(LeanEventAdmin):
    list_filter = ("type", "outcome", "actor_id")
    date_hierarchy = "at"
