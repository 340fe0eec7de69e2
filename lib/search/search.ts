import type { PoolClient } from "pg";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { inTurn } from "#lib/db/turns.ts";
import { removalsOf, scopeOf, type DocumentFilter } from "#lib/documents/where.ts";
import type { Candidate, Wanted } from "./candidates.ts";
import { placeKey, readChunks, type ChunkPlace, type ChunkText } from "./chunks.ts";
import { idsOf, readDocuments, type DocumentFacts, type SeenDocument } from "./documents.ts";
import { fuse, type Ranked } from "./fuse.ts";
import { highlight, type Highlight } from "./highlight.ts";
import { nearest } from "./nearest.ts";
import { planSearch, type SearchPlan } from "./plan.ts";
import { Scores } from "./score.ts";
import { inOneSearch } from "./session.ts";
import type { SearchSpace } from "./space.ts";
import { findCandidates } from "./staged.ts";
import { isAlone } from "./tenancy.ts";
import type { NearChunk } from "./vectors.ts";

/** Search, for the API and the console alike. docs/search.md says how results are found and scored. */

interface SearchInput {
  /** what a person typed; anything is legal */
  readonly q: string;
  /** results at most, 1 to 100 */
  readonly limit: number;
  readonly filter: DocumentFilter;
}

export interface DocumentSearchInput extends SearchInput {
  /** only within this document: its id, or the application's own id for it */
  readonly docId?: string;
  /** chunks that score less are left out, and documents without any left */
  readonly chunkThreshold: number;
  /** false = also the chunks before and after each match */
  readonly onlyMatchingChunks: boolean;
}

export interface ChunkSearchInput extends SearchInput {
  /** chunks that score less are left out */
  readonly threshold: number;
  /** also the chunks before and after each match */
  readonly neighbours: boolean;
}

/** A chunk of a result. */
export interface FoundChunk extends ChunkText {
  /** 0 to 1 */
  readonly score: number;
  /** false = it is beside one that matches */
  readonly relevant: boolean;
  readonly highlights: readonly Highlight[];
}

export interface FoundDocument {
  readonly document: DocumentFacts;
  readonly score: number;
  /** best first; what is beside a match follows all matches */
  readonly chunks: readonly FoundChunk[];
}

export interface ChunkResult {
  readonly document: DocumentFacts;
  readonly chunk: FoundChunk;
  /** the chunks before and after it; empty unless asked for */
  readonly neighbours: readonly FoundChunk[];
}

export interface Found<Result> {
  /** best first */
  readonly results: readonly Result[];
  readonly milliseconds: number;
}

/** Chunks of one document in a result, at most; where only one document is searched, more of it. */
const chunksPerDocument = 5;
const chunksOfOneDocument = 50;
const neighbourShare = 0.5;

/**
 * The documents that fit best, each with the chunks that match.
 * @throws AppError not_found when `docId` names no document the caller can see; unavailable when it took too long
 */
export async function searchDocuments(principal: Principal, input: DocumentSearchInput): Promise<Found<FoundDocument>> {
  const perDocument = input.docId === undefined ? chunksPerDocument : chunksOfOneDocument;
  return search(principal, input, perDocument, async (client, space, matches) => {
    const chosen = matches
      .documents()
      .map((document) => ({
        ...document,
        chunks: document.chunks.filter(({ score }) => score >= input.chunkThreshold).slice(0, perDocument),
      }))
      .filter(({ chunks }) => chunks.length > 0)
      .slice(0, input.limit);
    const shown = chosen.flatMap(({ chunks }) => chunks);
    const texts = await show(client, space, matches, shown, !input.onlyMatchingChunks);
    return chosen.map(({ facts, score, chunks }) => ({
      document: facts,
      score,
      chunks: [
        ...chunks.flatMap((chunk) => texts.match(chunk)),
        ...texts.beside(chunks).filter((chunk) => chunk.score >= input.chunkThreshold),
      ],
    }));
  });
}

