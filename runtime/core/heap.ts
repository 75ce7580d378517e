// A binary heap of numbers in an array, the smallest at 0.

export function heapPush(heap: number[], value: number): void {
  let index = heap.push(value) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] ?? value;
    if (above <= value) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = value;
}

export function heapPop(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    const leftValue = heap[left] ?? Number.POSITIVE_INFINITY;
    const rightValue = heap[right] ?? Number.POSITIVE_INFINITY;
    const smaller = Math.min(leftValue, rightValue);
    if (smaller >= last) break;
    heap[index] = smaller;
    index = leftValue <= rightValue ? left : right;
  }
  heap[index] = last;
}
