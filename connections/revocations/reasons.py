"""Why a connection may be revoked: the fixed list that forms offer and events carry; and why one was not asked on."""

from django.db.models import TextChoices


class Reason(TextChoices):
    CUSTOMER_REQUEST = "customer_request", "The customer asked for it"
    CONSENT_WITHDRAWN = "consent_withdrawn", "Consent withdrawn"
    ERASURE_REQUEST = "erasure_request", "Request for erasure"
    ACCOUNT_CLOSED = "account_closed", "Account closed"
    VEHICLE_SOLD = "vehicle_sold", "Vehicle sold or handed over"
    LOST_OR_STOLEN = "lost_or_stolen", "Vehicle lost or stolen"
    FRAUD = "fraud", "Fraud"
    LEGAL_ORDER = "legal_order", "Order of a court or authority"
    TEST_CLEANUP = "test_cleanup", "Clean-up after a test"
    ERROR_CORRECTION = "error_correction", "Correction of an error"
    OTHER = "other", "Other, said in the note"


# Of what waited to be sent.
CHANGED = "Changed while it waited, so the rest was not sent."
# Of what reading again could not tell.
SEEN_BY_PERSON = "A person looked and found it gone."
# Of a request for approval, by its own requester.
WITHDRAWN = "Withdrawn by who asked for it."
