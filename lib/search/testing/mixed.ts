import type { Text } from "./searchable.ts";

/** What a company has: a few texts that matter, in four languages, among very many that only share words with them. */

export const policies: readonly Text[] = [
  {
    title: "Vacation policy",
    text: "# Vacation policy\n\nEvery employee gets 25 vacation days in a calendar year. Unused vacation days may be carried over until the end of March. Ask your manager before you book anything.",
  },
  {
    title: "Sick leave",
    text: "# Sick leave\n\nTell your manager on the first morning that you are ill. From the fourth day on a certificate by a doctor is needed. Employees are paid for six weeks.",
  },
  {
    title: "Returns",
    text: "# Returns\n\nCustomers can return an item within 30 days of delivery. The item must be unused. After three weeks we refund as a voucher.",
  },
  {
    title: "Expenses",
    text: "# Expenses\n\nEmployees keep the receipt of every purchase above ten euros. Expenses are reimbursed with the salary of the next month.",
  },
  {
    title: "Passwords",
    text: "# Passwords\n\nA password has at least fourteen characters and is kept in the password manager. Employees have one for each account. Nobody of the support team will ever ask for it.",
  },
  {
    title: "Artificial intelligence",
    text: "# Artificial intelligence\n\nThe AI policy of the company: no customer data may be entered into AI services that have not been approved by the legal department.",
  },
  {
    title: "Urlaub",
    text: "# Urlaub\n\nAlle Angestellten haben 30 Urlaubstage im Jahr. Die Urlaubstage werden im Kalender der Abteilung eingetragen und von der Leitung genehmigt.",
  },
  {
    title: "Kündigung",
    text: "# Kündigung\n\nDie Kündigungsfrist in der Probezeit beträgt zwei Wochen. Danach gilt die gesetzliche Frist, und die Kündigung muss schriftlich erfolgen.",
  },
  {
    title: "Homeoffice",
    text: "# Homeoffice\n\nBis zu drei Tage in der Woche kann von zu Hause gearbeitet werden. Die Geräte stellt die Firma, den Anschluss bezahlen die Angestellten.",
  },
  {
    title: "Congés",
    text: "# Congés\n\nChaque salarié dispose de vingt-cinq jours de congés payés par an. Les congés sont demandés au moins deux semaines avant le départ.",
  },
  {
    title: "Sécurité",
    text: "# Sécurité\n\nEn cas de problème, appelez l'équipe de sécurité à toute heure. Votre mot de passe ne doit jamais être communiqué à un collègue.",
  },
  {
    title: "Télétravail",
    text: "# Télétravail\n\nLe télétravail est possible deux jours par semaine avec l'accord du responsable. Le matériel est fourni par l'entreprise.",
  },
  {
    title: "休暇",
    text: "# 休暇\n\n社員には年間20日の有給休暇があります。有給休暇の申請は二週間前までに上司に提出してください。",
  },
  {
    title: "経費",
    text: "# 経費\n\n出張の経費は月末までに申請してください。領収書を必ず添付する必要があります。",
  },
];

const areas = ["the importer", "the scheduler", "the console", "the client", "the build", "the exporter", "the parser"];
const changes = [
  "does not get stuck any more when many files change within a few days",
  "can now get as many pages as there are, and days are counted in the right time zone",
  "no longer forgets how long it has been waiting after an item was passed by",
  "gets its settings from the environment, as it did in most of the releases before",
  "takes less time, and people who use it do not have to wait for days to get a result",
  "was passed the wrong mode, de facto leaving out many of the last entries",
  "shows how many days are left, and what else there is to do in a team",
];

/** So many short notes about releases, all different, in English. */
export function changelogs(count: number): readonly Text[] {
  return Array.from({ length: count }, (_, i) => {
    const [one = "", two = ""] = [0, 3].map((by) => `${areas[(i + by) % 7]} ${changes[(Math.floor(i / 7) + by) % 7]}`);
    return {
      title: `Release 4.${i}`,
      text: `# Release 4.${i}\n\n- Fixed: ${one}.\n- Changed: ${two}.\n- Many thanks to all who get these notes every few days and tell us what they need.`,
    };
  });
}
