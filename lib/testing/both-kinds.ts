import type { ConnectRig } from "./connect-rig.ts";
import { stubConnector } from "./stub-connector.ts";
import { stubOAuthConnector } from "./stub-oauth-connector.ts";

const redirectUrl = "https://app.example.com/";

/**
 * Both kinds of sources for one test: `s3`, which keys connect, and `google-drive`, which a person connects and where
 * folders can be chosen. Answers the id of a connection of the latter, made as a person makes it.
 */
export async function useBothKinds(rig: ConnectRig): Promise<string> {
  const folder = { id: "folder-1", name: "Team", kind: "folder", opens: true } as const;
  const list = () => Promise.resolve({ resources: [folder], next: null });
  const drive = stubOAuthConnector({}, { resources: { setting: "resources" as never, needed: () => false, list } });
  rig.use(stubConnector().connector, drive);
  await rig.trust(new URL(redirectUrl).origin);
  const created = await rig.client.connections.create("google-drive", { redirectUrl });
  const browser = rig.browser();
  await browser.open(await browser.consent(created.authLink));
  return created.id;
}
