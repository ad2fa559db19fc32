"""The functions of the Terraform language that depend only on their arguments. Source: Terraform Language, Functions.

A function whose result is larger than its arguments asks the budget first (see `budget`). Functions that are not here
(they read the clock, the network or random numbers) have an unknown value.
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
"""Functions that only rearrange the members of their arguments; the members may be unknown."""
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
"""Functions that pass text through unchanged, so that their arguments may hold placeholders of ARNs."""
