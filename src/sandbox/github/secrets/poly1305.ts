/** RFC 8439, 2.5: the tag of a message, for a key that is used once. */
export function authenticatePoly1305(message: Buffer, key: Buffer): Buffer {
  const prime = (1n << 130n) - 5n;
  const factor = readNumber(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + readNumber(block) + (1n << BigInt(8 * block.length))) * factor) % prime;
  }
  const tag = (sum + readNumber(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, "0"), "hex").reverse();
}

function readNumber(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
