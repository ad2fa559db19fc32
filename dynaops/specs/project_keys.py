"""The keys of a project file: the meaning of each, its valid values, and the errors of a value.

Checks, ``config show``, the JSON Schema and the documentation all use this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any

from dynaops.specs.environment import prefix_error

RECIPIENT = (
    r"arn:[a-z0-9-]+:(sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?"
    r"|events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9_./-]{1,256})"
)
"""A pattern for the ARNs of topics and buses, also for JSON Schema."""
ENVIRONMENT_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"
PRICES = ("packaged", "live", "off")
_MOST_SHOWN = 60


class ValueForm(Enum):
    """The form of a value. The text follows "must be" in messages."""

    TEXT = "a string"
    TEXTS = "a list of strings"
    TEXT_MAP = "a table of strings"
    MAP = "a table"
    NUMBER = "a whole number"
    FLAG = "true or false"
    TEXT_OR_FALSE = "a string, or false"


@dataclass(frozen=True)
class SettingFault:
    """An error in a value. `path` leads from the key's value to the wrong part."""

    message: str
    hint: str | None = None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class SettingKey:
    """A key. `meaning` is its documentation; `pattern` and `fault` check each string; `is_path`: a file or folder.

    `guard`: it protects one environment, and is valid only in [environment.NAME].
    """

    name: str
    form: ValueForm
    meaning: str
    example: str
    pattern: str | None = None
    """A regular expression that the whole string must match."""
    says: str = ""
    """A description of such a string, in words that follow "must be"."""
    fault: Callable[[str], str | None] | None = None
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    is_path: bool = False
    guard: bool = False


