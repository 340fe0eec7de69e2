import process from "node:process";
import { runWorker } from "#lib/jobs/run-worker.ts";
import { toyConnector } from "./toy-connector.ts";

/** A real worker process that knows the toy provider. */
await runWorker({ connectors: [toyConnector("keyed"), toyConnector("marked")] });
process.exit(0);
