"""A botocore session that ignores the environment and the files of the caller."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session

    from dynaops.aws.route import Credentials


def isolated_session(credentials: Credentials) -> Session:
    """A session with these credentials and botocore's defaults.

    No profile, AWS file, ``AWS_*`` variable, SSO login or ``credential_process`` is read.
    """
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
    from botocore.session import Session

    variables: dict[str, Any] = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name in ("config_file", "credentials_file"):
        variables[name] = (None, None, os.devnull, None)
    session = Session(session_vars=variables)
    session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
    return session
