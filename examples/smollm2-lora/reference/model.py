"""SmolLM2 in PyTorch, straight from the GGUF file: an independent second opinion on the trainer's model.

Written from the model's published architecture (Llama: RMSNorm, rotary positions, grouped queries, SwiGLU, tied
embedding); shares no code with the trainer.
"""

import hashlib
import math
import struct

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch.nn import functional


class Decoder:
    """The base model, frozen, and functions of the trained matrices: a dict of B by (layer, target)."""

    def __init__(self, path, rank, alpha, targets, seed):
        reader = GGUFReader(path)
        field = lambda key: reader.fields[f"llama.{key}"].contents()
        self.layers, self.width = field("block_count"), field("embedding_length")
        self.heads, self.kv_heads = field("attention.head_count"), field("attention.head_count_kv")
        self.head_width = self.width // self.heads
        self.epsilon, self.base = field("attention.layer_norm_rms_epsilon"), field("rope.freq_base")
        self.rank, self.scale, self.targets = rank, alpha / rank, targets
        self.weights = {t.name: torch.from_numpy(dequantize(t.data, t.tensor_type).copy()) for t in reader.tensors}
        for layer in range(self.layers):
            for name, heads in (("attn_q", self.heads), ("attn_k", self.kv_heads)):
                key = f"blk.{layer}.{name}.weight"
                rows = self.weights[key].view(heads, self.head_width // 2, 2, self.width)
                self.weights[key] = rows.transpose(1, 2).reshape(-1, self.width).contiguous()
        self.a = {(layer, t): frozen_a(seed, layer, t, rank, self.width) for layer in range(self.layers) for t in targets}
        self.tokenizer = tokenizer_of(reader)

    def zeros(self):
        """B before any training."""
        rows = {"q_proj": self.heads * self.head_width, "k_proj": self.kv_heads * self.head_width}
        rows["v_proj"] = rows["k_proj"]
        return {key: torch.zeros(rows[key[1]], self.rank) for key in self.a}

    def projected(self, x, b, layer, target):
        """x times W plus the adapter's scaled B A."""
        out = functional.linear(x, self.weights[f"blk.{layer}.attn_{target[0]}.weight"])
        if (layer, target) not in b:
            return out
        low = functional.linear(x, self.a[layer, target])
        return out + self.scale * functional.linear(low, b[layer, target])

    def norm(self, x, name):
        """Root-mean-square norm."""
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weights[f"{name}.weight"]

    def logits(self, ids, b):
        """Logits of every position: [count, length, vocabulary]."""
        count, length = ids.shape
        half = self.head_width // 2
        angles = torch.outer(torch.arange(length).float(), self.base ** (-torch.arange(half).float() / half))
        cos, sin = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
        rotate = lambda v: v * cos + torch.cat((-v[..., half:], v[..., :half]), -1) * sin
        split = lambda v, heads: v.view(count, length, heads, self.head_width).transpose(1, 2)
        x = self.weights["token_embd.weight"][ids]
        for layer in range(self.layers):
            h = self.norm(x, f"blk.{layer}.attn_norm")
            q = rotate(split(self.projected(h, b, layer, "q_proj"), self.heads))
            k = rotate(split(self.projected(h, b, layer, "k_proj"), self.kv_heads))
            v = split(self.projected(h, b, layer, "v_proj"), self.kv_heads)
            group = self.heads // self.kv_heads
            mixed = functional.scaled_dot_product_attention(
                q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), is_causal=True
            )
            mixed = mixed.transpose(1, 2).reshape(count, length, -1)
            x = x + functional.linear(mixed, self.weights[f"blk.{layer}.attn_output.weight"])
            h = self.norm(x, f"blk.{layer}.ffn_norm")
            gate = functional.silu(functional.linear(h, self.weights[f"blk.{layer}.ffn_gate.weight"]))
            up = functional.linear(h, self.weights[f"blk.{layer}.ffn_up.weight"])
            x = x + functional.linear(gate * up, self.weights[f"blk.{layer}.ffn_down.weight"])
        return functional.linear(self.norm(x, "output_norm"), self.weights["token_embd.weight"])

    def losses(self, ids, b):
        """Loss of each prediction: [count, length - 1], in nats."""
        logits = self.logits(ids[:, :-1], b)
        return functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")

    @torch.no_grad()
    def passage_losses(self, passages, b, at_once=16):
        """Mean loss of each passage, as numpy."""
        parts = [self.losses(torch.stack(passages[i : i + at_once]), b).mean(1) for i in range(0, len(passages), at_once)]
        return torch.cat(parts).numpy().astype(np.float64)


class Stream:
    """Random 32-bit words: word 8 i + j is the j-th little-endian word of SHA-256(SHA-256(label) + i as 8 bytes)."""

    def __init__(self, label):
        self.key, self.block, self.words = hashlib.sha256(label.encode()).digest(), 0, []

    def next(self):
        """The next word."""
        if not self.words:
            digest = hashlib.sha256(self.key + struct.pack("<Q", self.block)).digest()
            self.words, self.block = list(struct.unpack("<8I", digest)), self.block + 1
        return self.words.pop(0)


def frozen_a(seed, layer, target, rank, width):
    """A of one adapter, which everyone draws from the job's seed."""
    stream = Stream(f"tributary/v1/lora-a/seed={seed}/layers.{layer}.{target}.lora_A")
    values = [(2 * stream.next() / 2**32 - 1) / math.sqrt(width) for _ in range(rank * width)]
    return torch.tensor(values, dtype=torch.float32).view(rank, width)


def tokenizer_of(reader):
    """The file's own tokenizer, by Hugging Face's library."""
    vocabulary = {token: i for i, token in enumerate(reader.fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ")) for merge in reader.fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    digits, by_bytes = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, by_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
