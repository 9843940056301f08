"""A second implementation of XSA1, written from docs/reference/xsa1.md: parties and aggregator, spoken to in JSON lines over stdin and stdout.

It trusts its caller: it checks signatures, digests and shares, not the policy of a member. Randomness comes from a seed, so that a
failing run can be played again; never use it for real data.
"""
import hashlib, json, random, struct, sys, traceback
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

u8, u16, u32, u64 = (lambda v, f=f: struct.pack(f, v) for f in (">B", ">H", ">I", ">Q"))
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
blob = lambda data: u32(len(data)) + data
raw = lambda key: key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
hkdf = lambda ikm, salt, info: HKDF(hashes.SHA256(), 32, salt, info).derive(ikm)
sign = lambda secret, message: Ed25519PrivateKey.from_private_bytes(secret).sign(message)
verify = lambda public, signature, message: Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
public_of = lambda secret: raw(X25519PrivateKey.from_private_bytes(secret).public_key())
agree = lambda secret, public: X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


class Reader:
    def __init__(self, data): self.data, self.at = data, 0
    def take(self, size):
        assert self.at + size <= len(self.data), "message ends early"
        self.at += size
        return self.data[self.at - size:self.at]
    def num(self, fmt): return struct.unpack(fmt, self.take(struct.calcsize(fmt)))[0]
    def u8(self): return self.num(">B")
    def u32(self): return self.num(">I")
    def u64(self): return self.num(">Q")
    def b32(self): return self.take(32)
    def b64(self): return self.take(64)
    def blob(self): return self.take(self.u32())
    def text(self): return self.take(self.u8()).decode()
    def list(self, item): return [item(self) for _ in range(self.u32())]


def keystream(kind, key, size):
    algorithm = algorithms.ChaCha20(key, bytes(16)) if kind else algorithms.AES(key)
    return Cipher(algorithm, None if kind else modes.CTR(bytes(16))).encryptor().update(bytes(size))

