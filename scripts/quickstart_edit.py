"""The edit of scripts/quickstart: an index by e-mail address, and seven days of recovery instead of 35."""

import sys
from pathlib import Path

from ruamel.yaml import YAML

path = Path(sys.argv[1])
yaml = YAML()
spec = yaml.load(path)
spec["attributes"]["email"] = "S"
index = {"name": "by-email", "hash_key": "email", "projection": {"type": "ALL"}}
spec.setdefault("global_secondary_indexes", []).append(index)
spec["point_in_time_recovery"] = {"enabled": True, "recovery_period_days": 7}
yaml.dump(spec, path)
