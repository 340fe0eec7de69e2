/** Two smaller forms of a vector: signs to look through many of them, bytes to compare a few well. */

/** One bit for each number, as PostgreSQL reads a bit string written in hexadecimal: 1 = positive. */
export function bitsOf(vector: Float32Array): string {
  let bits = "";
  for (const number of vector) bits += number > 0 ? "1" : "0";
  return `B${bits}`;
}

/**
 * One signed byte for each number; the largest becomes ±127. What that costs in precision is far below what tells chunks
 * apart (docs/search.md), and a cosine needs no scale.
 */
export function numbersOf(vector: Float32Array): Buffer {
  let largest = 0;
  for (const number of vector) largest = Math.max(largest, Math.abs(number));
  const bytes = Buffer.alloc(vector.length);
  for (const [i, number] of vector.entries()) bytes.writeInt8(Math.round((number / largest) * 127), i);
  return bytes;
}

/** The cosine of the angle between a vector of length 1 and one stored as bytes. */
export function cosine(vector: Float32Array, numbers: Buffer): number {
  const stored = new Int8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let product = 0;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const number = stored[i] ?? 0;
    product += (vector[i] ?? 0) * number;
    squares += number * number;
  }
  return squares === 0 ? 0 : product / Math.sqrt(squares);
}