def pack(values, bits):
    groups = -(-len(values) // 8)
    number = sum((value % (1 << bits)) << (bits * place) for place, value in enumerate(values))
    return number.to_bytes(groups * bits, "little")

def unpack(data, bits, count):
    number = int.from_bytes(data, "little")
    values = [(number >> (bits * place)) % (1 << bits) for place in range(count)]
    return [value - (1 << bits) if value >> (bits - 1) else value for value in values]

def add(vector, other, bits, sign):
    count = len(vector) * 8 // bits
    return pack([a + sign * b for a, b in zip(unpack(vector, bits, count), unpack(other, bits, count))], bits)


def multiply(a, b, bits, polynomial):
    product = 0
    for place in range(bits):
        if b >> place & 1: product ^= a << place
    for place in range(2 * bits - 2, bits - 1, -1):
        if product >> place & 1: product ^= polynomial << (place - bits)
    return product

def field_of(holders): return (8, 0x11B) if holders <= 255 else (16, 0x1100B)

def elements(secret, bits): return [int.from_bytes(secret[at:at + bits // 8], "big") for at in range(0, 32, bits // 8)]

def split(secret, threshold, holders, rng):
    field = field_of(holders)
    terms = [elements(secret, field[0])] + [elements(rng.randbytes(32), field[0]) for _ in range(threshold - 1)]
    shares = []
    for x in range(1, holders + 1):
        value = [0] * len(terms[0])
        for term in reversed(terms): value = [multiply(v, x, *field) ^ c for v, c in zip(value, term)]
        shares.append(b"".join(v.to_bytes(field[0] // 8, "big") for v in value))
    return shares

def combine(points, holders):
    bits, polynomial = field = field_of(holders)
    total = [0] * (256 // bits)
    for x, share in points.items():
        weight = 1
        for other in points:
            if other == x: continue
            inverse, square, power = 1, other ^ x, (1 << bits) - 2
            while power:
                if power & 1: inverse = multiply(inverse, square, *field)
                square, power = multiply(square, square, *field), power >> 1
            weight = multiply(weight, multiply(other, inverse, *field), *field)
        total = [t ^ multiply(e, weight, *field) for t, e in zip(total, elements(share, bits))]
    return b"".join(t.to_bytes(bits // 8, "big") for t in total)


class Round:
    """Setup, plan, key list and graph: what both sides know."""
    def read_setup(self, r):
        start = r.at
        self.protocol, self.kind, self.job, self.round, self.attempt = r.u8(), r.u8(), r.text(), r.u64(), r.u32()
        self.aggregator_key, self.context, self.min_organisations = r.b32(), r.b32(), r.num(">H")
        self.threshold, self.min_survivors, self.neighbours = r.u32(), r.u32(), r.u32()
        self.roster = {i: (org, key) for i, org, key, _ in r.list(lambda e: (e.u32(), e.text(), e.b32(), e.b32()))}
        self.segments = r.list(lambda e: (e.u32(), e.u32(), e.u8(), e.u8()))
        self.setup = r.data[start:r.at]
        self.setup_digest = sha256(b"xsa1/setup", self.setup)
    def read_plan(self, r):
        start = r.at
        self.model, self.steps = r.b32(), r.list(lambda e: e.list(lambda s: s.num(">h")))
        self.plan = r.data[start:r.at]
        self.plan_digest = sha256(self.setup_digest, self.plan)
    def bitmap(self, parties):
        bits = sum(1 << rank for rank, party in enumerate(sorted(self.roster)) if party in parties)
        return bits.to_bytes(-(-len(self.roster) // 8), "little")
    def parties_in(self, bitmap):
        return [party for rank, party in enumerate(sorted(self.roster)) if bitmap[rank // 8] >> rank % 8 & 1]
    def fix_keys(self, members):
        self.members = [party for party, _ in members]
        self.keys_digest = sha256(b"xsa1/keys", self.setup_digest, *[u32(party) + digest for party, digest in members])
        n, k = len(members), self.neighbours
        if k == 0 or k >= n - 1:
            self.graph = {p: [q for q in self.members if q != p] for p in self.members}
            self.signers = {p: self.members for p in self.members}
            return
        order, stream, at = list(range(n)), keystream(0, self.keys_digest, 64 * n), 0
        for last in range(n - 1, 0, -1):
            while True:
                word, at = int.from_bytes(stream[at:at + 4], "big"), at + 4
                if word < 2**32 - 2**32 % (last + 1): break
            other = word % (last + 1)
            order[last], order[other] = order[other], order[last]
        ring = [self.members[rank] for rank in order]
        steps = [d for d in range(-k // 2, k // 2 + 1) if d]
        self.graph = {p: sorted({ring[(place + d) % n] for d in steps}) for place, p in enumerate(ring)}
        self.signers = self.graph
    def holders(self, party): return sorted(self.graph[party] + [party])
    def pair_key(self, secret, public, segment, i, j):
        return hkdf(agree(secret, public), self.plan_digest, b"xsa1/pair" + u32(segment) + u32(min(i, j)) + u32(max(i, j)))
    def self_key(self, seed, segment, party): return hkdf(seed, self.plan_digest, b"xsa1/self" + u32(segment) + u32(party))
    def commitment(self, party, segment, seed): return sha256(b"xsa1/b", self.setup_digest, u32(party), u32(segment), seed)
    def consistency(self, segment, bitmap): return b"xsa1/con" + self.plan_digest + u32(segment) + bitmap
    def read_advertise(self, data):
        r = Reader(data)
        assert r.take(2) == b"\x01\x02" and r.b32() == self.setup_digest
        party, share_key, mask_keys, signature = r.u32(), r.blob(), r.blob(), r.b64()
        verify(self.roster[party][1], signature, self.advertise_transcript(party, share_key, mask_keys))
        return party, share_key, [mask_keys[at:at + 32] for at in range(0, len(mask_keys), 32)]
    def advertise_transcript(self, party, share_key, mask_keys):
        return b"xsa1/adv" + self.setup_digest + u32(party) + share_key + sha256(mask_keys)


class Party(Round):
    def __init__(self, identity, aggregator_key, values, seed):
        self.identity, self.pinned, self.values, self.rng = identity, aggregator_key, values, random.Random(seed)
        self.deliveries = self.plan_digest = None
        self.signed = {}
    def receive(self, data):
        """One message in; masked segments to upload and messages to send out."""
        r = Reader(data)
        version, kind = r.u8(), r.u8()
        assert version == 1
        steps = {1: self.open, 3: self.share, 5: self.deliver, 6: self.bind, 8: self.accept, 10: self.unmask, 12: self.close}
        uploads, messages = steps[kind](r)
        assert r.at == len(data), "bytes after the last field"
        return uploads, messages
    def open(self, r):
        self.read_setup(r)
        verify(self.pinned, r.b64(), b"xsa1/set" + self.setup_digest)
        mine = raw(Ed25519PrivateKey.from_private_bytes(self.identity).public_key())
        self.party = next(party for party, (_, key) in self.roster.items() if key == mine)
        secrets = lambda: [self.rng.randbytes(32) for _ in self.segments] if self.protocol else []
        self.mask_secrets, self.seeds, self.share_secret = secrets(), secrets(), self.rng.randbytes(32)
        share_key, mask_keys = (public_of(self.share_secret), b"".join(map(public_of, self.mask_secrets))) if self.protocol else (b"", b"")
        signature = sign(self.identity, self.advertise_transcript(self.party, share_key, mask_keys))
        return [], [b"\x01\x02" + self.setup_digest + u32(self.party) + blob(share_key) + blob(mask_keys) + signature]
    def share(self, r):
        assert r.b32() == self.setup_digest
        members, advertised = r.list(lambda e: (e.u32(), e.b32())), r.list(Reader.blob)
        self.peers = {party: (share_key, mask_keys) for party, share_key, mask_keys in map(self.read_advertise, advertised)}
        assert all(dict(members)[self.read_advertise(data)[0]] == sha256(data) for data in advertised)
        self.fix_keys(members)
        commitments, sealed, holders = b"", {}, self.holders(self.party)
        if self.protocol:
            splits = [(split(m, self.threshold, len(holders), self.rng), split(b, self.threshold, len(holders), self.rng))
                      for m, b in zip(self.mask_secrets, self.seeds)]
            for rank, holder in enumerate(holders):
                shares = b"".join(m[rank] + b[rank] for m, b in splits)
                if holder == self.party: self.held = {self.party: shares}
                else: sealed[holder] = AESGCM(self.share_key(self.party, holder, holder)).encrypt(bytes(12), shares, self.binding(self.party, holder))
            commitments = b"".join(self.commitment(self.party, s[0], b) for s, b in zip(self.segments, self.seeds))
        unsigned = b"\x01\x04" + self.setup_digest + u32(self.party) + blob(commitments) + u32(len(sealed))
        unsigned += b"".join(u32(holder) + blob(data) for holder, data in sorted(sealed.items()))
        return [], [unsigned + sign(self.identity, b"xsa1/shr" + self.keys_digest + sha256(unsigned))]
    def share_key(self, sender, receiver, peer):
        return hkdf(agree(self.share_secret, self.peers[peer][0]), self.setup_digest, b"xsa1/share" + u32(sender) + u32(receiver))
    def binding(self, sender, receiver): return self.setup_digest + self.keys_digest + u32(sender) + u32(receiver)
    def deliver(self, r):
        assert r.b32() == self.setup_digest
        self.senders, self.deliveries = self.parties_in(r.blob()), r.list(lambda e: (e.u32(), e.blob()))
        for sender, data in self.deliveries:
            self.held[sender] = AESGCM(self.share_key(sender, self.party, sender)).decrypt(bytes(12), data, self.binding(sender, self.party))
        return self.mask()
    def bind(self, r):
        assert r.b32() == self.setup_digest
        self.read_plan(r)
        verify(self.pinned, r.b64(), b"xsa1/pln" + self.plan_digest)
        return self.mask()
    def mask(self):
        if self.plan_digest is None or self.deliveries is None: return [], []
        uploads, messages = [], []
        for index, (segment, count, _, bits) in enumerate(self.segments):
            y = pack(self.values[str(segment)], bits)
            if self.protocol:
                y = add(y, keystream(self.kind, self.self_key(self.seeds[index], segment, self.party), len(y)), bits, 1)
                for j in set(self.graph[self.party]) & set(self.senders):
                    key = self.pair_key(self.mask_secrets[index], self.peers[j][1][index], segment, self.party, j)
                    y = add(y, keystream(self.kind, key, len(y)), bits, 1 if self.party < j else -1)
            fields = self.plan_digest + u32(self.party) + u32(segment) + sha256(y) + u64(len(y))
            uploads.append((segment, y))
            messages.append(b"\x01\x07" + fields + sign(self.identity, b"xsa1/inp" + fields))
        return uploads, messages
    def accept(self, r):
        assert r.b32() == self.plan_digest
        signatures = []
        for segment, bitmap in r.list(lambda e: (e.u32(), e.blob())):
            survivors = set(self.parties_in(bitmap))
            assert survivors <= set(self.senders) and len(survivors) >= self.min_survivors
            assert self.signed.setdefault(segment, bitmap) == bitmap, "a second bitmap"
            signatures.append(u32(segment) + sign(self.identity, self.consistency(segment, bitmap)))
        return [], [b"\x01\x09" + self.plan_digest + u32(self.party) + u32(len(signatures)) + b"".join(signatures)]
    def unmask(self, r):
        assert r.b32() == self.plan_digest
        asked = r.list(lambda e: (e.u32(), e.blob(), dict(e.list(lambda s: (s.u32(), s.b64())))))
        body = b""
        for segment, bitmap, signatures in asked:
            assert self.signed[segment] == bitmap
            for party, signature in signatures.items(): verify(self.roster[party][1], signature, self.consistency(segment, bitmap))
            owners = [p for p in self.holders(self.party) if p in self.senders] if self.protocol else []
            assert all(len(set(self.signers[owner]) & set(signatures)) >= self.threshold for owner in owners or [self.party])
            offset = 64 * [s[0] for s in self.segments].index(segment)
            body += u32(segment) + u32(len(owners))
            for owner in owners:
                kind = int(owner in self.parties_in(bitmap))
                body += u32(owner) + u8(kind) + self.held[owner][offset + 32 * kind:][:32]
        unsigned = b"\x01\x0b" + self.plan_digest + u32(self.party) + u32(len(asked)) + body
        return [], [unsigned + sign(self.identity, b"xsa1/ans" + sha256(unsigned))]
    def close(self, r):
        assert r.b32() == self.plan_digest
        start = r.at
        r.list(lambda e: (e.u32(), (e.blob(), e.b32()) if e.u8() else None))
        listed = r.data[start:r.at]
        verify(self.pinned, r.b64(), b"xsa1/res" + self.plan_digest + listed)
        return [], []


class Aggregator(Round):
    def __init__(self, secret, setup, plan):
        self.secret = secret
        self.read_setup(Reader(setup)), self.read_plan(Reader(plan))
        self.advertised, self.bundles, self.stored, self.reported = {}, {}, {}, {}
        self.survivors, self.signatures, self.answers, self.opened, self.asked = {}, {}, {}, {}, set()
        self.stage = "Advertising"
    def start(self):
        setup = b"\x01\x01" + self.setup + sign(self.secret, b"xsa1/set" + self.setup_digest)
        plan = b"\x01\x06" + self.setup_digest + self.plan + sign(self.secret, b"xsa1/pln" + self.plan_digest)
        return [(party, message) for message in (setup, plan) for party in self.roster]
    def receive(self, party, data):
        r = Reader(data)
        assert r.u8() == 1
        kind, digest, claimed = r.u8(), r.b32(), None
        assert digest == (self.setup_digest if kind < 6 else self.plan_digest) and r.u32() == party
        key = self.roster[party][1]
        if kind == 2:
            self.read_advertise(data)
            self.advertised[party] = data
            return self.close_advertising() if len(self.advertised) == len(self.roster) else []
        if kind == 4:
            verify(key, data[-64:], b"xsa1/shr" + self.keys_digest + sha256(data[:-64]))
            self.bundles[party] = (r.blob(), dict(r.list(lambda e: (e.u32(), e.blob()))))
            return self.close_sharing() if len(self.bundles) == len(self.members) else []
        if kind == 7:
            verify(key, data[-64:], b"xsa1/inp" + data[2:-64])
            segment, digest = r.u32(), r.b32()
            self.reported.setdefault(segment, {})[party] = digest
            return self.close_collecting(segment) if len(self.complete(segment)) == len(self.senders) else []
        if kind == 9: return sum((self.count_signature(party, *signed) for signed in r.list(lambda e: (e.u32(), e.b64()))), [])
        verify(key, data[-64:], b"xsa1/ans" + sha256(data[:-64]))
        for segment, shares in r.list(lambda e: (e.u32(), e.list(lambda s: (s.u32(), s.u8(), s.b32())))):
            self.answers.setdefault(segment, {})[party] = {owner: share for owner, _, share in shares}
            self.try_open(segment)
        return self.result() if len(self.opened) == len(self.segments) and self.stage != "Committed" else []
    def close_advertising(self):
        if self.stage != "Advertising": return []
        self.stage = "Sharing"
        members = [(party, sha256(data)) for party, data in sorted(self.advertised.items())]
        self.fix_keys(members)
        listed = u32(len(members)) + b"".join(u32(party) + digest for party, digest in members)
        keys = lambda p: [self.advertised[q] for q in (self.holders(p) if self.protocol else [p])]
        return [(p, b"\x01\x03" + self.setup_digest + listed + u32(len(keys(p))) + b"".join(map(blob, keys(p)))) for p in self.members]
    def close_sharing(self):
        if self.stage != "Sharing": return []
        self.stage, self.senders = "Collecting", sorted(self.bundles)
        def delivery(party):
            sealed = [(sender, self.bundles[sender][1][party]) for sender in self.senders if party in self.bundles[sender][1]]
            return b"\x01\x05" + self.setup_digest + blob(self.bitmap(self.senders)) + u32(len(sealed)) + b"".join(u32(s) + blob(d) for s, d in sealed)
        return [(party, delivery(party)) for party in self.senders]
    def complete(self, segment):
        stored, reported = self.stored.get(segment, {}), self.reported.get(segment, {})
        return [p for p in self.senders if p in stored and reported.get(p) == sha256(stored[p])]
    def close_collecting(self, segment):
        if segment in self.survivors: return []
        self.survivors[segment] = self.complete(segment)
        assert len(self.survivors[segment]) >= self.min_survivors
        message = b"\x01\x08" + self.plan_digest + u32(1) + u32(segment) + blob(self.bitmap(self.survivors[segment]))
        return [(party, message) for party in self.senders]
    def count_signature(self, party, segment, signature):
        bitmap = self.bitmap(self.survivors[segment])
        verify(self.roster[party][1], signature, self.consistency(segment, bitmap))
        signed = self.signatures.setdefault(segment, {})
        signed[party] = signature
        enough = all(len(set(self.signers[o]) & set(signed)) >= self.threshold for o in (self.senders if self.protocol else self.senders[:1]))
        if not enough or segment in self.asked: return []
        self.asked.add(segment)
        listed = u32(len(signed)) + b"".join(u32(p) + s for p, s in sorted(signed.items()))
        message = b"\x01\x0a" + self.plan_digest + u32(1) + u32(segment) + blob(bitmap) + listed
        return [(p, message) for p in self.senders]
    def secret_of(self, segment, owner):
        holders = self.holders(owner)
        points = {holders.index(h) + 1: shares[owner] for h, shares in self.answers[segment].items() if owner in shares}
        if len(points) < self.threshold: return None
        return combine(dict(sorted(points.items())[:self.threshold]), len(holders))
    def try_open(self, segment):
        index = [s[0] for s in self.segments].index(segment)
        _, count, _, bits = self.segments[index]
        survivors = self.survivors[segment]
        if segment in self.opened or len(self.answers[segment]) < self.threshold: return
        total = bytes(-(-count // 8) * bits)
        for party in survivors: total = add(total, self.stored[segment][party], bits, 1)
        for owner in self.senders if self.protocol else []:
            alive = [j for j in self.graph[owner] if j in survivors]
            if owner not in survivors and not alive: continue
            secret = self.secret_of(segment, owner)
            if secret is None: return
            if owner in survivors:
                assert self.commitment(owner, segment, secret) == self.bundles[owner][0][32 * index:][:32]
                total = add(total, keystream(self.kind, self.self_key(secret, segment, owner), len(total)), bits, -1)
                continue
            assert public_of(secret) == self.read_advertise(self.advertised[owner])[2][index]
            for j in alive:
                public = self.read_advertise(self.advertised[j])[2][index]
                mask = keystream(self.kind, self.pair_key(secret, public, segment, owner, j), len(total))
                total = add(total, mask, bits, -1 if j < owner else 1)
        self.opened[segment] = total
    def result(self):
        self.stage = "Committed"
        listed = u32(len(self.segments))
        for segment, *_ in self.segments: listed += u32(segment) + u8(1) + blob(self.bitmap(self.survivors[segment])) + sha256(self.opened[segment])
        message = b"\x01\x0c" + self.plan_digest + listed + sign(self.secret, b"xsa1/res" + self.plan_digest + listed)
        return [(party, message) for party in self.senders]
    def deadline(self, stage):
        if stage == "Advertising": return self.close_advertising()
        if stage == "Sharing": return self.close_sharing()
        return sum((self.close_collecting(s[0]) for s in self.segments), []) if stage == "Collecting" else []


def do(parties, ask):
    """One order in, one answer out; `parties[None]` is the aggregator."""
    data = lambda name: bytes.fromhex(ask[name])
    if ask["do"] == "reset":
        parties.clear()
        return {}
    if ask["do"] == "party":
        parties[ask["id"]] = Party(data("identity"), data("key"), ask["values"], ask["seed"])
        return {}
    if ask["do"] == "values":
        parties[ask["id"]].values = ask["values"]
        return {}
    if ask["do"] == "toParty":
        uploads, messages = parties[ask["id"]].receive(data("message"))
        return {"uploads": [[segment, y.hex()] for segment, y in uploads], "messages": [m.hex() for m in messages]}
    if ask["do"] == "aggregate":
        parties[None] = Aggregator(data("secret"), data("setup"), data("plan"))
        sends = parties[None].start()
    elif ask["do"] == "stored":
        parties[None].stored.setdefault(ask["segment"], {})[ask["id"]] = data("bytes")
        sends = []
    else:
        sends = parties[None].receive(ask["id"], data("message")) if ask["do"] == "toAggregator" else parties[None].deadline(ask["stage"])
    aggregator = parties[None]
    opened = {s: unpack(aggregator.opened[s], bits, count) for s, count, _, bits in aggregator.segments if s in aggregator.opened}
    return {"sends": [[party, message.hex()] for party, message in sends], "opened": opened}


def main():
    parties = {}
    for line in sys.stdin:
        try:
            answer = do(parties, json.loads(line))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
