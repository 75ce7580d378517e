// The register of skills as the queue saw it last.
import {
  type DependenciesOf,
  dependenciesIn,
  type SkillTies,
} from "#protocols/tasks/skill-sight.ts";

export class RegisterView {
  #text = "";
  #dependenciesOf: DependenciesOf = () => [];

  get dependenciesOf(): DependenciesOf {
    return this.#dependenciesOf;
  }

  /** Answers whether that is news. */
  learn(register: readonly SkillTies[]): boolean {
    const text = JSON.stringify(register.map(({ skill, dependsOn }) => [skill, dependsOn]));
    if (text === this.#text) return false;
    this.#text = text;
    this.#dependenciesOf = dependenciesIn(register);
    return true;
  }
}
