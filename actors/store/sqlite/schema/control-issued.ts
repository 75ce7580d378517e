// Control commands in the order in which they were issued, whichever node they were for, and if for none.
export const controlIssuedSql = `
CREATE INDEX control_history_issued ON control_history(issued_at, command_id);
CREATE INDEX control_reads_issued ON control_reads(issued_at, command_id);
`;
