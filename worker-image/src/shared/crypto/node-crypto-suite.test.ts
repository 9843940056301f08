import { fromHex, Keystream, lowOrderPoints, toHex } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { aes256CtrKeystream, createNodeCryptoSuite } from "./node-crypto-suite.ts";

const crypto = createNodeCryptoSuite();
const zeroNonce = new Uint8Array(12);

describe("X25519 (RFC 7748)", () => {
  it("gives the output of §5.2, first vector", () => {
    const scalar = fromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    const point = fromHex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    expect(toHex(crypto.x25519(scalar, point)!)).toBe(
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    );
  });

  it("gives the outputs of §5.2 after 1 and 1,000 iterations", () => {
    let k = fromHex("0900000000000000000000000000000000000000000000000000000000000000");
    let u = k;
    for (let count = 1; count <= 1000; count++) {
      [k, u] = [crypto.x25519(k, u)!, k];
      if (count === 1) expect(toHex(k)).toBe("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
    expect(toHex(k)).toBe("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  });

  it("agrees on the secret of §6.1", () => {
    const alice = fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const want = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(toHex(crypto.x25519PublicKey(alice))).toBe(
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    );
    expect(toHex(crypto.x25519PublicKey(bob))).toBe("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    expect(toHex(crypto.x25519(alice, crypto.x25519PublicKey(bob))!)).toBe(want);
    expect(toHex(crypto.x25519(bob, crypto.x25519PublicKey(alice))!)).toBe(want);
  });

  it("gives nothing for every point of low order, also with the top bit set", () => {
    const secret = new Uint8Array(32).fill(7);
    for (const point of lowOrderPoints()) {
      expect(crypto.x25519(secret, point)).toBeNull();
      const high = Uint8Array.from(point);
      high[31]! |= 0x80;
      expect(crypto.x25519(secret, high)).toBeNull();
    }
  });
});

describe("HKDF-SHA256 (RFC 5869)", () => {
  it("gives the output of appendix A.1", () => {
    const okm = crypto.hkdfSha256(
      fromHex("0b".repeat(22)),
      fromHex("000102030405060708090a0b0c"),
      fromHex("f0f1f2f3f4f5f6f7f8f9"),
      42,
    );
    expect(toHex(okm)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  });

  it("gives the output of appendix A.2, longer than a digest", () => {
    const from = (start: number) => Uint8Array.from({ length: 80 }, (_, i) => start + i);
    expect(toHex(crypto.hkdfSha256(from(0x00), from(0x60), from(0xb0), 82))).toBe(
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    );
  });

  it("gives the output of appendix A.3, without salt and info", () => {
    const none = new Uint8Array(0);
    expect(toHex(crypto.hkdfSha256(fromHex("0b".repeat(22)), none, none, 42))).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });
});

describe("Ed25519 (RFC 8032 §7.1)", () => {
  const table = [
    {
      name: "TEST 1",
      secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature:
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    {
      name: "TEST 2",
      secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature:
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    {
      name: "TEST 3",
      secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      message: "af82",
      signature:
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
  ];

  it.each(table)("signs and verifies $name", ({ secret, publicKey, message, signature }) => {
    const seed = fromHex(secret);
    const bytes = fromHex(message);
    expect(toHex(crypto.ed25519PublicKey(seed))).toBe(publicKey);
    expect(toHex(crypto.signEd25519(seed, bytes))).toBe(signature);
    expect(crypto.verifyEd25519(fromHex(publicKey), bytes, fromHex(signature))).toBe(true);
    expect(crypto.verifyEd25519(fromHex(publicKey), new Uint8Array([1]), fromHex(signature))).toBe(false);
    expect(crypto.verifyEd25519(new Uint8Array(31), bytes, fromHex(signature))).toBe(false);
  });
});

describe("an Ed25519 key that is used again", () => {
  const message = Uint8Array.of(1);
  const isBy = (publicKey: Uint8Array, signature: Uint8Array) => crypto.verifyEd25519(publicKey, message, signature);

  it("is read anew where its array holds another one", () => {
    const secret = new Uint8Array(32).fill(1);
    const first = crypto.ed25519PublicKey(secret);
    expect(isBy(first, crypto.signEd25519(secret, message))).toBe(true);
    secret.fill(2);
    const signature = crypto.signEd25519(secret, message);
    expect(isBy(first, signature)).toBe(false);
    const other = crypto.ed25519PublicKey(secret);
    expect(isBy(other, signature)).toBe(true);
    first.set(other);
    expect(isBy(first, signature)).toBe(true);
  });

  it("is told from every other, however many there are", () => {
    const secrets = Array.from({ length: 1_100 }, (_, index) =>
      new Uint8Array(32).fill(index % 251, 0, 16).fill(index >> 4, 16),
    );
    const signed = secrets.map(
      (secret) => [crypto.ed25519PublicKey(secret), crypto.signEd25519(secret, message)] as const,
    );
    expect(signed.every(([publicKey, signature]) => isBy(publicKey, signature))).toBe(true);
    expect(signed.some(([, signature], index) => isBy(signed[(index + 1) % signed.length]![0], signature))).toBe(false);
  });
});

describe("an X25519 key that is used again", () => {
  it("is read anew where its array holds another one", () => {
    const secret = new Uint8Array(32).fill(1);
    const peer = crypto.x25519PublicKey(new Uint8Array(32).fill(3));
    const first = crypto.x25519(secret, peer);
    expect(crypto.x25519(secret, peer)).toEqual(first);
    secret.fill(2);
    expect(crypto.x25519(secret, peer)).toEqual(crypto.x25519(new Uint8Array(32).fill(2), peer));
    expect(crypto.x25519(secret, peer)).not.toEqual(first);
    peer.set(crypto.x25519PublicKey(new Uint8Array(32).fill(4)));
    expect(crypto.x25519(new Uint8Array(32).fill(4), crypto.x25519PublicKey(secret))).toEqual(
      crypto.x25519(secret, peer),
    );
  });

  it("of another length is refused, also after one that was right", () => {
    const secret = new Uint8Array(32).fill(5);
    const peer = crypto.x25519PublicKey(secret);
    crypto.x25519(secret, peer);
    expect(() => crypto.x25519(secret.subarray(1), peer)).toThrow("key is 31 bytes, must be 32");
    expect(() => crypto.x25519(secret, peer.subarray(1))).toThrow("key is 31 bytes, must be 32");
  });
});

describe("keystreams", () => {
  it("encrypts with AES-256-CTR as NIST SP 800-38A F.5.5 does, whole and block by block", () => {
    const key = fromHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    const firstBlock = fromHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    const plain =
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    const cipher =
      "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6";
    const want = fromHex(plain).map((byte, index) => byte ^ fromHex(cipher)[index]!);
    expect(aes256CtrKeystream(key, firstBlock, 0, 64)).toEqual(want);
    for (let block = 0; block < 4; block++) {
      expect(aes256CtrKeystream(key, firstBlock, 16 * block, 16)).toEqual(want.slice(16 * block, 16 * block + 16));
    }
  });

  it("carries over all 128 bits of the counter", () => {
    const key = new Uint8Array(32);
    const last = aes256CtrKeystream(key, new Uint8Array(16).fill(0xff), 16, 16);
    expect(last).toEqual(crypto.keystream(Keystream.Aes256Ctr, key, 0, 16));
  });

  it("starts AES-256-CTR at a zero counter block: the cipher of FIPS 197 on zeros", () => {
    const zeroKey = new Uint8Array(32);
    expect(toHex(crypto.keystream(Keystream.Aes256Ctr, zeroKey, 0, 16))).toBe("dc95c078a2408989ad48a21492842087");
  });

  it("gives the ChaCha20 block of RFC 8439 appendix A.1, vectors 1 and 2", () => {
    const zeroKey = new Uint8Array(32);
    const stream = crypto.keystream(Keystream.ChaCha20, zeroKey, 0, 128);
    expect(toHex(stream.subarray(0, 32))).toBe("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
    expect(toHex(stream.subarray(64, 96))).toBe("9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed");
  });

  it.each([Keystream.Aes256Ctr, Keystream.ChaCha20])("keystream %s can be entered at any byte", (kind) => {
    const key = crypto.sha256(new Uint8Array([kind]));
    const whole = crypto.keystream(kind, key, 0, 1000);
    for (const offset of [0, 1, 15, 16, 17, 63, 64, 65, 500, 999]) {
      expect(crypto.keystream(kind, key, offset, 1000 - offset)).toEqual(whole.slice(offset));
    }
  });
});

describe("AES-256-GCM (NIST SP 800-38D)", () => {
  it("gives the tag of test case 13: zero key, nothing sealed", () => {
    const none = new Uint8Array(0);
    expect(toHex(crypto.sealAes256Gcm(new Uint8Array(32), zeroNonce, none, none))).toBe(
      "530f8afbc74536b9a963b4f1c4cb738b",
    );
  });

  it("opens what it sealed and nothing that was changed", () => {
    const key = new Uint8Array(32).fill(3);
    const additional = Uint8Array.of(1, 2);
    const plaintext = Uint8Array.of(4, 5, 6);
    const sealed = crypto.sealAes256Gcm(key, zeroNonce, additional, plaintext);
    expect(crypto.openAes256Gcm(key, zeroNonce, additional, sealed)).toEqual(plaintext);
    expect(crypto.openAes256Gcm(key, zeroNonce, Uint8Array.of(1, 3), sealed)).toBeNull();
    expect(crypto.openAes256Gcm(key, zeroNonce, additional, sealed.subarray(0, 10))).toBeNull();
    sealed[0]! ^= 1;
    expect(crypto.openAes256Gcm(key, zeroNonce, additional, sealed)).toBeNull();
  });
});

it("refuses keys of another length", () => {
  expect(() => crypto.x25519PublicKey(new Uint8Array(31))).toThrow("key is 31 bytes, must be 32");
});