_TAG_KEY = r"(?!(?i:aws:))[^\x00-\x1f]{1,128}"
KEYS = (
    SettingKey(
        "specs",
        ValueForm.TEXTS,
        "Spec files, folders of them, and patterns with * and ** (any folders), from the project file's folder. "
        "Commands read them where no PATH is given.",
        '["specs/**"]',
        is_path=True,
    ),
    SettingKey(
        "state",
        ValueForm.TEXT,
        "Where the state lives: a file within the project, or s3://bucket/key.",
        '"s3://acme-dynaops-state/dev.json"',
        is_path=True,
    ),
    SettingKey(
        "workspace",
        ValueForm.TEXT,
        "The workspace that commands work in.",
        '"default"',
        r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
        "up to 63 of a-z A-Z 0-9 _ . -, beginning with a letter or a digit",
    ),
    SettingKey(
        "region",
        ValueForm.TEXT,
        "AWS region of specs that name none.",
        '"eu-west-1"',
        r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}",
        "an AWS region, such as eu-central-1",
    ),
    SettingKey(
        "profile",
        ValueForm.TEXT,
        "Profile of the AWS configuration.",
        '"acme-dev"',
        r"[^\x00-\x1f]{1,128}",
        "a profile's name",
    ),
    SettingKey(
        "sandbox",
        ValueForm.FLAG,
        "Work on the embedded AWS instead of on AWS. --no-sandbox, or another endpoint, overrides it.",
        "true",
    ),
    SettingKey(
        "default_tags",
        ValueForm.TEXT_MAP,
        "Tags of all tables. A tag of the same name in a spec wins.",
        '{ owner = "payments" }',
        r"[^\x00-\x1f]{0,256}",
        "at most 256 characters without control characters",
    ),
    SettingKey(
        "variables", ValueForm.MAP, "Values of ${var.NAME} in specs; --var wins.", '{ stage = "dev" }'
    ),
    SettingKey(
        "variable_files",
        ValueForm.TEXTS,
        "YAML or JSON files of such values. `variables` win over them.",
        '["vars/dev.yaml"]',
        is_path=True,
    ),
    SettingKey(
        "overlays",
        ValueForm.TEXTS,
        "Files merged over the specs, as with --file.",
        '["overlays/dev.yaml"]',
        is_path=True,
    ),
    SettingKey(
        "env_prefixes",
        ValueForm.TEXTS,
        "Beginnings of the names of environment variables that specs may read as ${env.NAME}.",
        '["SHOP_"]',
        fault=prefix_error,
    ),
    SettingKey(
        "policies",
        ValueForm.TEXTS,
        "Files of house rules that specs and plans are held to, beside those of --policy.",
        '["policies/house-rules.yaml"]',
        is_path=True,
    ),
    SettingKey(
        "notify",
        ValueForm.TEXTS,
        "SNS topics and EventBridge buses (ARNs) that are told of each applied run.",
        '["arn:aws:sns:eu-west-1:111122223333:deployments"]',
        RECIPIENT,
        "the ARN of an SNS topic or of an EventBridge bus",
    ),
    SettingKey(
        "defaults",
        ValueForm.MAP,
        "Keys laid under every spec: a spec's own word wins.",
        "{ encryption = true }",
    ),
    SettingKey(
        "prices",
        ValueForm.TEXT,
        "What monthly costs go by: packaged prices, live ones of AWS's price list, or off.",
        '"packaged"',
        choices=PRICES,
    ),
    SettingKey("parallelism", ValueForm.NUMBER, "Tables that are worked on at once.", "4", low=1, high=64),
    SettingKey(
        "lock_timeout",
        ValueForm.TEXT,
        "How long a state's lock is waited for that another command holds, as with --lock-timeout.",
        '"10m"',
        r"[0-9]{1,9}|([0-9]{1,6}[smhdw]){1,5}",
        "a duration, such as 90s, 10m or 1h30m",
    ),
    SettingKey(
        "mark",
        ValueForm.TEXT_OR_FALSE,
        "Key of the tag that marks what the state owns; false: no mark.",
        '"dynaops:state"',
        _TAG_KEY,
        "a tag's key: at most 128 characters, not beginning with aws:",
    ),
    SettingKey(
        "account",
        ValueForm.TEXT,
        "The AWS account of this environment. With credentials of another, nothing is read or changed.",
        '"111122223333"',
        r"[0-9]{12}",
        "an account's number of 12 digits, in quotes",
        guard=True,
    ),
    SettingKey(
        "regions",
        ValueForm.TEXTS,
        "The only regions in which there may be tables, replicas or calls.",
        '["eu-west-1", "eu-central-1"]',
        r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}",
        "an AWS region, such as eu-central-1",
        guard=True,
    ),
    SettingKey(
        "protected",
        ValueForm.FLAG,
        "Only a saved plan is applied; the state is edited by nothing else.",
        "true",
        guard=True,
    ),
    SettingKey(
        "role_arn",
        ValueForm.TEXT,
        "An IAM role that is assumed for all calls.",
        '"arn:aws:iam::111122223333:role/deploy"',
        r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}",
        "the ARN of an IAM role, such as arn:aws:iam::111122223333:role/deploy",
        guard=True,
    ),
    SettingKey(
        "external_id",
        ValueForm.TEXT,
        "The external id that the role's trust policy asks for.",
        '"acme-42"',
        r"[A-Za-z0-9_+=,.@:/-]{2,1224}",
        "2 to 1224 of a-z A-Z 0-9 _ + = , . @ : / -",
        guard=True,
    ),
    SettingKey(
        "session_name",
        ValueForm.TEXT,
        "Name of the role's session, as CloudTrail shows it.",
        '"dynaops-ci"',
        r"[A-Za-z0-9_+=,.@-]{2,64}",
        "2 to 64 of a-z A-Z 0-9 _ + = , . @ -",
        guard=True,
    ),
    SettingKey(
        "mfa_serial",
        ValueForm.TEXT,
        "The MFA device (ARN or serial number) whose code the role asks for. It is typed at a terminal.",
        '"arn:aws:iam::111122223333:mfa/jane"',
        r"[A-Za-z0-9_+=/:,.@-]{9,256}",
        "the ARN of an MFA device, or its serial number of 9 to 256 characters",
        guard=True,
    ),
    SettingKey(
        "allow_adopt",
        ValueForm.FLAG,
        "Agree to taking over what is live and no state has marked, as --allow-adopt does; not where it is protected.",
        "false",
        guard=True,
    ),
    SettingKey(
        "allow_replace",
        ValueForm.FLAG,
        "Agree to tables or indexes being deleted and built anew, as --allow-replace does; not where it is protected.",
        "false",
        guard=True,
    ),
    SettingKey(
        "allow_destroy",
        ValueForm.FLAG,
        "Agree to giving up tables, indexes, protection or recovery points, as --allow-destroy does; not where it is "
        "protected.",
        "false",
        guard=True,
    ),
)
BY_NAME = {key.name: key for key in KEYS}
SHARED_KEYS = tuple(key.name for key in KEYS if not key.guard)


