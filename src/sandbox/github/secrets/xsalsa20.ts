/** Salsa20 as its specification has it, with HSalsa20 to derive keys: https://cr.yp.to/snuffle/spec.pdf */

const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/** `cells[a] ^= rotate(cells[b] + cells[c], by)`, for the first column; the others lie five cells on. */
const column = [
  [4, 0, 12, 7],
  [8, 4, 0, 9],
  [12, 8, 4, 13],
  [0, 12, 8, 18],
] as const;

interface Step {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly by: number;
}

const columns = [0, 5, 10, 15].flatMap((shift) =>
  column.map(([a, b, c, by]): Step => {
    const move = (cell: number): number => (cell + shift) % 16;
    return { a: move(a), b: move(b), c: move(c), by };
  }),
);
const rows = columns.map(({ a, b, c, by }): Step => {
  const transpose = (cell: number): number => (cell % 4) * 4 + Math.floor(cell / 4);
  return { a: transpose(a), b: transpose(b), c: transpose(c), by };
});
const doubleRound = [...columns, ...rows];

function mix(input: readonly number[]): number[] {
  const cells = [...input];
  for (let round = 0; round < 10; round += 1) {
    for (const { a, b, c, by } of doubleRound) {
      const sum = ((cells[b] ?? 0) + (cells[c] ?? 0)) | 0;
      cells[a] = (cells[a] ?? 0) ^ ((sum << by) | (sum >>> (32 - by)));
    }
  }
  return cells;
}

function arrange(key: Buffer, middle: Buffer): number[] {
  const k = (index: number): number => key.readInt32LE(index * 4);
  const m = (index: number): number => middle.readInt32LE(index * 4);
  const first = [constants[0], k(0), k(1), k(2), k(3), constants[1], m(0), m(1)];
  return [...first, m(2), m(3), constants[2], k(4), k(5), k(6), k(7), constants[3]];
}

function deriveKey(key: Buffer, nonce: Buffer): Buffer {
  const cells = mix(arrange(key, nonce));
  const out = Buffer.alloc(32);
  [0, 5, 10, 15, 6, 7, 8, 9].forEach((cell, index) => {
    out.writeInt32LE(cells[cell] ?? 0, index * 4);
  });
  return out;
}

/** The key that a box is sealed with, of what both sides agreed on. */
export function deriveBoxKey(shared: Buffer): Buffer {
  return deriveKey(shared, Buffer.alloc(16));
}

/** `length` bytes of the XSalsa20 stream, for a nonce of 24 bytes. */
export function makeStream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const own = deriveKey(key, nonce.subarray(0, 16));
  const middle = Buffer.concat([nonce.subarray(16, 24), Buffer.alloc(8)]);
  const out = Buffer.alloc(Math.ceil(length / 64) * 64);
  for (let block = 0; block * 64 < length; block += 1) {
    middle.writeUInt32LE(block, 8);
    const input = arrange(own, middle);
    mix(input).forEach((cell, index) => {
      out.writeInt32LE((cell + (input[index] ?? 0)) | 0, block * 64 + index * 4);
    });
  }
  return out.subarray(0, length);
}
