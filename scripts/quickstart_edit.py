"""The edit of scripts/quickstart: an index by creation time, and seven days of recovery instead of 35."""

import sys
from pathlib import Path

from ruamel.yaml import YAML

path = Path(sys.argv[1])
yaml = YAML()
spec = yaml.load(path)
spec["attributes"]["created_at"] = "S"
index = {"name": "by-creation", "hash_key": "created_at", "projection": {"type": "KEYS_ONLY"}}
spec.setdefault("global_secondary_indexes", []).append(index)
spec["point_in_time_recovery"] = {"enabled": True, "recovery_period_days": 7}
yaml.dump(spec, path)
