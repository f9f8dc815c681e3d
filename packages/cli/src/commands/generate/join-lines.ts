/** Joins lines into larger pieces of text, which are faster to write. */

const linesPerPiece = 1_000;

/** Many lines in each piece. Every line ends with a newline. */
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
