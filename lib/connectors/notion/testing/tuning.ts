import { defaultTuning, type Tuning } from "../tuning.ts";

/** As in production, but at the pace of a loopback server: its limits are tested by themselves. */
export const quickTuning: Tuning = { ...defaultTuning, perSecond: 0 };