/** The single chunks that fit best. @throws AppError unavailable when it took too long */
export async function searchChunks(principal: Principal, input: ChunkSearchInput): Promise<Found<ChunkResult>> {
  return search(principal, input, Math.max(chunksPerDocument, input.limit), async (client, space, matches) => {
    const chosen = matches
      .chunks()
      .filter(({ score }) => score >= input.threshold)
      .slice(0, input.limit);
    const texts = await show(client, space, matches, chosen, input.neighbours);
    return chosen.flatMap((place) => {
      const document = matches.facts(place.documentId);
      const [chunk] = texts.match(place);
      return document && chunk ? [{ document, chunk, neighbours: texts.beside([place]) }] : [];
    });
  });
}

async function search<Result>(
  principal: Principal,
  input: SearchInput & { readonly docId?: string },
  perDocument: number,
  finish: (client: PoolClient, space: SearchSpace, matches: Matches) => Promise<readonly Result[]>,
): Promise<Found<Result>> {
  const started = performance.now();
  const { organizationId } = principal;
  const removals = await removalsOf(organizationId);
  const scope = scopeOf(principal);
  const everywhere: SearchSpace = { scope, removals, filter: input.filter, alone: await isAlone() };
  const space =
    input.docId === undefined
      ? everywhere
      : { ...everywhere, filter: { ...input.filter, ids: await existing(everywhere, input.docId) } };
  // No transaction waits for the network.
  const near = await nearest(scope, space.filter, input.q, Math.min(200, Math.max(20, input.limit * 2)));
  const look = async (client: PoolClient): Promise<readonly Result[]> => {
    const plan = await planSearch(client, organizationId, input.q);
    const pool = Math.min(150, Math.max(30, input.limit * 3));
    const wanted: Wanted = { chunks: Math.min(1_000, pool * perDocument), perDocument, documents: input.limit };
    const { candidates, relaxed } = await findCandidates(client, space, plan, input.limit, wanted);
    const ids = [...new Set([...inOrder(candidates, plan), ...near].map(({ documentId }) => documentId))].slice(
      0,
      pool + near.length,
    );
    const documents = await readDocuments(client, space, plan, ids, relaxed);
    return finish(client, space, new Matches(plan, candidates, near, documents));
  };
  const results = await inTurn(organizationId, () => inOneSearch(look));
  return { results, milliseconds: performance.now() - started };
}

/** Best first, as far as the chunks alone tell. */
function inOrder(candidates: readonly Candidate[], plan: SearchPlan): readonly Candidate[] {
  const scores = new Scores(plan.terms);
  return candidates
    .map((candidate) => ({
      candidate,
      key: placeKey(candidate),
      score: scores.chunk({ rank: candidate.rank, chunk: candidate.mask, title: 0 }),
    }))
    .sort(bestFirst)
    .map(({ candidate }) => candidate);
}

async function existing(space: SearchSpace, docId: string): Promise<readonly string[]> {
  const { organizationId } = space.scope;
  const ids = await inTurn(organizationId, () => inOneSearch((client) => idsOf(client, space, docId)));
  if (ids.length === 0) throw new AppError("not_found", "Document not found");
  return ids;
}

interface ScoredChunk extends ChunkPlace {
  readonly score: number;
}

interface ScoredDocument {
  readonly facts: DocumentFacts;
  readonly score: number;
  /** best first */
  readonly chunks: readonly ScoredChunk[];
}

/** What was found, by words and by meaning, in visible documents. */
class Matches {
  readonly plan: SearchPlan;
  readonly #documents: ReadonlyMap<string, SeenDocument>;
  readonly #byWords: ReadonlyMap<string, readonly Candidate[]>;
  readonly #near: readonly NearChunk[];
  readonly #scores: Scores;

