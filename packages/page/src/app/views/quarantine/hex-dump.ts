/** Bytes in hexadecimal. */

const perLine = 16;

/** Lines of 16 bytes: the offset, the bytes, and those of them that are printable ASCII. */
export function hexDump(bytes: Uint8Array): string {
  const lines = Array.from({ length: Math.ceil(bytes.length / perLine) }, (_, index) => {
    const part = [...bytes.subarray(index * perLine, (index + 1) * perLine)];
    const offset = (index * perLine).toString(16).padStart(8, "0");
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."));
    return `${offset}  ${hex.padEnd(perLine * 3 - 1)}  ${ascii.join("")}`;
  });
  return lines.map((line) => `${line}\n`).join("");
}
