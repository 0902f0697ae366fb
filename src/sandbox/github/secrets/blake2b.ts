/** RFC 7693, BLAKE2b without a key: Node's own has no digest of another length than 64 bytes. */
export function hashBlake2b(message: Buffer, length: number): Buffer {
  const state = [...start];
  state[0] = (state[0] ?? 0n) ^ 0x01010000n ^ BigInt(length);
  const blocks = Math.max(1, Math.ceil(message.length / 128));
  for (let block = 0; block < blocks; block += 1) {
    const bytes = Buffer.alloc(128);
    message.copy(bytes, 0, block * 128, (block + 1) * 128);
    const isLast = block === blocks - 1;
    compress(state, bytes, isLast ? message.length : (block + 1) * 128, isLast);
  }
  const digest = Buffer.alloc(64);
  state.forEach((word, index) => digest.writeBigUInt64LE(word, index * 8));
  return digest.subarray(0, length);
}

const start = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

/** Which word of the message each half of a mixing takes, by round. */
const order = [
  "0123456789abcdef",
  "ea489fd61c02b753",
  "b8c052fdae367194",
  "7931dcbe265a40f8",
  "905724afe1bc683d",
  "2c6a0b834d75fe19",
  "c51fed4a0763928b",
  "db7ec13950f4862a",
  "6fe9b308c2d714a5",
  "a2847615fb9e3cd0",
].map((row) => [...row].map((digit) => parseInt(digit, 16)));

/** Columns, then diagonals, of the four by four words. */
const mixings = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

const mask = (1n << 64n) - 1n;

function rotate(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & mask;
}

function compress(state: bigint[], block: Buffer, counter: number, isLast: boolean): void {
  const words = Array.from({ length: 16 }, (_, index) => block.readBigUInt64LE(index * 8));
  const v = [...state, ...start];
  const at = (index: number): bigint => v[index] ?? 0n;
  v[12] = at(12) ^ BigInt(counter);
  if (isLast) v[14] = at(14) ^ mask;
  for (let round = 0; round < 12; round += 1) {
    const row = order[round % 10] ?? [];
    mixings.forEach(([a, b, c, d], index) => {
      const x = words[row[2 * index] ?? 0] ?? 0n;
      const y = words[row[2 * index + 1] ?? 0] ?? 0n;
      v[a] = (at(a) + at(b) + x) & mask;
      v[d] = rotate(at(d) ^ at(a), 32n);
      v[c] = (at(c) + at(d)) & mask;
      v[b] = rotate(at(b) ^ at(c), 24n);
      v[a] = (at(a) + at(b) + y) & mask;
      v[d] = rotate(at(d) ^ at(a), 16n);
      v[c] = (at(c) + at(d)) & mask;
      v[b] = rotate(at(b) ^ at(c), 63n);
    });
  }
  for (let index = 0; index < 8; index += 1) {
    state[index] = (state[index] ?? 0n) ^ at(index) ^ at(index + 8);
  }
}
