"""The country of a plate as other products write it: ISO 3166 alpha-2 or alpha-3, or a number.

A number means what the site says: each firmware has its own.
"""

from collections.abc import Mapping

ALPHA3 = {
    "AUT": "AT",
    "BEL": "BE",
    "BGR": "BG",
    "CHE": "CH",
    "CZE": "CZ",
    "DEU": "DE",
    "DNK": "DK",
    "ESP": "ES",
    "EST": "EE",
    "FIN": "FI",
    "FRA": "FR",
    "GBR": "GB",
    "GRC": "GR",
    "HRV": "HR",
    "HUN": "HU",
    "IRL": "IE",
    "ITA": "IT",
    "LTU": "LT",
    "LUX": "LU",
    "LVA": "LV",
    "MKD": "MK",
    "NLD": "NL",
    "NOR": "NO",
    "POL": "PL",
    "PRT": "PT",
    "ROU": "RO",
    "SRB": "RS",
    "SVK": "SK",
    "SVN": "SI",
    "SWE": "SE",
    "TUR": "TR",
    "UKR": "UA",
}
ALPHA2 = frozenset(ALPHA3.values())


def alpha2(written: str, countries: Mapping[str, str]) -> str | None:
    """Return the alpha-2 code of a country; None when it is not known."""
    known = countries.get(written, written).upper()
    return known if known in ALPHA2 else ALPHA3.get(known)
