"""Findings about replicas and strong consistency: DDB468 to DDB474, and DDB501 on."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

DDB468 = FindingRule(
    "DDB468",
    Stage.SPECS,
    Severity.ERROR,
    "strong consistency is not to be had among …",
    usual_remedy="The sets of regions: .",
)
DDB469 = FindingRule(
    "DDB469",
    Stage.PLAN,
    Severity.ERROR,
    "a table named … is in … already, and it is no replica of this one",
    remedy="Nothing was done to it. Give the table another name, leave the region out, or delete that table "
    "yourself if nobody needs it.",
)
DDB470 = FindingRule(
    "DDB470",
    Stage.PLAN,
    Severity.ERROR,
    "a strongly consistent global table is fixed as it was made; this changes …",
    remedy="Remove all replicas and the witness first (apply without them), then add those that you want; AWS "
    "makes such a group of an empty table only.",
)
DDB471 = FindingRule(
    "DDB471",
    Stage.PLAN,
    Severity.ERROR,
    "… has replicas already, which cannot become strongly consistent",
    remedy="Remove the replicas first (apply without them); AWS makes such a group of an empty table only.",
)
DDB472 = FindingRule(
    "DDB472",
    Stage.PLAN,
    Severity.WARNING,
    "… had … items when AWS last counted; a strongly consistent global table can only be made of an empty"
    " table",
    remedy="AWS will refuse the change unless the items are gone.",
)
DDB473 = FindingRule(
    "DDB473",
    Stage.PLAN,
    Severity.ERROR,
    "the stream of … cannot be changed while it has replicas (…)",
    remedy="Leave the stream as it is (stream: {view_type: NEW_AND_OLD_IMAGES}), or remove the replicas first.",
)
DDB474 = FindingRule(
    "DDB474",
    Stage.PLAN,
    Severity.ERROR,
    "… cannot get a replica while the write capacity of … is not autoscaled; the spec does not name such "
    "an index",
    remedy="Declare it with autoscaling (indexes: all), delete it, or use PAY_PER_REQUEST.",
)
DDB501 = FindingRule(
    "DDB501",
    Stage.SPECS,
    Severity.ERROR,
    "… has two replicas",
)
DDB502 = FindingRule(
    "DDB502",
    Stage.SPECS,
    Severity.ERROR,
    "… is the table's own region",
)
DDB503 = FindingRule(
    "DDB503",
    Stage.SPECS,
    Severity.ERROR,
    "replicas need a stream of NEW_AND_OLD_IMAGES",
)
DDB504 = FindingRule(
    "DDB504",
    Stage.SPECS,
    Severity.ERROR,
    "strong consistency takes two replicas, or one and a witness",
)
DDB505 = FindingRule(
    "DDB505",
    Stage.SPECS,
    Severity.ERROR,
    "a witness region goes with multi_region_consistency: STRONG",
)
DDB506 = FindingRule(
    "DDB506",
    Stage.SPECS,
    Severity.ERROR,
    "the table has a KMS key of its own and its replica in … has none, or the other way round",
    usual_remedy="Give a key for each member: encryption.kms_key_arn, and kms_key_arn of each replica.",
)
DDB507 = FindingRule(
    "DDB507",
    Stage.SPECS,
    Severity.ERROR,
    "AWS replicates a PROVISIONED table only when the write capacity of the table and of every index is "
    "autoscaled, and that of … is not",
    remedy="Add autoscaling.write, and indexes: all or a write for each index; or use PAY_PER_REQUEST.",
)
DDB508 = FindingRule(
    "DDB508",
    Stage.SPECS,
    Severity.ERROR,
    "… has no protection against disassociation",
    usual_remedy="Remove the key, or add replicas.",
)
