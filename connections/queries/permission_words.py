"""Smartcar's permissions in plain words. The set is open: one we do not know is shown as it is."""

from collections.abc import Iterable
from dataclasses import dataclass

_WORDS = {
    "read_alerts": "Alerts",
    "read_battery": "Battery level and range",
    "read_charge": "Charging state",
    "read_charge_locations": "Places where it charged",
    "read_charge_records": "Charging records",
    "read_charge_events": "Charging events",
    "read_climate": "Climate settings",
    "read_compass": "Heading",
    "read_diagnostics": "Diagnostics",
    "read_engine_oil": "Engine oil",
    "read_extended_vehicle_info": "Extended vehicle information",
    "read_fuel": "Fuel level",
    "read_location": "Location",
    "read_odometer": "Odometer",
    "read_security": "Locks, doors and windows",
    "read_service_history": "Service history",
    "read_speedometer": "Speed",
    "read_thermometer": "Temperatures",
    "read_tires": "Tire pressure",
    "read_user_profile": "The owner's profile",
    "read_vehicle_info": "Make, model and year",
    "read_vin": "VIN",
    "control_charge": "Start and stop charging",
    "control_climate": "Heat and cool",
    "control_navigation": "Send destinations",
    "control_security": "Lock and unlock",
    "control_pin": "Set the PIN to drive",
    "control_trunk": "Open the trunk",
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
    worded = [Worded(name, _WORDS.get(name, name), name in _PLACES_A_PERSON) for name in dict.fromkeys(permissions)]
    reads = [each for each in worded if each.name.startswith("read_")]
    return PermissionGroups(
        acts=tuple(each for each in worded if each.name.startswith("control_")),
        reads=tuple(sorted(reads, key=lambda each: not each.places)),
        unknown=tuple(each for each in worded if not each.name.startswith(("control_", "read_"))),
    )
