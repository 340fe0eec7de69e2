/** PostgreSQL text holds any Unicode except NUL, and half a surrogate pair is no Unicode. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
