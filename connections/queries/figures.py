"""Figures for operators, made from the database at each scrape, so that every process tells the same."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Count, Min
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connections import budget
from connections.audit.emergencies import not_reviewed
from connections.models import AuditEvent, EmergencySignIn, Operation, PolicyBreach, State


def exposition() -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _operations_by_state()
        yield GaugeMetricFamily(
            "connections_operations_needing_a_person",
            "Operations that reading again could not settle.",
            value=Operation.objects.filter(needs_person=True).count(),
        )
        yield GaugeMetricFamily(
            "connections_operations_overdue_seconds",
            "How long the operation that is longest due waits for a worker.",
            value=_longest_overdue(),
        )
        left = budget.left()
        yield GaugeMetricFamily(
            "connections_smartcar_requests_left",
            "Requests that Smartcar allows now, by our own count; pages leave the reserve alone.",
            value=left.requests,
        )
        last = AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first()
        yield GaugeMetricFamily("connections_audit_events", "Events in the audit log.", value=last or 0)
        yield CounterMetricFamily(
            "connections_emergency_sign_ins",
            "Sign-ins through the account for emergencies.",
            value=EmergencySignIn.objects.count(),
        )
        yield GaugeMetricFamily(
            "connections_emergency_sign_ins_not_reviewed",
            "Of these, those of the last 30 days that nobody has reviewed.",
            value=not_reviewed().count(),
        )
        yield _policy_breaches()


def _operations_by_state() -> GaugeMetricFamily:
    family = GaugeMetricFamily("connections_operations", "Operations by state.", labels=["state"])
    counted = dict(Operation.objects.values_list("state").annotate(Count("pk")))
    for state in State:
        family.add_metric([state.value], counted.get(state.value, 0))
    return family


def _policy_breaches() -> CounterMetricFamily:
    family = CounterMetricFamily(
        "connections_policy_breaches",
        "Reports of browsers that a page wanted what the content security policy forbids.",
        labels=["directive"],
    )
    for directive, count in PolicyBreach.objects.order_by("directive").values_list("directive", "count"):
        family.add_metric([directive], count)
    return family


def _longest_overdue() -> float:
    now = datetime.now(UTC)
    oldest = Operation.objects.filter(due_at__lt=now).aggregate(oldest=Min("due_at"))["oldest"]
    return (now - oldest).total_seconds() if oldest else 0.0