  constructor(
    plan: SearchPlan,
    candidates: readonly Candidate[],
    near: readonly NearChunk[],
    documents: ReadonlyMap<string, SeenDocument>,
  ) {
    this.plan = plan;
    this.#documents = documents;
    this.#byWords = Map.groupBy(
      candidates.filter(({ documentId }) => documents.has(documentId)),
      ({ documentId }) => documentId,
    );
    this.#near = near.filter(({ documentId }) => documents.has(documentId));
    this.#scores = new Scores(plan.terms);
  }

  facts(documentId: string): DocumentFacts | undefined {
    return this.#documents.get(documentId)?.facts;
  }

  /** All chunks, best first. */
  chunks(): readonly ScoredChunk[] {
    const places = new Map<string, ChunkPlace>();
    const keyed = (place: ChunkPlace, score: number): Ranked => {
      places.set(placeKey(place), { documentId: place.documentId, position: place.position });
      return { key: placeKey(place), score };
    };
    const byWords = [...this.#byWords.values()]
      .flat()
      .map((candidate) => keyed(candidate, this.#scoreOf(candidate)))
      .sort(bestFirst);
    const byMeaning = this.#near.map((chunk) => keyed(chunk, chunk.similarity));
    return fuse(byWords, byMeaning).flatMap(({ key, score }) => {
      const place = places.get(key);
      return place ? [{ ...place, score }] : [];
    });
  }

  /** Documents, best first, with their chunks. */
  documents(): readonly ScoredDocument[] {
    const byWords = [...this.#byWords].map(([key, chunks]) => ({ key, score: this.#documentScore(key, chunks) }));
    const best = new Map<string, number>();
    for (const { documentId, similarity } of this.#near)
      best.set(documentId, Math.max(best.get(documentId) ?? 0, similarity));
    const byMeaning = [...best].map(([key, score]) => ({ key, score })).sort(bestFirst);
    const chunks = Map.groupBy(this.chunks(), ({ documentId }) => documentId);
    return fuse(byWords.sort(bestFirst), byMeaning).flatMap(({ key, score }) => {
      const facts = this.facts(key);
      return facts ? [{ facts, score, chunks: chunks.get(key) ?? [] }] : [];
    });
  }

  #scoreOf({ documentId, rank, mask }: Candidate): number {
    return this.#scores.chunk({ rank, chunk: mask, title: this.#documents.get(documentId)?.title ?? 0 });
  }

  #documentScore(documentId: string, chunks: readonly Candidate[]): number {
    const seen = this.#documents.get(documentId);
    const anywhere = chunks.reduce((mask, chunk) => mask | chunk.mask, seen?.anywhere ?? 0);
    const scores = chunks.map(({ rank, mask, hits }) =>
      this.#scores.document({ rank, chunk: mask, title: seen?.title ?? 0, document: anywhere }, hits),
    );
    return Math.max(...scores);
  }
}

function bestFirst(a: Ranked, b: Ranked): number {
  return b.score - a.score || (a.key < b.key ? -1 : 1);
}

interface Texts {
  /** the chunk itself; nothing if it is gone */
  match(chunk: ScoredChunk): readonly FoundChunk[];
  /** what is before and after these chunks of one document, in the order of the text */
  beside(chunks: readonly ScoredChunk[]): readonly FoundChunk[];
}

/** Texts and highlights of the chunks that are shown, and of those beside them. */
async function show(
  client: PoolClient,
  space: SearchSpace,
  matches: Matches,
  shown: readonly ScoredChunk[],
  neighbours: boolean,
): Promise<Texts> {
  const near = ({ documentId, position }: ChunkPlace) =>
    [position - 1, position + 1].map((at) => ({ documentId, position: at }));
  const places = neighbours ? [...shown, ...shown.flatMap(near)] : shown;
  const distinct = [...new Map(places.map((place) => [placeKey(place), place])).values()];
  const texts = await readChunks(client, space.scope.organizationId, distinct);
  const there = shown.flatMap((chunk) => texts.get(placeKey(chunk)) ?? []);
  const marks = await highlight(
    client,
    matches.plan.terms.filter((term) => !term.optional),
    there.map(({ documentId, text }) => ({ text, language: matches.facts(documentId)?.language ?? "simple" })),
  );
  const marked = new Map(there.map((chunk, i) => [placeKey(chunk), marks[i] ?? []]));
  return {
    match(chunk) {
      const text = texts.get(placeKey(chunk));
      if (!text) return [];
      return [{ ...text, score: chunk.score, relevant: true, highlights: marked.get(placeKey(chunk)) ?? [] }];
    },
    beside(chunks) {
      if (!neighbours) return [];
      const own = new Set(chunks.map(placeKey));
      const found = new Map<string, FoundChunk>();
      for (const chunk of chunks)
        for (const place of near(chunk)) {
          const text = texts.get(placeKey(place));
          const score = Math.max(found.get(placeKey(place))?.score ?? 0, chunk.score * neighbourShare);
          if (text && !own.has(placeKey(place)))
            found.set(placeKey(place), { ...text, score, relevant: false, highlights: [] });
        }
      return [...found.values()].sort((a, b) => a.position - b.position);
    },
  };
}
