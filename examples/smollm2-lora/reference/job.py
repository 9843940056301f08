"""What the reference runs take from the job's manifest."""

import hashlib
import json
from pathlib import Path

import yaml


def read_settings(path):
    """Settings of a FederatedTrainingJob that decide what its trainers compute."""
    spec = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["spec"]
    given = spec["trainer"].get("hyperparameters", {})
    adapter, schedule = spec["model"]["adapter"], spec["schedule"]["synchronous"]
    return {
        "rank": adapter["rank"],
        "alpha": adapter.get("alpha", 2 * adapter["rank"]),
        "targets": sorted(adapter["targets"], key=["q_proj", "k_proj", "v_proj"].index),
        "seed": spec["trainer"].get("seed", 1),
        "learningRate": float(given.get("learningRate", 1e-3)),
        "batchSize": int(given.get("batchSize", 1)),
        "clipNorm": float(given.get("clipNorm", 1)),
        "validationPassages": int(given.get("validationPassages", 0)),
        "localSteps": schedule["localSteps"],
        "maxRounds": schedule["maxRounds"],
        "workers": {item["name"]: item.get("workers", 1) for item in spec["participants"]},
    }


def cache_key(settings, folders):
    """Digest of everything that a reference run depends on: its code, the settings and the data."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for name in sorted(folders):
        for split in ("train", "validation"):
            digest.update(Path(folders[name], f"{split}.txt").read_bytes())
    return digest.hexdigest()[:16]
