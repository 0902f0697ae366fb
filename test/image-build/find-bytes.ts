import type { Readable } from "node:stream";

/** Which of the texts occur in a stream, however it is cut into pieces. */
export async function findInStream(
  stream: Readable,
  texts: Readonly<Record<string, string>>,
): Promise<string[]> {
  const wanted = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const);
  const longest = Math.max(...wanted.map(([, bytes]) => bytes.length));
  const found = new Set<string>();
  let tail = Buffer.alloc(0);
  for await (const chunk of stream) {
    const piece = Buffer.concat([tail, chunk as Buffer]);
    for (const [name, bytes] of wanted) if (piece.includes(bytes)) found.add(name);
    tail = piece.subarray(Math.max(0, piece.length - longest + 1));
  }
  return [...found].sort();
}
