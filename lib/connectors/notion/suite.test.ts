import { connectorSuite } from "../suite.ts";
import { defineConnector } from "../types.ts";
import { createNotion } from "./connector.ts";
import { FakeNotion } from "./fake/server.ts";
import { quickTuning } from "./testing/tuning.ts";

connectorSuite("Notion", defineConnector(createNotion(quickTuning)), () => FakeNotion.start());
