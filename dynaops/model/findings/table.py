"""Findings about a table, its keys, indexes, capacity, tags, TTL and recovery: DDB101 to DDB399."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

DDB101 = FindingRule(
    "DDB101",
    Stage.SPECS,
    Severity.ERROR,
    "… is no name of a table or an index: 3 to 255 letters, digits, and _ . -",
)
DDB102 = FindingRule(
    "DDB102",
    Stage.SPECS,
    Severity.ERROR,
    "two indexes are called …",
    usual_remedy="The other: ….",
)
DDB103 = FindingRule(
    "DDB103",
    Stage.SPECS,
    Severity.ERROR,
    "the key attribute … has no type",
    usual_remedy="Add it to attributes, for example `…: S`.",
)
DDB104 = FindingRule(
    "DDB104",
    Stage.SPECS,
    Severity.ERROR,
    "the attribute … is no key of the table or of an index",
    remedy="Remove it: DynamoDB only declares key attributes, all others need no declaration.",
)
DDB105 = FindingRule(
    "DDB105",
    Stage.SPECS,
    Severity.ERROR,
    "an attribute is twice in the key of the table or of an index",
)
DDB106 = FindingRule(
    "DDB106",
    Stage.SPECS,
    Severity.ERROR,
    "the key of an index is empty, or has more attributes than AWS allows",
)
DDB107 = FindingRule(
    "DDB107",
    Stage.SPECS,
    Severity.ERROR,
    "local index … needs a table with a range key",
    remedy="Use a global secondary index instead, or give the table a range key.",
)
DDB111 = FindingRule(
    "DDB111",
    Stage.SPECS,
    Severity.ERROR,
    "… global secondary indexes; AWS allows …",
)
DDB112 = FindingRule(
    "DDB112",
    Stage.SPECS,
    Severity.ERROR,
    "… local secondary indexes; AWS allows …",
)
DDB113 = FindingRule(
    "DDB113",
    Stage.SPECS,
    Severity.ERROR,
    "… projected attributes over all indexes; AWS allows …",
    remedy="Project ALL, or fewer attributes.",
)
DDB114 = FindingRule(
    "DDB114",
    Stage.SPECS,
    Severity.ERROR,
    "index … includes no attributes",
    remedy="Add non_key_attributes.",
)
DDB115 = FindingRule(
    "DDB115",
    Stage.SPECS,
    Severity.ERROR,
    "index … projects …, which takes no non_key_attributes",
    remedy="Remove them, or set type: INCLUDE.",
)
DDB116 = FindingRule(
    "DDB116",
    Stage.SPECS,
    Severity.ERROR,
    "index … includes … attributes; AWS allows 20",
)
DDB117 = FindingRule(
    "DDB117",
    Stage.SPECS,
    Severity.ERROR,
    "index … includes an attribute twice",
)
DDB121 = FindingRule(
    "DDB121",
    Stage.SPECS,
    Severity.ERROR,
    "… of … needs billing_mode: PROVISIONED",
    remedy="Remove it, or set billing_mode: PROVISIONED.",
)
DDB122 = FindingRule(
    "DDB122",
    Stage.SPECS,
    Severity.ERROR,
    "on_demand_throughput of … needs billing_mode: PAY_PER_REQUEST",
)
DDB123 = FindingRule(
    "DDB123",
    Stage.SPECS,
    Severity.ERROR,
    "billing_mode: PROVISIONED needs …_capacity",
    usual_remedy="Add …_capacity, or autoscaling.… with a min.",
)
DDB124 = FindingRule(
    "DDB124",
    Stage.SPECS,
    Severity.ERROR,
    "… of … is …: at least 1, or -1 for no maximum",
)
DDB125 = FindingRule(
    "DDB125",
    Stage.SPECS,
    Severity.ERROR,
    "… of … is …; AWS starts at …",
)
DDB131 = FindingRule(
    "DDB131",
    Stage.SPECS,
    Severity.ERROR,
    "index … replaces …, which the spec still has",
    usual_remedy="Remove … from the list: it goes when … is ACTIVE.",
)
DDB141 = FindingRule(
    "DDB141",
    Stage.SPECS,
    Severity.ERROR,
    "vector indexes on … must have the same dimensions",
)
DDB151 = FindingRule(
    "DDB151",
    Stage.SPECS,
    Severity.ERROR,
    "… tags; AWS allows …",
)
DDB152 = FindingRule(
    "DDB152",
    Stage.SPECS,
    Severity.ERROR,
    "tag …: the prefix aws: is AWS's own",
)
DDB153 = FindingRule(
    "DDB153",
    Stage.SPECS,
    Severity.ERROR,
    "tag …: a key has 1 to 128 characters, a value at most 256",
)
DDB154 = FindingRule(
    "DDB154",
    Stage.SPECS,
    Severity.ERROR,
    "tag …: only letters, digits, spaces and + - = . _ : / @ are allowed",
)
DDB161 = FindingRule(
    "DDB161",
    Stage.SPECS,
    Severity.ERROR,
    "encryption.enabled: false means the AWS owned key, which takes no kms_key_arn",
)
DDB201 = FindingRule(
    "DDB201",
    Stage.SPECS,
    Severity.WARNING,
    "… looks like production, and is not protected from deletion",
    remedy="Set deletion_protection: true.",
)
DDB202 = FindingRule(
    "DDB202",
    Stage.SPECS,
    Severity.WARNING,
    "… indexes project ALL attributes: every write is paid … times over",
    remedy="Project KEYS_ONLY, or INCLUDE what is queried.",
)
DDB301 = FindingRule(
    "DDB301",
    Stage.SPECS,
    Severity.ERROR,
    "the TTL attribute … is a key of type …; TTL reads epoch seconds from a Number and ignores all else",
    remedy="Use an attribute of type N, or one that is no key.",
)
DDB302 = FindingRule(
    "DDB302",
    Stage.SPECS,
    Severity.WARNING,
    "the TTL attribute … is a key: it cannot be changed on a row to keep it",
    remedy="Use an attribute that is no key, unless rows really never live on.",
)
DDB311 = FindingRule(
    "DDB311",
    Stage.SPECS,
    Severity.WARNING,
    "point-in-time recovery is off: rows lost to a mistake cannot be restored",
    remedy="Leave it on, or take backups another way.",
)
DDB321 = FindingRule(
    "DDB321",
    Stage.SPECS,
    Severity.ERROR,
    "contributor insights of …: there is no such global secondary index",
    usual_remedy="Indexes there are: ….",
)
DDB331 = FindingRule(
    "DDB331",
    Stage.SPECS,
    Severity.ERROR,
    "the resource policy has no Statement",
    remedy="Add at least one statement.",
)
DDB332 = FindingRule(
    "DDB332",
    Stage.SPECS,
    Severity.ERROR,
    "the resource policy has … bytes; AWS takes …",
    remedy="Shorten it, or move part of it into IAM policies.",
)
