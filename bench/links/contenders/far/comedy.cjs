// The behaviour that comedy loads in the process it forks.
let count = 0;
process.on("disconnect", () => process.exit());

module.exports = {
  add() {
    count += 1;
  },
  taken() {
    const taken = count;
    count = 0;
    return taken;
  },
  next(item) {
    return item.id + 1;
  },
};
