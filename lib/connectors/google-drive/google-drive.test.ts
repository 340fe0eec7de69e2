import { connectorSuite } from "../suite.ts";
import { googleDrive } from "./connector.ts";
import { FakeGoogleDrive } from "./fake/server.ts";

connectorSuite("google-drive", googleDrive, () => FakeGoogleDrive.start(), {
  delta: "the logs of changes name what changed",
});
