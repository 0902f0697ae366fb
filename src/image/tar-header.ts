/** What the header of an archive's entry says. */
export interface TarEntryHeader {
  /** With `/`; a directory's ends with one. */
  readonly path: string;
  readonly type: "file" | "hardlink" | "symlink" | "directory";
  readonly mode: number;
  readonly size: number;
  readonly linkTarget?: string;
}

export const blockSize = 512;

const typeFlags = { file: "0", hardlink: "1", symlink: "2", directory: "5" } as const;

/**
 * One time for all files, so that an archive depends on its content alone. The one that npm gives
 * to the files of its packages: some tools cannot store a time before 1980.
 */
const fixedTime = 499_162_500;

/** Largest size that eleven octal digits hold. */
const largestSize = 0o77777777777;

/**
 * Header blocks of an entry in the pax format: ustar, with an extended header before it for what
 * does not fit. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
 */
export function encodeTarHeader(header: TarEntryHeader): Buffer {
  const path = Buffer.from(header.path);
  const target = Buffer.from(header.linkTarget ?? "");
  const records = [
    ...(fits(path) ? [] : [encodeRecord("path", path)]),
    ...(fits(target) ? [] : [encodeRecord("linkpath", target)]),
    ...(header.size > largestSize ? [encodeRecord("size", Buffer.from(String(header.size)))] : []),
  ];
  const main = encodeBlock(path, typeFlags[header.type], header.mode, header.size, target);
  if (records.length === 0) return main;
  const extended = Buffer.concat(records);
  return Buffer.concat([
    encodeBlock(
      Buffer.from(`PaxHeaders/${header.path}`),
      "x",
      0o644,
      extended.length,
      Buffer.alloc(0),
    ),
    extended,
    Buffer.alloc(paddingOf(extended.length)),
    main,
  ]);
}

/** Bytes that fill the last block of a content. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** Two empty blocks end an archive. */
export const tarEnd = Buffer.alloc(2 * blockSize);

/** ustar says nothing of encodings: only ASCII of up to 100 bytes means the same everywhere. */
function fits(text: Buffer): boolean {
  return text.length <= 100 && text.every((byte) => byte < 0x80);
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself too. */
function encodeRecord(key: string, value: Buffer): Buffer {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from("\n")]);
}

function encodeBlock(
  path: Buffer,
  type: string,
  mode: number,
  size: number,
  target: Buffer,
): Buffer {
  const block = Buffer.alloc(blockSize);
  path.copy(block, 0, 0, 100);
  writeOctal(block, 100, 8, mode);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, Math.min(size, largestSize));
  writeOctal(block, 136, 12, fixedTime);
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  target.copy(block, 157, 0, 100);
  block.write("ustar\u000000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function writeOctal(block: Buffer, offset: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
}
