import { expect, test } from "vitest";
import { languageOf } from "./language.ts";

const sentences = {
  arabic: "ستجتمع اللجنة مرة أخرى الأسبوع المقبل لاتخاذ قرار بشأن الميزانية.",
  armenian: "Կոմիտեն հաջորդ շաբաթ կրկին կհավաքվի՝ բյուջեի հարցը որոշելու համար։",
  basque: "Batzordea datorren astean berriro bilduko da aurrekontuari buruz erabakitzeko.",
  catalan: "El comitè es tornarà a reunir la setmana vinent per decidir sobre el pressupost.",
  danish: "Udvalget mødes igen i næste uge for at træffe beslutning om budgettet.",
  dutch: "De commissie komt volgende week weer bijeen om over de begroting te beslissen.",
  english: "The committee will meet again next week to decide about the budget.",
  finnish: "Valiokunta kokoontuu jälleen ensi viikolla päättämään talousarviosta.",
  french: "Le comité se réunira de nouveau la semaine prochaine pour décider du budget.",
  german: "Der Ausschuss trifft sich nächste Woche wieder und entscheidet über den Haushalt.",
  greek: "Η επιτροπή θα συνεδριάσει ξανά την επόμενη εβδομάδα για να αποφασίσει.",
  hindi: "समिति बजट पर निर्णय लेने के लिए अगले सप्ताह फिर मिलेगी।",
  hungarian: "A bizottság jövő héten ismét összeül, hogy döntsön a költségvetésről.",
  indonesian: "Komite akan bertemu lagi minggu depan untuk memutuskan anggaran.",
  italian: "Il comitato si riunirà di nuovo la prossima settimana per decidere sul bilancio.",
  lithuanian: "Komitetas kitą savaitę vėl susirinks spręsti dėl biudžeto.",
  norwegian: "Utvalget møtes igjen neste uke for å ta stilling til budsjettet.",
  portuguese: "O comitê se reunirá novamente na próxima semana para decidir sobre o orçamento.",
  romanian: "Comitetul se va reuni din nou săptămâna viitoare pentru a decide asupra bugetului.",
  russian: "Комитет снова соберётся на следующей неделе, чтобы решить вопрос о бюджете.",
  serbian: "Одбор ће се поново састати следеће недеље да одлучи о буџету.",
  spanish: "El comité se reunirá de nuevo la próxima semana para decidir sobre el presupuesto.",
  swedish: "Kommittén träffas igen nästa vecka för att besluta om budgeten.",
  tamil: "வரவு செலவுத் திட்டம் குறித்து முடிவெடுக்க குழு அடுத்த வாரம் மீண்டும் கூடும்.",
  turkish: "Komite, bütçe hakkında karar vermek için gelecek hafta yeniden toplanacak.",
};

test.each(Object.entries(sentences))("a sentence in %s is told", async (language, text) => {
  expect(await languageOf(text)).toBe(language);
});

test("a language without a stemmer is simple; a text too short to tell is what the caller says", async () => {
  expect(await languageOf("委員会は来週再び会合を開き、予算について決定する予定です。")).toBe("simple");
  expect(await languageOf("Komisja zbierze się ponownie w przyszłym tygodniu, aby podjąć decyzję.")).toBe("simple");
  expect(await languageOf("")).toBe("simple");
  expect(await languageOf("INV-2024 100 €", "german")).toBe("german");
});

test("code, tables and addresses do not speak for the text", async () => {
  const code = `\`\`\`js\n${"const committee = await fetchTheCommittee(withBudget, nextWeek);\n".repeat(200)}\`\`\`\n`;
  const table = "| name | of | the | thing |\n| --- | --- | --- | --- |\n".repeat(50);
  const text = `${code}\n${sentences.german}\n\n${table}\n[${sentences.german}](https://example.com/the/budget/of/the/committee)`;
  expect(await languageOf(text)).toBe("german");
});

test("a long text is what most of it is", async () => {
  expect(await languageOf(`${sentences.english.repeat(3)}\n\n${sentences.french.repeat(2_000)}`)).toBe("french");
});

test.each(["`", "```\n", "[](", "a_", "|", "](", "~~~", "'", "x"])(
  "takes no time over %j again and again",
  async (part) => {
    await languageOf(sentences.english);
    const started = process.cpuUsage();
    await languageOf(part.repeat(3_000_000));
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(1);
  },
);
