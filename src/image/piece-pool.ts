/** Everything but the last piece of an archive comes in pieces of this size. */
export const pieceSize = 1024 * 1024;

/**
 * Pieces to be filled once more by what follows: left to the garbage collector, they would pile up
 * faster than it comes round to them.
 */
export class PiecePool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(pieceSize);
  }

  /** For a piece, or its beginning, that nobody reads any more. */
  give(piece: Buffer): void {
    if (piece.buffer.byteLength !== pieceSize) return;
    this.free.push(Buffer.from(piece.buffer, 0, pieceSize));
  }
}
