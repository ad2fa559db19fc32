"""``--notify`` and the project file's ``notify``: a message after each run that changed something or failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli.project.project_file import project
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.engine.notify import Recipient
    from dynaops.model.run_record import RunRecord
    from dynaops.stores.recorded import RecordedStore

Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="ARN",
        help="Tell this SNS topic or EventBridge bus how the run ended (repeatable).",
    ),
]


def recipients(settings: GlobalSettings, arns: Sequence[str] | None) -> tuple[Recipient, ...]:
    """The recipients of the command line and the project file, each once. Raises BadParameter, DynaopsError."""
    given = tuple(arns or ())
    declared = project(settings).notify
    if not (given or declared):
        return ()
    from dynaops.engine.notify import recipient_of
    from dynaops.model.errors import DynaopsError

    recipients_found: list[Recipient] = []
    for arn in dict.fromkeys((*given, *declared)):
        try:
            recipients_found.append(recipient_of(arn))
        except ValueError as error:
            if arn in given:
                raise typer.BadParameter(str(error), param_hint="--notify") from None
            raise DynaopsError(f"{project(settings).says('notify')}: {error}") from None
    return tuple(recipients_found)


def announce(store: RecordedStore, recipients_: Iterable[Recipient], aws: Aws) -> None:
    """Make the current run of a store send messages to all recipients at its end."""
    store.recorder.at_end = partial(_tell_all, tuple(recipients_), aws)


def _tell_all(recipients_: Iterable[Recipient], aws: Aws, record: RunRecord) -> None:
    """Send the messages; warn about one that cannot be sent."""
    from dynaops.cli.run_records import warn
    from dynaops.engine.notify import MOST_BYTES, Message, send
    from dynaops.model.errors import DynaopsError
    from dynaops.views.notification import document, is_worth_telling, subject, text

    if not is_worth_telling(record):
        return
    message = Message(subject(record), text(record), document(record, MOST_BYTES), record.id)
    for recipient in recipients_:
        try:
            send(aws, recipient, message)
        except DynaopsError as error:
            warn(f"{recipient.arn} could not be told of this run: {error.message.rstrip('.')}")
