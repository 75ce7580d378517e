// Which workers can run a task, as one text, so that a back end finds the tasks for a worker by it: the
// model, and the skills that it must have. Pure.

/** The same text for the same needs, in whatever order the skills were named. */
export const needsOf = (model: string, requiredSkills: readonly string[]): string =>
  JSON.stringify([model, ...new Set([...requiredSkills].sort())]);

export interface WorkerGifts {
  readonly models: ReadonlySet<string>;
  readonly skills: ReadonlySet<string>;
}

export function canServe({ models, skills }: WorkerGifts, needs: string): boolean {
  const [model, ...required]: string[] = JSON.parse(needs);
  return model !== undefined && models.has(model) && required.every((skill) => skills.has(skill));
}
