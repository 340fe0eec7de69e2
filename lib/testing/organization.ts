import { accessScopes } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { hashKey, keySuffix, newKey } from "#lib/keys/hash.ts";

export interface TestOrganization {
  readonly organizationId: string;
  /** plain text, for the Authorization header */
  readonly apiKey: string;
  readonly principal: Principal & { kind: "key" };
}

/** A new organization with one API key, in the database of this test file. */
export async function testOrganization(name = "Acme"): Promise<TestOrganization> {
  const organizationId = newId();
  const keyId = newId();
  const apiKey = newKey();
  const slug = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${organizationId.toLowerCase()}`;
  await prisma().organization.create({
    data: {
      id: organizationId,
      slug,
      name,
      apiKeys: {
        create: { id: keyId, name: "test", hash: new Uint8Array(hashKey(apiKey)), suffix: keySuffix(apiKey) },
      },
    },
  });
  return { organizationId, apiKey, principal: testPrincipal(organizationId, keyId) };
}

function testPrincipal(organizationId: string, keyId: string): TestOrganization["principal"] {
  return { kind: "key", organizationId, keyId, keyName: "test", scopes: accessScopes, containerTag: null, rate: null };
}
