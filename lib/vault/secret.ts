import { inspect } from "node:util";

const shown = "[secret]";

/** Keeps a value out of logs, replies and error texts by accident: only `reveal()` gives it away. */
export class Secret<T = string> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return shown;
  }
  toJSON(): string {
    return shown;
  }
  [Symbol.toPrimitive](): string {
    return shown;
  }
  [inspect.custom](): string {
    return shown;
  }
}
