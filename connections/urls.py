"""URLs of the application. Every one needs a signed-in member of staff, but the health ones."""

from uuid import UUID

from django.urls import path, register_converter

from connections.forms.staff import Kind
from connections.views import (
    approvals,
    audit,
    audit_verify,
    configuration,
    connections,
    csp_report,
    exports,
    find,
    health,
    language,
    operations,
    overview,
    receipts,
    retention,
    reviews,
    revocations,
    saved_searches,
    staff,
    staff_changes,
    subjects,
)


class AnyUUIDConverter:
    """A UUID in either case: people paste what they were sent."""

    regex = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)

    def to_url(self, value: UUID) -> str:
        return str(value)


class KindConverter:
    """What is to be done to a staff account."""

    regex = "|".join(Kind)

    def to_python(self, value: str) -> Kind:
        return Kind(value)

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(AnyUUIDConverter, "id")
register_converter(KindConverter, "kind")

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("find/", find.find, name="find"),
    path("connections/", connections.connection_list, name="connection-list"),
    path("connections/<id:connection_id>/", connections.connection_by_id, name="connection-by-id"),
    path("connections/<id:user_id>/<id:vehicle_id>/", connections.connection_detail, name="connection-detail"),
    path(
        "connections/<id:user_id>/<id:vehicle_id>/revoke/",
        revocations.connection_revoke,
        name="connection-revoke",
    ),
    path("users/<id:user_id>/connections/", connections.user_connections, name="user-connections"),
    path("users/<id:user_id>/connections/revoke/", revocations.user_revoke, name="user-revoke"),
    path("users/<id:user_id>/purge/", revocations.user_purge, name="user-purge"),
    path("vehicles/<id:vehicle_id>/connections/", connections.vehicle_connections, name="vehicle-connections"),
    path("vehicles/<id:vehicle_id>/connections/revoke/", revocations.vehicle_revoke, name="vehicle-revoke"),
    path("approvals/", approvals.approval_list, name="approval-list"),
    path("approvals/<id:operation_id>/", approvals.approval_decide, name="approval-decide"),
    path("operations/", operations.operation_list, name="operation-list"),
    path("operations/<id:operation_id>/", operations.operation_detail, name="operation-detail"),
    path("operations/<id:operation_id>/reconcile/", operations.operation_reconcile, name="operation-reconcile"),
    path("operations/<id:operation_id>/withdraw/", approvals.approval_withdraw, name="approval-withdraw"),
    path("operations/<id:operation_id>/receipt/", receipts.operation_receipt, name="operation-receipt"),
    path("audit/", audit.audit_list, name="audit-list"),
    path("audit/count/", audit.audit_count, name="audit-count"),
    path("audit/activity/", audit.audit_activity, name="audit-activity"),
    path("audit/searches/", saved_searches.saved_search_create, name="saved-search-create"),
    path("audit/searches/<id:search_id>/delete/", saved_searches.saved_search_delete, name="saved-search-delete"),
    path("audit/review/", reviews.review_next, name="review-next"),
    path("audit/review/<int:sequence>/", reviews.review_create, name="review-create"),
    path("audit/subjects/<id:user_id>/", subjects.subject_report, name="subject-report"),
    path("audit/<int:sequence>/", audit.audit_event, name="audit-event"),
    path("audit/export/", exports.audit_export, name="audit-export"),
    path("audit/export/<id:export_id>/", exports.audit_export_detail, name="audit-export-detail"),
    path("audit/export/<id:export_id>/file/", exports.audit_export_file, name="audit-export-file"),
    path("audit/retention/", retention.audit_retention, name="audit-retention"),
    path("audit/verify/", audit_verify.audit_verify, name="audit-verify"),
    path("audit/verify/verifier.py", audit_verify.audit_verifier, name="audit-verifier"),
    path("staff/", staff.staff_list, name="staff-list"),
    path("staff/configuration/", configuration.configuration, name="configuration"),
    path("staff/new/", staff.staff_new, name="staff-new"),
    path("staff/<int:staff_id>/", staff.staff_detail, name="staff-detail"),
    path("staff/<int:staff_id>/<kind:kind>/", staff_changes.staff_change, name="staff-change"),
    path("language/", language.language_choose, name="language-choose"),
    path("csp-report/", csp_report.csp_report, name="csp-report"),
    path("healthz", health.alive, name="health-alive"),
    path("readyz", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="health-metrics"),
]
