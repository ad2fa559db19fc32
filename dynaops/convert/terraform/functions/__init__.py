"""The functions of the Terraform language that work on their arguments alone. Source: Terraform Language, Functions.

A function that makes more than it is given asks the budget first (see `budget`). Functions that are not here, that read
the clock, the network or chance, have no value that is known.
"""

from __future__ import annotations

from dynaops.convert.terraform.functions.arguments import Function
from dynaops.convert.terraform.functions.collections import COLLECTION_FUNCTIONS
from dynaops.convert.terraform.functions.encoding import ENCODING_FUNCTIONS
from dynaops.convert.terraform.functions.numbers import NUMBER_FUNCTIONS
from dynaops.convert.terraform.functions.text import TEXT_FUNCTIONS

FUNCTIONS: dict[str, Function] = {
    **COLLECTION_FUNCTIONS,
    **ENCODING_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **TEXT_FUNCTIONS,
}
STRUCTURAL = frozenset(
    """
    chunklist coalesce coalescelist concat element flatten keys length lookup merge nonsensitive one reverse sensitive
    setproduct slice values zipmap
    """.split()  # noqa: SIM905
)
"""Functions that only arrange their arguments' members, which need not be known themselves."""
CARRYING = STRUCTURAL | {
    "compact",
    "format",
    "formatlist",
    "join",
    "jsonencode",
    "tolist",
    "tomap",
    "tostring",
}
"""Functions to which the letters of a text do not matter: they carry ARNs that are known after apply."""
