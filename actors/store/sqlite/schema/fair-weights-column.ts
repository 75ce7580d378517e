// How much the users of a queue weigh. JSON; null: all weigh 1.
export const fairWeightsSql = `
ALTER TABLE queues ADD COLUMN fair_weights TEXT;
`;
