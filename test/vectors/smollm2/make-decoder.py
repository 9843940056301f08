"""Writes losses, logits and gradients by PyTorch for a model file: toy-decoder.json or smollm2-decoder.json.

    examples/smollm2-lora/run-python.sh ../../test/vectors/smollm2/make-decoder.py MODEL.gguf OUT.json
"""

import hashlib
import json
import sys
from pathlib import Path

import torch

here = Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "examples/smollm2-lora/reference"))

from model import Decoder, Stream  # noqa: E402

RANK, ALPHA, TARGETS, SEED = 4, 8, ["q_proj", "k_proj", "v_proj"], 7
B_SCALE = 0.05
TEXT = (
    "The capital of France is Paris. In 1998 the President asked both Houses for their support, and many of the letters that "
    "came back were written by people who had never written to anyone in public life before; they asked for schools."
)


def random_b(decoder):
    """B from the documented stream: (2 w / 2^32 - 1) B_SCALE, matrix after matrix in layer and target order."""
    stream = Stream("tributary/v1/vectors/b")
    draw = lambda count: [(2 * stream.next() / 2**32 - 1) * B_SCALE for _ in range(count)]
    return {key: torch.tensor(draw(value.numel()), dtype=torch.float32).view(value.shape) for key, value in decoder.zeros().items()}


decoder = Decoder(sys.argv[1], RANK, ALPHA, TARGETS, SEED)
ids = torch.tensor([decoder.tokenizer.encode(TEXT).ids[:32]])
b = {key: value.requires_grad_() for key, value in random_b(decoder).items()}
with torch.no_grad():
    base = decoder.logits(ids[:, :5], {})[0, -1]
    base_losses = decoder.losses(ids, {})[0]
losses = decoder.losses(ids, b)[0]
losses.mean().backward()
gradients = {f"layers.{layer}.{target}.lora_B": value.grad.flatten() for (layer, target), value in b.items()}
top = base.topk(5)
vectors = {
    "provenance": f"PyTorch {torch.__version__} on float32, examples/smollm2-lora/reference/model.py; written by make-decoder.py",
    "modelSha256": hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest(),
    "lora": {"rank": RANK, "alpha": ALPHA, "targets": TARGETS, "seed": SEED},
    "bScale": B_SCALE,
    "ids": ids[0].tolist(),
    "baseTopLogits": [[i, v] for i, v in zip(top.indices.tolist(), top.values.tolist())],
    "baseLosses": base_losses.tolist(),
    "losses": losses.tolist(),
    "gradientNorm": torch.cat(list(gradients.values())).norm().item(),
    "gradients": {name: value[:: max(1, len(value) // 4)][:4].tolist() for name, value in list(gradients.items())[:6] + list(gradients.items())[-3:]},
}
Path(sys.argv[2]).write_text(json.dumps(vectors, indent=1) + "\n")
