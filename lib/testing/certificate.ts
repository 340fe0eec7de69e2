import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

/** Certificates made on the spot for TLS tests, so that none lies in the repository and none runs out. */
export interface TestCertificate {
  /** PEM */
  readonly cert: string;
  /** PEM */
  readonly key: string;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
}

export interface CertificateOptions {
  /** DNS names it is for */
  readonly names: readonly string[];
  /** signed by this one; by itself without */
  readonly by?: TestCertificate;
  readonly authority?: boolean;
  readonly from?: Date;
  readonly until?: Date;
}

const day = 86_400_000;

/** X.509 v3 with an ECDSA P-256 key, written out as DER (RFC 5280). */
export function testCertificate(options: CertificateOptions): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = options.names[0] ?? "nobody";
  const issuer = options.by?.issuer ?? { name: subject, key: privateKey };
  const from = options.from ?? new Date(Date.now() - day);
  const until = options.until ?? new Date(Date.now() + day);
  const spki = publicKey.export({ type: "spki", format: "der" });
  const algorithm = sequence(oid([1, 2, 840, 10045, 4, 3, 2]));
  const alternatives = sequence(...options.names.map((name) => der(0x82, Buffer.from(name))));
  const extensions = [
    sequence(oid([2, 5, 29, 17]), der(0x04, alternatives)),
    sequence(oid([2, 5, 29, 19]), der(0x04, sequence(...(options.authority ? [der(0x01, Buffer.from([0xff]))] : [])))),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), createHash("sha256").update(spki).digest().subarray(0, 8)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(from), time(until)),
    distinguishedName(subject),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer.key);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    issuer: { name: subject, key: privateKey },
  };
}

function der(tag: number, content: Uint8Array): Buffer {
  const size = content.byteLength;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, Math.floor(size / 256), size % 256];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(numbers: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = numbers;
  const bytes = rest.flatMap((number) => {
    const groups = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) + 128);
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid([2, 5, 4, 3]), der(0x0c, Buffer.from(commonName)))));
}

function time(at: Date): Buffer {
  const text = `${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return der(0x18, Buffer.from(text));
}
