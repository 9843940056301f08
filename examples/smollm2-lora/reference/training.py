"""Data and training as the job does them, for runs that nobody federates."""

import re
from pathlib import Path

import torch
from model import Stream

PASSAGE_TOKENS = 64
HELD_OUT_PASSAGES = 80


def passages(folder, name, tokenizer):
    """All passages of a data set's file: the first of every document, then the second of every document, and so on."""
    text = Path(folder, f"{name}.txt").read_text(encoding="utf-8")
    tokens = [tokenizer.encode(part.strip()).ids for part in re.split(r"\r?\n?\f\r?\n?", text)]
    rows = max(len(ids) // PASSAGE_TOKENS for ids in tokens)
    cuts = [(ids, row * PASSAGE_TOKENS) for row in range(rows) for ids in tokens]
    return [torch.tensor(ids[at : at + PASSAGE_TOKENS]) for ids, at in cuts if at + PASSAGE_TOKENS <= len(ids)]


def held_out(folder, tokenizer):
    """All held-out passages of a data set; the first HELD_OUT_PASSAGES are of as many documents."""
    found = passages(folder, "validation", tokenizer)
    if len(found) < HELD_OUT_PASSAGES:
        raise SystemExit(f"{folder}/validation.txt gives {len(found)} passages, {HELD_OUT_PASSAGES} are needed")
    return found


def draw(seed, participant, worker, round_number, step, count, size):
    """Indices of the passages that a worker takes in one local step."""
    stream = Stream(f"tributary/v1/batch/seed={seed}/{participant}/{worker}/round={round_number}/step={step}")
    return [int(stream.next() / 2**32 * count) for _ in range(size)]


def worker_batches(shares, participant, settings, rounds):
    """Batches of one participant, [round][step][worker]: the same that its workers draw in the job."""
    draws = lambda worker, r, s: draw(
        settings["seed"], participant, worker, r, s, len(shares[worker]), settings["batchSize"]
    )
    return [
        [
            [torch.stack([shares[w][i] for i in draws(w, r, s)]) for w in range(len(shares))]
            for s in range(settings["localSteps"])
        ]
        for r in range(rounds)
    ]


def shares_of(all_passages, workers):
    """Passage i belongs to worker i mod workers."""
    return [all_passages[worker::workers] for worker in range(workers)]


def train(decoder, batches, settings, after_step):
    """Takes one AdamW step on every batch, in order, from B = 0."""
    b = {key: value.requires_grad_() for key, value in decoder.zeros().items()}
    optimiser = torch.optim.AdamW(list(b.values()), lr=settings["learningRate"], weight_decay=0.0)
    for step, batch in enumerate(batches):
        loss = decoder.losses(batch, b).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(b.values()), settings["clipNorm"])
        optimiser.step()
        after_step(step, loss.item(), b)
