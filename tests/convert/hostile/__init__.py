"""Inputs that ask for too much, refer to themselves or are broken: each with the words that answer it."""

from tests.convert.hostile.cloudformation import CLOUDFORMATION
from tests.convert.hostile.inputs import LARGE
from tests.convert.hostile.sources import SOURCES
from tests.convert.hostile.states import STATES
from tests.convert.hostile.terraform import TERRAFORM, table

ALL = {**TERRAFORM, **STATES, **CLOUDFORMATION, **SOURCES}

__all__ = ["ALL", "LARGE", "TERRAFORM", "table"]
