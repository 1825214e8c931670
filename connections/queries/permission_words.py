"""Smartcar's permissions in plain words. The set is open: one we do not know is shown as it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

_WORDS = {
    "read_alerts": gettext_noop("Alerts"),
    "read_battery": gettext_noop("Battery level and range"),
    "read_charge": gettext_noop("Charging state"),
    "read_charge_locations": gettext_noop("Places where it charged"),
    "read_charge_records": gettext_noop("Charging records"),
    "read_charge_events": gettext_noop("Charging events"),
    "read_climate": gettext_noop("Climate settings"),
    "read_compass": gettext_noop("Heading"),
    "read_diagnostics": gettext_noop("Diagnostics"),
    "read_engine_oil": gettext_noop("Engine oil"),
    "read_extended_vehicle_info": gettext_noop("Extended vehicle information"),
    "read_fuel": gettext_noop("Fuel level"),
    "read_location": gettext_noop("Location"),
    "read_odometer": gettext_noop("Odometer"),
    "read_security": gettext_noop("Locks, doors and windows"),
    "read_service_history": gettext_noop("Service history"),
    "read_speedometer": gettext_noop("Speed"),
    "read_thermometer": gettext_noop("Temperatures"),
    "read_tires": gettext_noop("Tire pressure"),
    "read_user_profile": gettext_noop("The owner's profile"),
    "read_vehicle_info": gettext_noop("Make, model and year"),
    "read_vin": gettext_noop("VIN"),
    "control_charge": gettext_noop("Start and stop charging"),
    "control_climate": gettext_noop("Heat and cool"),
    "control_navigation": gettext_noop("Send destinations"),
    "control_security": gettext_noop("Lock and unlock"),
    "control_pin": gettext_noop("Set the PIN to drive"),
    "control_trunk": gettext_noop("Open the trunk"),
}
_PLACES_A_PERSON = {"read_location", "read_charge_locations"}


@dataclass(frozen=True, slots=True)
class Worded:
    """A permission's own name, what it means, and whether it tells where a person is."""

    name: str
    words: str
    places: bool


@dataclass(frozen=True, slots=True)
class PermissionGroups:
    """Permissions apart by what they allow, those that act on the car first."""

    acts: tuple[Worded, ...]
    reads: tuple[Worded, ...]
    unknown: tuple[Worded, ...]


def grouped(permissions: Iterable[str]) -> PermissionGroups:
    """Each once, in Smartcar's order; places of persons lead what is read."""
    worded = [
        Worded(name, gettext(_WORDS.get(name, name)), name in _PLACES_A_PERSON) for name in dict.fromkeys(permissions)
    ]
    reads = [each for each in worded if each.name.startswith("read_")]
    return PermissionGroups(
        acts=tuple(each for each in worded if each.name.startswith("control_")),
        reads=tuple(sorted(reads, key=lambda each: not each.places)),
        unknown=tuple(each for each in worded if not each.name.startswith(("control_", "read_"))),
    )
