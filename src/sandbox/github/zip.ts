export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

/** A zip archive whose entries are stored as they are: logs are small. APPNOTE.TXT, 4.3. */
export function makeZip(entries: readonly ZipEntry[], time: Date): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const file = Buffer.from(name, "utf8");
    const common = describeEntry(file, content, time);
    const local = Buffer.concat([toBytes([0x04034b50, 4]), common, file, content]);
    directory.push(
      toBytes([0x02014b50, 4], [20, 2]),
      common,
      // No comment, first disk, no attributes; where the entry lies.
      toBytes([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      file,
    );
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = toBytes(
    ...([
      [0x06054b50, 4],
      [0, 2],
      [0, 2],
    ] as const),
    ...([
      [entries.length, 2],
      [entries.length, 2],
    ] as const),
    ...([
      [central.length, 4],
      [offset, 4],
      [0, 2],
    ] as const),
  );
  return Buffer.concat([...parts, central, end]);
}

/** The fields that an entry has both before its content and in the directory. */
function describeEntry(file: Buffer, content: Buffer, time: Date): Buffer {
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  const day =
    ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const utf8Names = 0x0800;
  return toBytes(
    ...([
      [20, 2],
      [utf8Names, 2],
      [0, 2],
      [clock, 2],
      [day, 2],
    ] as const),
    ...([
      [checksum(content), 4],
      [content.length, 4],
      [content.length, 4],
    ] as const),
    ...([
      [file.length, 2],
      [0, 2],
    ] as const),
  );
}

function toBytes(...numbers: readonly (readonly [value: number, size: number])[]): Buffer {
  const bytes = Buffer.alloc(numbers.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of numbers) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}

const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32; zlib's own is younger than the oldest Node that we run on. */
function checksum(content: Buffer): number {
  let value = 0xffffffff;
  for (const byte of content) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
