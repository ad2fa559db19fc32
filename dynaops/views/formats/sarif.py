"""Writes SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from dynaops.views.formats.entry import Level, ReportEntry, RuleText, RunReport
from dynaops.views.formats.text import path_of, plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.UNKNOWN: "warning",
    Level.SUPPRESSED: "warning",
    Level.NOTE: "note",
}
"""SARIF's levels; a passed check is not a result."""


def sarif(report: RunReport) -> dict[str, Any]:
    """The log: one run, with the rules that its results name."""
    entries = [entry._replace(rule=plain(entry.rule)) for entry in report.entries if entry.level in _LEVELS]
    ids = list(dict.fromkeys(entry.rule for entry in entries))
    driver = {
        "name": "dynaops",
        "version": report.version,
        "rules": [_rule(name, report.rules.get(name)) for name in ids],
    }
    category = "/".join(
        ["dynaops", report.command, *([plain(report.environment)] if report.environment else []), ""]
    )
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": category},
        "invocations": [_invocation(report.failure)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(entry, ids.index(entry.rule)) for entry in entries],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(failure: str | None) -> dict[str, Any]:
    if failure is None:
        return {"executionSuccessful": True}
    notification = {"level": "error", "message": {"text": plain(failure)}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [notification]}


def _rule(name: str, rule: RuleText | None) -> dict[str, Any]:
    if rule is None:  # a house rule, which is explained in its own file
        return {"id": name}
    rule_object: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": plain(rule.meaning)},
        "defaultConfiguration": {"level": _LEVELS.get(rule.level, "note")},
    }
    return {**rule_object, "help": {"text": plain(rule.remedy)}} if rule.remedy else rule_object


def _result(entry: ReportEntry, rule: int) -> dict[str, Any]:
    unknown = "not checked: " if entry.level is Level.UNKNOWN else ""
    text = plain("\n".join([unknown + entry.message, *([entry.hint] if entry.hint else [])]))
    return {
        "ruleId": entry.rule,
        "ruleIndex": rule,
        "level": _LEVELS[entry.level],
        "message": {"text": text},
        **_located(entry),
        "partialFingerprints": {"dynaops/v1": _fingerprint(entry)},
        **_suppressed(entry),
    }


def _located(entry: ReportEntry) -> Mapping[str, Any]:
    location: dict[str, Any] = {}
    if entry.place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {
                "uri": quote(path_of(entry.place.file), errors="surrogatepass"),
                "uriBaseId": "%SRCROOT%",
            },
            "region": {"startLine": max(1, entry.place.line), "startColumn": max(1, entry.place.column)},
        }
    if entry.address:
        named = {"fullyQualifiedName": plain(entry.address), "kind": "resource"}
        location["logicalLocations"] = [named]
    return {"locations": [location]} if location else {}


def _suppressed(entry: ReportEntry) -> Mapping[str, Any]:
    if entry.level is not Level.SUPPRESSED:
        return {}
    return {"suppressions": [{"kind": "inSource", "justification": plain(entry.reason or "")}]}


def _fingerprint(entry: ReportEntry) -> str:
    """An identity of a result that is the same in each run: without its line and without the numbers in its message."""
    where = entry.address or (entry.place.file if entry.place else "")
    parts = (entry.rule, where, re.sub(r"\d+", "", entry.message))
    return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]
