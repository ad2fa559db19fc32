"""Findings about spec files, project files and files of house rules, whatever is in them: SPEC, PROJECT and POLICY."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

POLICY = FindingRule(
    "POLICY",
    Stage.PROJECT,
    Severity.ERROR,
    "a file of house rules is not valid: …",
    remedy="docs/reviews.md shows what rules look like.",
)
PROJECT = FindingRule(
    "PROJECT",
    Stage.PROJECT,
    Severity.ERROR,
    "the project file, or an overlay or a file that it names, is not valid: …",
)
SPEC001 = FindingRule(
    "SPEC001",
    Stage.SPECS,
    Severity.ERROR,
    "…: the file or folder cannot be read, is not there, or is not in the project",
    usual_remedy="Name a file or folder of the project that can be read; spec files end in .yaml, .yml or .json.",
)
SPEC002 = FindingRule(
    "SPEC002",
    Stage.SPECS,
    Severity.ERROR,
    "the file is empty, or is not valid YAML: …",
)
SPEC003 = FindingRule(
    "SPEC003",
    Stage.SPECS,
    Severity.ERROR,
    "the document, or all documents together, are too large, nested too deeply, or expand to too much",
    usual_remedy="Let overlays, defaults and variables name fewer tables, or say less.",
)
SPEC004 = FindingRule(
    "SPEC004",
    Stage.SPECS,
    Severity.ERROR,
    "a map of keys is needed: of a spec, of an overlay, or for <<",
    usual_remedy="Begin with `table_name: NAME`.",
)
SPEC005 = FindingRule(
    "SPEC005",
    Stage.SPECS,
    Severity.ERROR,
    "the key … stands twice",
    usual_remedy="Remove one.",
)
SPEC006 = FindingRule(
    "SPEC006",
    Stage.SPECS,
    Severity.ERROR,
    "… is not a plain value of YAML, or its tag is not allowed in a spec",
    usual_remedy="Write a plain value.",
)
SPEC007 = FindingRule(
    "SPEC007",
    Stage.SPECS,
    Severity.ERROR,
    "${…} is not defined, has no end, or cannot stand there",
    usual_remedy="Give it a value with --var, close it with }, or write $${ for a literal ${.",
)
SPEC008 = FindingRule(
    "SPEC008",
    Stage.SPECS,
    Severity.ERROR,
    "${…} may not be read: …",
)
SPEC010 = FindingRule(
    "SPEC010",
    Stage.SPECS,
    Severity.ERROR,
    "unknown key … in …",
)
SPEC011 = FindingRule(
    "SPEC011",
    Stage.SPECS,
    Severity.ERROR,
    "… is missing in …",
    usual_remedy="table_name, hash_key and attributes are always needed.",
)
SPEC012 = FindingRule(
    "SPEC012",
    Stage.SPECS,
    Severity.ERROR,
    "…: the value does not fit",
)
SPEC013 = FindingRule(
    "SPEC013",
    Stage.SPECS,
    Severity.ERROR,
    "the table … is declared twice",
    usual_remedy="The other is at ….",
)
SPEC014 = FindingRule(
    "SPEC014",
    Stage.SPECS,
    Severity.ERROR,
    "items_file: the file … may not be read, or is too large",
    usual_remedy="Keep the file beside the spec, or in its repository.",
)
SPEC015 = FindingRule(
    "SPEC015",
    Stage.SPECS,
    Severity.ERROR,
    "the overlay is for …, which …",
    usual_remedy="… A new table stands in a spec, not in an overlay.",
)
SPEC016 = FindingRule(
    "SPEC016",
    Stage.SPECS,
    Severity.ERROR,
    "only: there is no environment …",
)
SPEC017 = FindingRule(
    "SPEC017",
    Stage.SPECS,
    Severity.ERROR,
    "defaults stand in a document of their own, not in an overlay or a spec",
    usual_remedy="Separate it from the table with a line `---`.",
)
SPEC018 = FindingRule(
    "SPEC018",
    Stage.SPECS,
    Severity.ERROR,
    "${ref:…}: no document of this run declares the table …",
    usual_remedy="Name a table whose spec is read by the same command, or an external one.",
)
SPEC021 = FindingRule(
    "SPEC021",
    Stage.SPECS,
    Severity.WARNING,
    "there is no finding … to suppress",
    always_shown=True,
)
SPEC022 = FindingRule(
    "SPEC022",
    Stage.SPECS,
    Severity.WARNING,
    "… is suppressed, and is an error or is not found any more",
    usual_remedy="Remove it.",
    always_shown=True,
)
SPEC031 = FindingRule(
    "SPEC031",
    Stage.SPECS,
    Severity.ERROR,
    "moved: two blocks say …: …",
    usual_remedy="The other is at ….",
)
SPEC032 = FindingRule(
    "SPEC032",
    Stage.SPECS,
    Severity.ERROR,
    "moved: the blocks lead in a circle: …",
    remedy="Take one of them out.",
)
SPEC033 = FindingRule(
    "SPEC033",
    Stage.SPECS,
    Severity.ERROR,
    "two blocks contradict each other about …",
    usual_remedy="The other block is at ….",
)
SPEC034 = FindingRule(
    "SPEC034",
    Stage.SPECS,
    Severity.ERROR,
    "… is the address of no kind of resource",
)
SPEC035 = FindingRule(
    "SPEC035",
    Stage.PLAN,
    Severity.ERROR,
    "removed: … is still declared",
    remedy="Take it out of its spec, or take the block out.",
)
SPEC036 = FindingRule(
    "SPEC036",
    Stage.PLAN,
    Severity.ERROR,
    "import: no spec declares …",
)
SPEC037 = FindingRule(
    "SPEC037",
    Stage.PLAN,
    Severity.ERROR,
    "import: … is to be in …, and its spec is for …",
    remedy="Set `region` of the spec to where the table is.",
)
SPEC038 = FindingRule(
    "SPEC038",
    Stage.PLAN,
    Severity.ERROR,
    "moved: …",
)
SPEC039 = FindingRule(
    "SPEC039",
    Stage.PLAN,
    Severity.ERROR,
    "…: the state knows no …",
)
SPEC041 = FindingRule(
    "SPEC041",
    Stage.SPECS,
    Severity.ERROR,
    "… is outside of the regions of the environment …",
    usual_remedy="Its regions are …: ….",
)
