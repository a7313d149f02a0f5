// Builds breached.bin: a Bloom filter of the 100,000 most common breached passwords
// of at least 8 characters, in lower case, and of those in breached.txt, which are
// younger than the list or of other languages. Whoever is in it is found; of what is
// not, at most one in a million is taken for one. The order of the words makes no
// difference to the bytes. The list is of OWASP's SecLists (CC BY-SA 3.0).
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const wanted = 100_000;
const bits = 3_000_000; // divided by 8 without a rest
const probes = 20; // 32 bits each of three SHA-256

export function buildBreached(list, more, to) {
  const words = new Set();
  for (const line of readFileSync(list, "utf8").split("\n")) {
    const word = line.replace(/\r$/, "").toLowerCase();
    if ([...word].length >= 8) words.add(word);
    if (words.size === wanted) break;
  }
  if (words.size !== wanted) throw new Error(`only ${words.size} passwords of at least 8 characters`);
  for (const word of readFileSync(more, "utf8").split(/\s+/)) if (word) words.add(word.toLowerCase());
  const filter = Buffer.alloc(bits / 8);
  for (const word of words) {
    const hash = Buffer.concat([0, 1, 2].map((n) => createHash("sha256").update(Buffer.from([n])).update(word, "utf8").digest()));
    for (let i = 0; i < probes; i++) {
      const at = hash.readUInt32BE(4 * i) % bits;
      filter[at >> 3] |= 1 << (at & 7);
    }
  }
  writeFileSync(to, filter);
}
