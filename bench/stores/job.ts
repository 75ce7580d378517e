// What a job says, and what its worker answers: small, so that the queues are measured and not the
// carrying of bytes.

export interface Job {
  readonly number: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly isPreview: boolean;
}

export const jobOf = (number: number): Job => ({
  number,
  name: `picture-${number % 1_000}.png`,
  width: 1_920,
  height: 1_080 + (number % 64),
  isPreview: number % 2 === 0,
});

/** The work itself: an answer that only somebody who has read the job can give. */
export const answerTo = (job: Pick<Job, "number" | "height">): number => job.number + job.height;
