"""The error for inputs whose content cannot be read to the end; reading them again would not help."""

from __future__ import annotations

from dynaops.model.errors import DynaopsError


class DamagedInput(DynaopsError):
    """The rest of this input cannot be read. What was read of it is loaded, and the inputs after it are."""
