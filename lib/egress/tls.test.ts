import { createServer } from "node:https";
import { expect, test } from "vitest";
import { testCertificate, type CertificateOptions, type TestCertificate } from "#lib/testing/certificate.ts";
import { egressBench, egressFault } from "#lib/testing/egress.ts";
import { serveRaw, serveWith, type Loopback } from "#lib/testing/loopback.ts";

const bench = egressBench();
const authority = testCertificate({ names: ["Test Authority"], authority: true });
const toLoopback = async () => [{ address: "127.0.0.1", family: 4 as const }];

async function site(certificate: TestCertificate): Promise<{ server: Loopback; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    seen.push(request.url ?? "");
    response.end("secure");
  });
  server.on("secureConnection", (socket) => seen.push(`servername ${String(socket.servername)}`));
  return { server: await serveWith(server), seen };
}

async function ask(options: CertificateOptions, name = "docs.example.com") {
  const { server, seen } = await site(testCertificate(options));
  const http = bench.client(
    [server],
    { allow: [`${name}:${server.port}`] },
    { ca: authority.cert, resolve: toLoopback },
  );
  return { request: http.request(`https://${name}:${server.port}/path`), seen };
}

test("a good certificate is accepted and the right server name asked for", async () => {
  const { request, seen } = await ask({ names: ["docs.example.com"], by: authority });
  expect(await (await request).text()).toBe("secure");
  expect(seen).toEqual(["servername docs.example.com", "/path"]);
});

test.each([
  ["expired", { until: new Date(Date.now() - 3_600_000) }, /its certificate has expired/],
  ["not yet valid", { from: new Date(Date.now() + 3_600_000) }, /not valid yet/],
  ["for another name", { names: ["other.example.com"] }, /for another name/],
  ["self-signed", { by: undefined }, /self-signed/],
  ["from an unknown authority", { by: testCertificate({ names: ["Other"], authority: true }) }, /does not know/],
] as const)("a certificate that is %s is refused in words, and no request is sent", async (_, change, words) => {
  const { request, seen } = await ask({ names: ["docs.example.com"], by: authority, ...change });
  const error = await egressFault(request);
  expect(error).toMatchObject({ kind: "tls", message: expect.stringMatching(words) });
  expect(error.message).toContain("docs.example.com");
  expect(seen.filter((line) => line.startsWith("/"))).toEqual([]);
});

test("an operator's allow-list does not switch off the check of certificates", async () => {
  const { server } = await site(testCertificate({ names: ["localhost"] }));
  const http = bench.client([server]);
  expect((await egressFault(http.request(`https://127.0.0.1:${server.port}/`))).kind).toBe("tls");
});

test("https to a port that speaks plain http is a tls fault that says what to check", async () => {
  const server = await serveRaw((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  const error = await egressFault(bench.client([server]).request(`https://127.0.0.1:${server.port}/`));
  expect(error).toMatchObject({ kind: "tls", message: expect.stringContaining("check http or https") });
});