def faults(key: SettingKey, value: object) -> Iterator[SettingFault]:
    """Errors in the value of a key, except for paths outside the project."""
    if not _has_form(key.form, value):
        hint = f"For example {key.name} = {key.example}"
        yield SettingFault(f"{key.name}: must be {key.form.value}, not {described(value)}", hint)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            if not isinstance(part, str):
                message = f"{key.name}: must be a list of strings, and {described(part)} is none"
                yield SettingFault(message, f"For example {key.name} = {key.example}", (index,))
            else:
                yield from _of_text(key, part, (index,))
        yield from _repeated(key, value)
    elif isinstance(value, dict):
        yield from _of_map(key, value)
    elif isinstance(value, str):
        yield from _of_text(key, value, ())
    elif key.form is ValueForm.NUMBER and not key.low <= value <= key.high:  # type: ignore[operator]
        yield SettingFault(f"{key.name}: must be from {key.low} to {key.high}, not {described(value)}")


def described(value: object) -> str:
    """A description of a value for messages, in TOML's terms."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int | float):
        return f"the number {value}" if not isinstance(value, int) or abs(value) < 10**18 else "a huge number"
    return f"a {type(value).__name__}"


def shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _has_form(form: ValueForm, value: object) -> bool:
    if form is ValueForm.NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    if form is ValueForm.TEXT_OR_FALSE:
        return isinstance(value, str) or value is False
    if form is ValueForm.FLAG:
        return isinstance(value, bool)
    kinds = {ValueForm.TEXT: str, ValueForm.TEXTS: list, ValueForm.TEXT_MAP: dict, ValueForm.MAP: dict}
    return isinstance(value, kinds[form])


def _of_map(key: SettingKey, value: dict[str, Any]) -> Iterator[SettingFault]:
    for name, part in value.items():
        if key.name == "default_tags" and not re.fullmatch(_TAG_KEY, name):
            yield SettingFault(
                f"default_tags: {described(name)} must be {BY_NAME['mark'].says}", None, (name,)
            )
        elif key.form is ValueForm.MAP:
            yield from _of_plain(key, part, (name,))
        elif not isinstance(part, str):
            yield SettingFault(
                f"{key.name}.{shortened(name)}: must be a string, not {described(part)}",
                "Put it in quotes.",
                (name,),
            )
        else:
            yield from _of_text(key, part, (name,))


def _of_plain(key: SettingKey, value: object, path: tuple[str | int, ...]) -> Iterator[SettingFault]:
    """Errors for values that YAML and JSON do not have (dates, infinity), which specs cannot hold."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _of_plain(key, part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _of_plain(key, part, (*path, index))
    elif isinstance(value, str):
        if "\x00" in value:
            yield SettingFault(f"{key.name}: a string with a NUL character", None, path)
    elif not isinstance(value, bool | int) and not (isinstance(value, float) and isfinite(value)):
        yield SettingFault(
            f"{key.name}: {described(value)} cannot stand in a spec", "Write it as a string.", path
        )


def _of_text(key: SettingKey, text: str, path: tuple[str | int, ...]) -> Iterator[SettingFault]:
    if "\x00" in text:
        yield SettingFault(f"{key.name}: a string with a NUL character", None, path)
    elif key.choices and text not in key.choices:
        from difflib import get_close_matches

        suggestions = get_close_matches(text[:100], key.choices, 1)
        hint = f"Did you mean {suggestions[0]}?" if suggestions else None
        yield SettingFault(
            f"{key.name}: must be one of {', '.join(key.choices)}, not {described(text)}", hint, path
        )
    elif key.pattern and not re.fullmatch(key.pattern, text):
        yield SettingFault(f"{key.name}: must be {key.says}, not {described(text)}", None, path)
    elif key.fault and (reason := key.fault(text)):
        hint = "Name a single variable on the command line instead: --env-var NAME."
        yield SettingFault(f"{key.name}: {shortened(text)!r} {reason}", hint, path)
    elif key.is_path and not text.strip():
        yield SettingFault(f"{key.name}: must name a file or folder, and is empty", None, path)


def _repeated(key: SettingKey, value: list[Any]) -> Iterator[SettingFault]:
    seen: set[str] = set()
    for index, part in enumerate(value):
        if isinstance(part, str) and part in seen:
            yield SettingFault(f"{key.name}: {described(part)} stands twice", None, (index,))
        elif isinstance(part, str):
            seen.add(part)
