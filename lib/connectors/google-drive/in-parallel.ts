/** Requests of one kind under way at once; the connection's pace limits all of them together. */
const most = 8;

/** Results in the order of the inputs; the first error ends it. */
export async function inParallel<In, Out>(inputs: readonly In[], work: (input: In) => Promise<Out>): Promise<Out[]> {
  const results = Array.from<Out>({ length: inputs.length });
  let at = 0;
  const worker = async () => {
    for (;;) {
      const index = at++;
      if (index >= inputs.length) return;
      results[index] = await work(inputs[index] as In);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(most, inputs.length) }, worker));
  } finally {
    at = inputs.length;
  }
  return results;
}
