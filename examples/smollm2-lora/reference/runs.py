"""Runs that nobody federates, made once per code, data and seed: each participant alone, and all text in one place."""

import datetime
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from job import cache_key
from model import Decoder
from safetensors.torch import load_file, save_file
from training import HELD_OUT_PASSAGES, held_out, passages, shares_of, train, worker_batches

CENTRALISED = "centralised"
BASE = "base"


class ReferenceRuns:
    """The base model, the data of every participant and the cached runs on them."""

    def __init__(self, model_path, settings, folders):
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.settings, self.folders = settings, folders
        self.folder = Path(base) / "tributary" / f"reference-{cache_key(settings, folders)}"
        self.decoder = Decoder(model_path, settings["rank"], settings["alpha"], settings["targets"], settings["seed"])
        self.held_out = {name: held_out(folder, self.decoder.tokenizer) for name, folder in folders.items()}

    def batches(self, run):
        """Batches of a run, round by round: a participant's workers in turn, or the union of everybody's, step by step."""
        rounds = self.settings["maxRounds"]
        names = list(self.folders) if run == CENTRALISED else [run]
        drawn = []
        for name in names:
            shares = shares_of(passages(self.folders[name], "train", self.decoder.tokenizer), self.settings["workers"][name])
            drawn.append(worker_batches(shares, name, self.settings, rounds))
        by_round = []
        for r in range(rounds):
            steps = [[batch for one in drawn for batch in one[r][s]] for s in range(self.settings["localSteps"])]
            by_round.append([torch.cat(step) for step in steps] if run == CENTRALISED else sum(steps, []))
        return by_round

    def ensure(self, run):
        """Trains a run unless it is cached, and keeps the adapter after every round. Gives when and how long."""
        folder = self.folder / run
        note = folder / "run.json"
        if not note.exists():
            folder.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            by_round = self.batches(run)
            ends = np.cumsum([len(batches) for batches in by_round])

            def keep(step, loss, b):
                if step + 1 in ends:
                    number = int(np.searchsorted(ends, step + 1)) + 1
                    tensors = {f"layers.{layer}.{target}.lora_B": value.detach().clone() for (layer, target), value in b.items()}
                    save_file(tensors, folder / f"{number:04d}.safetensors")
                    print(f"{run}: round {number} of {len(by_round)}, loss of the last batch {loss:.3f}", file=sys.stderr, flush=True)

            train(self.decoder, [batch for batches in by_round for batch in batches], self.settings, keep)
            made = {"date": datetime.date.today().isoformat(), "seconds": round(time.monotonic() - started)}
            note.write_text(json.dumps(made))
        return json.loads(note.read_text())

    def losses(self, run, round_number):
        """Mean loss of every held-out passage by participant, for the base model or a run after a round; cached."""
        path = self.folder / run / (f"{round_number:04d}.npz" if run != BASE else "losses.npz")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            b = {} if run == BASE else self.adapter(self.folder / run / f"{round_number:04d}.safetensors")
            np.savez(path, **self.evaluate(b))
        with np.load(path) as file:
            return {name: file[name] for name in self.folders}

    def evaluate(self, b):
        """Mean loss of every held-out passage by participant."""
        return {name: self.decoder.passage_losses(found, b) for name, found in self.held_out.items()}

    def table(self, losses):
        """Losses of the passages that tables are made of: one passage of each document."""
        return {name: values[:HELD_OUT_PASSAGES] for name, values in losses.items()}

    def adapter(self, path):
        """B by (layer, target) from a safetensors file with the names that the job exchanges."""
        tensors = load_file(path)
        expected = self.decoder.zeros()
        names = {key: f"layers.{key[0]}.{key[1]}.lora_B" for key in expected}
        for key, name in names.items():
            if name not in tensors or tensors[name].shape != expected[key].shape:
                raise SystemExit(f"{path}: tensor {name} is absent or has another shape than {list(expected[key].shape)}")
        return {key: tensors[name] for key, name in names.items()}
