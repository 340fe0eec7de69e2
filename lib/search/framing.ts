import { unaccent } from "./accents.ts";

/**
 * Words that make a question of what somebody looks for, beyond the stop words PostgreSQL knows: "how many … do I get",
 * "wie viele … gibt es". In a few documents they may be rare, which says nothing about what is meant.
 */

const words = {
  english: `anybody anyone could find get gets getting give gives got know let many may might much must need needs
    please show somebody someone tell want wants whats wheres would`,
  german: `bekomme bekommen bekommt bitte brauche darf durfen finde finden gibt kannst konnen lange musst mussen oft
    viele vielen wann warum welche welcher welches wer weshalb wie wieso wieviel wieviele wird wo wohin`,
  french: `combien comment dois doit faire faut ou peut peux pourquoi puis quand quel quelle quelles quels qui sont`,
  spanish: `como cual cuales cuando cuanta cuantas cuanto cuantos donde hacer hay necesito puede puedo quien tengo tiene`,
  italian: `che chi come cosa dove fare ho posso puo quale quali quando quanta quante quanti quanto`,
  portuguese: `como fazer onde pode posso preciso qual quais quando quanta quantas quanto quantos quem tenho`,
  dutch: `hebben heb hoe hoeveel krijg kunnen mag moet waar waarom wanneer wat welke`,
};

const framing: ReadonlySet<string> = new Set(Object.values(words).flatMap((list) => list.split(/\s+/)));
const unspacedFraming =
  /^(?:何[日人時回年個月件度]?|幾|誰|教え|知り|どの|どれ|どう|いくつ|いくら|なぜ|多少|几|谁|什么|怎么|怎样|如何|哪里|哪个|为什么|有|อะไร|กี่|ที่ไหน|เมื่อไร|เท่าไร|อย่างไร|ได้|มี)$/u;
const question = /[?？؟]|[かのね]\s*$/u;
/** Of fewer words than this, each is meant: `get request`. */
const sentenceMin = 4;

/** Is this text, with so many words, a question or a sentence rather than a list of keywords? */
export function isSentence(q: string, count: number): boolean {
  return count >= sentenceMin || (count > 1 && question.test(q));
}

/** Does this word only make a sentence of the others? */
export function isFraming(text: string): boolean {
  return framing.has(unaccent(text.toLowerCase())) || unspacedFraming.test(text);
}
