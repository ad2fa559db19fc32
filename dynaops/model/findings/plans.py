"""Findings of a plan: PLAN."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

PLAN101 = FindingRule(
    "PLAN101",
    Stage.PLAN,
    Severity.ERROR,
    "warm_throughput.… of … is lowered from … to …; AWS can only raise warm throughput",
    usual_remedy="Put … back, or remove warm_throughput to stop managing it.",
)
PLAN102 = FindingRule(
    "PLAN102",
    Stage.PLAN,
    Severity.ERROR,
    "index … needs … as …, but … has it as a key of type …",
    remedy="An attribute has one type in all keys of a table. Remove the other index first, or use another "
    "attribute.",
)
PLAN103 = FindingRule(
    "PLAN103",
    Stage.PLAN,
    Severity.ERROR,
    "… would have … global secondary indexes at once; AWS allows …",
    remedy="Remove an index first (indexes that nobody manages count too), or drop `replaces`.",
)
PLAN104 = FindingRule(
    "PLAN104",
    Stage.PLAN,
    Severity.ERROR,
    "… of … cannot be changed now: AWS allows …, and they are used up",
    usual_remedy="Try again in about … hours.",
)
PLAN105 = FindingRule(
    "PLAN105",
    Stage.PLAN,
    Severity.WARNING,
    "today's decreases of provisioned throughput of … are used up; apply waits for AWS to allow another "
    "(one an hour, all of them again at 00:00 UTC)",
    remedy="Use --no-wait to leave it to a later apply.",
)
PLAN106 = FindingRule(
    "PLAN106",
    Stage.PLAN,
    Severity.ERROR,
    "… would be …, and lifecycle.prevent_destroy of … forbids that",
    usual_remedy="No option lifts it. To give it up: …take prevent_destroy out of the spec, undo what would be …, and "
    "apply that; the next plan may then do it.",
)
PLAN107 = FindingRule(
    "PLAN107",
    Stage.PLAN,
    Severity.WARNING,
    "… is not the table that was applied: it was deleted and created again by others",
    remedy="Check its rows. This plan treats it as the table of the spec.",
)
PLAN110 = FindingRule(
    "PLAN110",
    Stage.PLAN,
    Severity.INFO,
    "since the plan was made, …",
    remedy="Make a new plan to see what that comes to.",
    always_shown=True,
)
PLAN111 = FindingRule(
    "PLAN111",
    Stage.PLAN,
    Severity.INFO,
    "this goes on with a run of the plan that did not come to its end: … of its … operations are done",
    always_shown=True,
)
PLAN120 = FindingRule(
    "PLAN120",
    Stage.PLAN,
    Severity.ERROR,
    "… are one table in AWS, … in …; a plan that has it twice could delete it",
)
PLAN121 = FindingRule(
    "PLAN121",
    Stage.PLAN,
    Severity.ERROR,
    "… and … are both the … …",
    usual_remedy="Only one address can be it: give the other another name.…",
)
PLAN122 = FindingRule(
    "PLAN122",
    Stage.PLAN,
    Severity.ERROR,
    "… and … are both the … …, and say different things of its …",
    usual_remedy="Give one of them another name, or let both say the same.…",
)
PLAN123 = FindingRule(
    "PLAN123",
    Stage.PLAN,
    Severity.ERROR,
    "… is to be imported, and AWS has no such … in …",
)
PLAN124 = FindingRule(
    "PLAN124",
    Stage.PLAN,
    Severity.INFO,
    "blocks that have nothing to do in this state: ……",
    remedy="Take them out once that is so in all states of these specs.",
    always_shown=True,
)
PLAN125 = FindingRule(
    "PLAN125",
    Stage.PLAN,
    Severity.WARNING,
    "… is deleted, and … is created with the same keys and indexes: AWS cannot rename a table, and the "
    "items of … would be lost",
    usual_remedy="If it is a rename, leave the spec of … in place, make the new table of it (`dynaops backup restore …"
    " … --latest`), and take the old one out when nothing uses it any more: docs/refactoring.md.",
    always_shown=True,
)
PLAN126 = FindingRule(
    "PLAN126",
    Stage.PLAN,
    Severity.WARNING,
    "… is deleted, and … is built with the same keys: AWS cannot rename an index, and neither can be "
    "queried until the new one is built",
    usual_remedy="`replaces: …` on … keeps the old index until the new one is ACTIVE.",
    always_shown=True,
)
PLAN127 = FindingRule(
    "PLAN127",
    Stage.PLAN,
    Severity.INFO,
    "… is deleted, and … is created with the same text: IAM cannot rename a policy",
    remedy="Who uses it by its ARN outside of the specs must use the new one.",
    always_shown=True,
)
PLAN128 = FindingRule(
    "PLAN128",
    Stage.PLAN,
    Severity.ERROR,
    "the external table … is not in …",
    remedy="Others make it: check its name, region and account, or take the document out.",
)
PLAN129 = FindingRule(
    "PLAN129",
    Stage.PLAN,
    Severity.ERROR,
    "… of the external table … is … in AWS, and its document says …",
    remedy="Correct it, or leave it out to take the table's own.",
)
PLAN130 = FindingRule(
    "PLAN130",
    Stage.PLAN,
    Severity.ERROR,
    "…: ${ref:…}: … is not in this plan, or is deleted by it",
    usual_remedy="Plan both tables together (--target), or take the reference out.",
)
PLAN131 = FindingRule(
    "PLAN131",
    Stage.PLAN,
    Severity.ERROR,
    "…: … … is not this state's: it bears the mark of another, …",
)
PLAN132 = FindingRule(
    "PLAN132",
    Stage.PLAN,
    Severity.INFO,
    "…: … … is there already, and is taken over as it is",
    remedy="AWS's own services make such groups. If another state looks after it, leave it out of this spec.",
)
PLAN133 = FindingRule(
    "PLAN133",
    Stage.PLAN,
    Severity.WARNING,
    "… is recorded here, but … … bears the mark of another state, …",
    usual_remedy="It is left alone. Forget it: dynaops state rm …. …",
)
PLAN134 = FindingRule(
    "PLAN134",
    Stage.PLAN,
    Severity.WARNING,
    "…: … … stays, since it bears the mark of another state, …",
    usual_remedy="This state forgets it. …",
)
PLAN135 = FindingRule(
    "PLAN135",
    Stage.PLAN,
    Severity.INFO,
    "…: …",
    remedy="It is used as it is, never changed or deleted.",
)
PLAN136 = FindingRule(
    "PLAN136",
    Stage.PLAN,
    Severity.INFO,
    "… gets no mark (…): …",
    remedy="Other states cannot tell that it is this state's; it is planned as before.",
)
PLAN137 = FindingRule(
    "PLAN137",
    Stage.PLAN,
    Severity.ERROR,
    "…: the tag … is the mark by which states tell what is theirs",
    remedy="Take it out of the spec's tags; dynaops writes it itself.",
)
PLAN138 = FindingRule(
    "PLAN138",
    Stage.PLAN,
    Severity.ERROR,
    "… would change … of the … …, which … was applied with",
    usual_remedy="Plan both together (… is of …), and let both say the same; or give one of them another name.",
)
PLAN139 = FindingRule(
    "PLAN139",
    Stage.PLAN,
    Severity.WARNING,
    "… is forgotten, and keeps the mark (…) if it has one: AWS was not looked at",
    remedy="Plan without --no-refresh to take it away.",
)
PLAN141 = FindingRule(
    "PLAN141",
    Stage.PLAN,
    Severity.WARNING,
    "this looks like the specs of one environment on the state of another: … would come and … would go, "
    "whose names differ in …, such as … and …",
    remedy="Check the state's place, the account and the environment in the headline (--state, -E), and the "
    "variables of the specs.",
    always_shown=True,
)
PLAN142 = FindingRule(
    "PLAN142",
    Stage.PLAN,
    Severity.WARNING,
    "there is no state at …, so everything is planned as new; but there are traces of one",
    usual_remedy="Check the state's place and the environment.",
    always_shown=True,
)
PLAN481 = FindingRule(
    "PLAN481",
    Stage.PLAN,
    Severity.WARNING,
    "… rows of … that dynaops did not write are replaced by the spec's: …",
    remedy="Take them out of the spec to leave them as they are.",
)
