import { createHash, createHmac } from "node:crypto";

/**
 * AWS Signature Version 4 for requests without a body. Our own because signing is the hot path of a first sync: the
 * official SDK costs about 0.5 ms of CPU a request, this about 0.003. Checked against the published test vectors and
 * against servers that verify (our fake, OpenStack Swift).
 */

/** SHA-256 of no bytes: the payload hash of every request we send. */
export const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SigningInput {
  readonly method: string;
  /** percent-encoded, exactly as sent */
  readonly path: string;
  /** canonical: encoded names and values, sorted by name, joined by "&" */
  readonly query: string;
  /** lower-case name → value, in ascending order of names; all of them are signed */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** hex SHA-256 of the body */
  readonly payloadHash: string;
  /** YYYYMMDDTHHMMSSZ */
  readonly amzDate: string;
}

/** A date as SigV4 writes it: YYYYMMDDTHHMMSSZ. */
export function amzDate(date: Date): string {
  const iso = date.toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

const hmac = (key: Uint8Array | string, text: string) => createHmac("sha256", key).update(text).digest();

/** Signs for one region and service. The key of a day is derived once. */
export class Signer {
  readonly #credentials: Credentials;
  readonly #region: string;
  readonly #service: string;
  #day = "";
  #key: Uint8Array = new Uint8Array();

  constructor(credentials: Credentials, region: string, service = "s3") {
    this.#credentials = credentials;
    this.#region = region;
    this.#service = service;
  }

  /** The value of the Authorization header. */
  authorization(input: SigningInput): string {
    const day = input.amzDate.slice(0, 8);
    if (day !== this.#day) {
      this.#key = [day, this.#region, this.#service, "aws4_request"].reduce<Uint8Array>(
        (key, part) => hmac(key, part),
        Buffer.from(`AWS4${this.#credentials.secretAccessKey}`),
      );
      this.#day = day;
    }
    let lines = "";
    let names = "";
    for (const [name, value] of input.headers) {
      lines += `${name}:${value}\n`;
      names += names ? `;${name}` : name;
    }
    const canonical = `${input.method}\n${input.path}\n${input.query}\n${lines}\n${names}\n${input.payloadHash}`;
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
    const digest = createHash("sha256").update(canonical).digest("hex");
    const signature = createHmac("sha256", this.#key)
      .update(`AWS4-HMAC-SHA256\n${input.amzDate}\n${scope}\n${digest}`)
      .digest("hex");
    return `AWS4-HMAC-SHA256 Credential=${this.#credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  }
}
