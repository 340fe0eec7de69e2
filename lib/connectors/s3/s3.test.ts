import { connectorSuite } from "../suite.ts";
import { FakeS3 } from "./fake/server.ts";
import { s3 } from "./s3.ts";

connectorSuite("s3", s3, () => FakeS3.start({ prefix: "handbook/" }));
