// What each task costs, and by how much it put back the turns of its key and its user: so that it can be
// tried again at its cost, and gives back what it was charged when it never runs. JSON; null: it costs 1,
// and put back nobody.
export const taskChargesSql = `
ALTER TABLE tasks ADD COLUMN charge TEXT;
`;
