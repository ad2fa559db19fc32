"""Send a notification about a run to an SNS topic or an EventBridge bus.

Sizes: SNS, API Reference, Publish (262,144 bytes, of all forms of the message together; subjects of fewer than 100
ASCII characters); EventBridge, User Guide, "Calculating PutEvents event entry size" (less than 256 KiB).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.model.errors import DynaopsError
from dynaops.specs.project_keys import RECIPIENT

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

SOURCE = "dynaops"
DETAIL_TYPE = "dynaops run"
MOST_BYTES = 240 * 1024
"""The most bytes of a message in UTF-8; AWS allows 256 KiB, and the rest is for the enclosing entry."""
_LONGEST_SUBJECT = 99


class Message(NamedTuple):
    """What is sent. `detail` is for programs (at most MOST_BYTES as JSON), `text` and `subject` for people."""

    subject: str
    text: str
    detail: dict[str, Any]
    run_id: str


class Recipient(NamedTuple):
    """An SNS topic (`service` is ``sns``) or an EventBridge bus (``events``)."""

    arn: str
    service: str
    region: str


def recipient_of(arn: str) -> Recipient:
    """The recipient for an ARN. Raises ValueError if it is not the ARN of a topic or a bus."""
    if re.fullmatch(RECIPIENT, arn) is None:
        raise ValueError(
            f"{arn!r} is not the ARN of an SNS topic (arn:aws:sns:REGION:ACCOUNT:NAME) or of an EventBridge bus "
            "(arn:aws:events:REGION:ACCOUNT:event-bus/NAME)"
        )
    _, _, service, region, _ = arn.split(":", 4)
    return Recipient(arn, service, region)


def action_of(recipient: Recipient) -> str:
    """The IAM action that sending to the recipient needs."""
    return "sns:Publish" if recipient.service == "sns" else "events:PutEvents"


def send(aws: Aws, recipient: Recipient, message: Message) -> None:
    """Send one message. Raises DynaopsError and its subclasses."""
    senders: dict[str, Callable[[Aws, Recipient, Message], None]] = {"sns": _publish, "events": _put_event}
    senders[recipient.service](aws, recipient, message)


def _publish(aws: Aws, topic: Recipient, message: Message) -> None:
    """Publish to a topic: e-mail subscribers get the text, all others the JSON."""
    detail = json.dumps(message.detail)
    both = json.dumps({"default": detail, "email": message.text})
    parameters = {"TopicArn": topic.arn, "Subject": subject_of(message.subject), "Message": detail}
    if len(both) <= MOST_BYTES:  # quoted a second time, the JSON grows
        parameters |= {"MessageStructure": "json", "Message": both}
    if topic.arn.endswith(".fifo"):
        parameters |= {"MessageGroupId": SOURCE, "MessageDeduplicationId": message.run_id}
    aws.call("sns", "Publish", topic.region, parameters)


def _put_event(aws: Aws, bus: Recipient, message: Message) -> None:
    entry = {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "EventBusName": bus.arn,
        "Detail": json.dumps(message.detail),
    }
    answer = aws.call("events", "PutEvents", bus.region, {"Entries": [entry]})
    if answer.get("FailedEntryCount"):
        failed = (answer.get("Entries") or [{}])[0]
        raise DynaopsError(f"EventBridge refused it: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


def subject_of(text: str) -> str:
    """A text in the form that SNS allows for subjects: short, on one line, printable ASCII."""
    ascii_ = "".join(char if " " <= char <= "~" else "?" for char in text)
    return ascii_[:_LONGEST_SUBJECT].strip() or SOURCE
