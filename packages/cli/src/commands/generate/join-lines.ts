/** Lines as text of handy pieces. */

const linesPerPiece = 1_000;

/** The lines, each with its newline, many in one piece. */
export async function* joinLines(lines: Iterable<string>): AsyncGenerator<string> {
  let piece: string[] = [];
  for (const line of lines) {
    piece.push(line);
    if (piece.length === linesPerPiece) {
      yield `${piece.join("\n")}\n`;
      piece = [];
    }
  }
  if (piece.length > 0) {
    yield `${piece.join("\n")}\n`;
  }
}
