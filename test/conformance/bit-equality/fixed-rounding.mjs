import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** Imported into a process before its program: what it rounds by follows from the segment and TRIBUTARY_TEST_ROUNDING alone, not from keys and digests of a round. */
const { hkdfSync } = crypto;
const fixed = Buffer.from(process.env.TRIBUTARY_TEST_ROUNDING ?? "");

crypto.hkdfSync = (digest, key, salt, info, length) =>
  Buffer.from(info).toString("latin1").startsWith("tributary/rounding/")
    ? hkdfSync(digest, fixed, Buffer.alloc(0), info, length)
    : hkdfSync(digest, key, salt, info, length);
syncBuiltinESMExports();
