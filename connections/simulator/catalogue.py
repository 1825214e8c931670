"""Cars and permissions as they occur: what a seeded world draws from."""

from typing import NamedTuple


class Model(NamedTuple):
    make: str
    name: str
    powertrain: str
    first_year: int
    last_year: int


MODELS = (
    Model("TESLA", "Model S", "BEV", 2013, 2026),
    Model("TESLA", "Model 3", "BEV", 2018, 2026),
    Model("TESLA", "Model Y", "BEV", 2020, 2026),
    Model("TESLA", "Model X", "BEV", 2016, 2025),
    Model("FORD", "Mustang Mach-E", "BEV", 2021, 2026),
    Model("FORD", "F-150", "ICE", 2019, 2026),
    Model("FORD", "Escape", "PHEV", 2020, 2025),
    Model("BMW", "i4", "BEV", 2022, 2026),
    Model("BMW", "X5", "PHEV", 2019, 2025),
    Model("BMW", "330i", "ICE", 2017, 2025),
    Model("VOLKSWAGEN", "ID.4", "BEV", 2021, 2026),
    Model("VOLKSWAGEN", "Golf", "ICE", 2018, 2024),
    Model("HYUNDAI", "IONIQ 5", "BEV", 2022, 2026),
    Model("HYUNDAI", "Tucson", "HEV", 2021, 2026),
    Model("KIA", "EV6", "BEV", 2022, 2026),
    Model("KIA", "Sorento", "HEV", 2021, 2026),
    Model("TOYOTA", "RAV4", "HEV", 2019, 2026),
    Model("TOYOTA", "Prius Prime", "PHEV", 2017, 2025),
    Model("CHEVROLET", "Bolt EUV", "BEV", 2022, 2023),
    Model("CHEVROLET", "Silverado 1500", "ICE", 2019, 2026),
    Model("NISSAN", "LEAF", "BEV", 2018, 2025),
    Model("NISSAN", "Rogue", "ICE", 2018, 2025),
    Model("RENAULT", "Mégane E-Tech", "BEV", 2022, 2026),
    Model("ŠKODA", "Enyaq", "BEV", 2021, 2026),
    Model("AUDI", "Q4 e-tron", "BEV", 2022, 2026),
    Model("AUDI", "A6", "ICE", 2016, 2024),
    Model("VOLVO", "XC60", "PHEV", 2018, 2026),
    Model("POLESTAR", "2", "BEV", 2021, 2026),
    Model("RIVIAN", "R1T", "BEV", 2022, 2026),
    Model("JEEP", "Wrangler 4xe", "PHEV", 2021, 2025),
)

POWERTRAINS = ("BEV", "PHEV", "HEV", "ICE")
_PLUGS = frozenset({"BEV", "PHEV"})
_BURNS = frozenset({"PHEV", "HEV", "ICE"})

# What an application asks for follows from what it is for.
PURPOSES: dict[str, tuple[str, ...]] = {
    "charging": ("read_battery", "read_charge", "read_location", "control_charge"),
    "mileage": ("read_odometer", "read_vin"),
    "insurance": ("read_odometer", "read_location", "read_vin", "read_speedometer"),
    "fleet": ("read_odometer", "read_location", "read_fuel", "read_battery", "read_tires"),
    "sharing": ("read_location", "read_security", "control_security", "control_trunk", "read_fuel"),
    "comfort": ("read_climate", "read_thermometer", "control_climate", "control_navigation"),
}
EXTRAS = (
    "read_alerts",
    "read_charge_locations",
    "read_charge_records",
    "read_charge_events",
    "read_compass",
    "read_diagnostics",
    "read_engine_oil",
    "read_extended_vehicle_info",
    "read_service_history",
    "read_user_profile",
    "control_pin",
)
_NEEDS_PLUG = frozenset(
    {
        "read_battery",
        "read_charge",
        "control_charge",
        "read_charge_locations",
        "read_charge_records",
        "read_charge_events",
    }
)
_NEEDS_TANK = frozenset({"read_fuel", "read_engine_oil"})


def grantable(permission: str, powertrain: str) -> bool:
    """A car without a plug is never asked about its battery, nor one without a tank about its fuel."""
    if permission in _NEEDS_PLUG:
        return powertrain in _PLUGS
    return permission not in _NEEDS_TANK or powertrain in _BURNS
