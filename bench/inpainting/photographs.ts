// The photographs that inpainting is judged on: the samples of this project, and, where it is installed, all
// others of the Debian package that those come from. The model's constants were chosen on photographs
// that are not held out; those that are show what they are worth elsewhere.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Absence } from "../contest.ts";

export interface Photograph {
  readonly name: string;
  readonly file: string;
  readonly isHeldOut: boolean;
}

export const samples: readonly Photograph[] = [
  sample("bridge", false),
  sample("mountains", true),
  sample("seeding", false),
  sample("skyline", false),
];

const debianPackage = "lomiri-wallpapers-16.04";
/** By the names of their authors' files; the four that the samples are made from are left out. */
const ofPackage: Readonly<Record<string, string>> = {
  aitzgorri: "aitzgorri_by_Aitzol_Berasategi",
  analogpattern: "analogpattern_by_Peter_Nerlich",
  dragonfly: "Dragonfly_by_Bolly",
  free: "free_by_Peter_Nerlich",
  friends: "friends_by_Aitzol_Berasategi",
  greentock: "greentock_by_Peter_Nerlich",
  life: "life_by_Aitzol_Berasategi",
  picture: "Picture_1A_by_freespace",
  sunset: "sunset_by_Aitzol_Berasategi",
  umang: "umang_by_Abhishek_Mudgal",
  wine: "Wine_by_Jakkub_Mede",
};

/** Those that are installed, and what is not. */
export function installed(): {
  readonly photographs: readonly Photograph[];
  readonly absent: readonly Absence[];
} {
  const all = Object.entries(ofPackage).map(([name, title]) => ({
    ...{ name, isHeldOut: true },
    file: `/usr/share/backgrounds/${title}.jpg`,
  }));
  const photographs = all.filter(({ file }) => existsSync(file));
  const missing = all.length - photographs.length;
  const reason = `apt-get install ${debianPackage}`;
  const absent = missing === 0 ? [] : [{ peer: `${missing} further photographs`, reason }];
  return { photographs, absent };
}

function sample(name: string, isHeldOut: boolean): Photograph {
  const url = new URL(`../../examples/photographs/${name}.jpg`, import.meta.url);
  return { name, file: fileURLToPath(url), isHeldOut };
}
