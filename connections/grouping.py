"""Figures as people read them."""

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """`12,000`, or `12.000` where the language of whoever looks writes it so."""
    return number_format(number, force_grouping=True)
