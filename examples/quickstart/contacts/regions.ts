/** Where the made-up people live: eleven time zones, one of which does not exist. */

/** A place, and how people there are called. */
export interface Region {
  readonly timeZone: string;
  readonly locale: string;
  readonly firstNames: readonly [string, ...string[]];
  readonly lastNames: readonly [string, ...string[]];
}

/** What a shop's form let through once. */
export const UNKNOWN_ZONE = "Mars/Olympus_Mons";

const GERMAN = {
  firstNames: ["Anna", "Jörg", "Käthe", "Lukas", "Mia", "Sören", "Zoë"],
  lastNames: ["Bäcker", "Groß", "Huber", "Müller", "Schmidt", "von der Tann"],
} as const;

const ENGLISH = {
  firstNames: ["Ava", "Grace", "Liam", "Noah", "Olivia", "Sean"],
  lastNames: ["Brown", "Clarke", "O'Neill", "Smith", "Taylor", "Walsh-Jones"],
} as const;

/** The places. */
export const REGIONS: readonly [Region, ...Region[]] = [
  { timeZone: "Europe/Berlin", locale: "de-DE", ...GERMAN },
  { timeZone: "Europe/Vienna", locale: "de_AT", ...GERMAN },
  { timeZone: "Europe/London", locale: "en-GB", ...ENGLISH },
  { timeZone: "America/New_York", locale: "en-US", ...ENGLISH },
  { timeZone: "Australia/Sydney", locale: "en-AU", ...ENGLISH },
  {
    timeZone: "Europe/Madrid",
    locale: "es-ES",
    firstNames: ["Álvaro", "Begoña", "José", "Lucía", "Íñigo"],
    lastNames: ["García Núñez", "Muñoz", "Peña", "Rodríguez"],
  },
  {
    timeZone: "America/Sao_Paulo",
    locale: "pt-BR",
    firstNames: ["Ana", "Conceição", "João", "Tiago"],
    lastNames: ["Araújo", "da Conceição", "Gonçalves", "Souza"],
  },
  {
    timeZone: "Africa/Nairobi",
    locale: "sw-KE",
    firstNames: ["Achieng", "Baraka", "Wanjiku", "Zuberi"],
    lastNames: ["Kamau", "Mwangi", "Ochieng", "Otieno"],
  },
  {
    timeZone: "Asia/Kolkata",
    locale: "hi-IN",
    firstNames: ["अनिल", "Priya", "रोहन", "Sunita"],
    lastNames: ["Iyer", "कुमार", "Patel", "Sharma"],
  },
  {
    timeZone: "Asia/Tokyo",
    locale: "ja-JP",
    firstNames: ["さくら", "太郎", "Yuki", "健"],
    lastNames: ["佐藤", "Suzuki", "高橋", "田中"],
  },
  {
    timeZone: UNKNOWN_ZONE,
    locale: "en",
    firstNames: ["Elon", "Valentina", "Yuri"],
    lastNames: ["Martin", "Olymp", "Rover"],
  },
];
