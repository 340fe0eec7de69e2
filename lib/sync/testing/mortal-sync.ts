import { Died, failpoints, type FailpointName } from "../failpoint.ts";
import type { Engine } from "../run.ts";
import type { Workbench } from "./workbench.ts";

/**
 * One sync whose worker dies now and then, somewhere; another one takes it up.
 * @param random numbers from 0 to below 1
 * @param meanwhile what happens before somebody takes it up
 */
export async function mortalSync(
  random: () => number,
  it: Workbench,
  meanwhile: () => void,
  engine: Partial<Engine> = {},
): Promise<void> {
  const runId = await it.enqueue();
  const where: FailpointName | undefined =
    random() < 0.35 ? failpoints[Math.floor(random() * failpoints.length)] : undefined;
  let left = 1 + Math.floor(random() * 3);
  try {
    await it.execute(runId, {
      ...engine,
      failpoint: (at) => {
        if (at === where && --left === 0) throw new Died();
      },
    });
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    meanwhile();
    await it.execute(runId, engine);
  }
}
