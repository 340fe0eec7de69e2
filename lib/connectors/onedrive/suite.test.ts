import { connectorSuite } from "../suite.ts";
import { FakeOneDrive } from "./fake/server.ts";
import { oneDrive } from "./onedrive.ts";

const delta = "what did not change is not named";

connectorSuite("onedrive", oneDrive, () => FakeOneDrive.start({ pageSize: 20 }), { delta });
connectorSuite("onedrive of a business", oneDrive, () => FakeOneDrive.start({ pageSize: 20, business: true }), {
  delta,
});
