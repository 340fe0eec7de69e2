import { connectorSuite } from "#lib/connectors/suite.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import { startToySource } from "./testing/toy-source.ts";

/** The suite itself, over a toy provider: it must be able to pass in both orders of listing. */
connectorSuite("a toy in keyed order", toyConnector("keyed"), startToySource, { settings: { pageSize: 8 } });
connectorSuite("a toy in marked order", toyConnector("marked"), startToySource, { settings: { pageSize: 8 } });
